/** One import, or export from elsewhere, in a source text. */
export interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
  readonly exported: boolean;
  /** Loaded when it is reached, not with the file. */
  readonly dynamic: boolean;
}

/** The imports of a source text in house style, comments left out. */
export function importsOf(text: string): readonly Import[] {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\//gu, '').replaceAll(/^\s*\/\/.*$/gmu, '');
  const found: Import[] = [];
  for (const [, keyword, type, names, specifier = ''] of code.matchAll(
    /^(import|export)\s+(type\s)?([^'";]*?)\s*from\s*['"]([^'"]+)['"]/gmu,
  )) {
    const inner = /^\{([\s\S]*)\}$/u.exec(names?.trim() ?? '')?.[1];
    const allTypes =
      inner?.split(',').every((name) => name.trim() === '' || name.trim().startsWith('type ')) ??
      false;
    found.push({
      specifier,
      typeOnly: type !== undefined || allTypes,
      exported: keyword === 'export',
      dynamic: false,
    });
  }
  for (const [, specifier = ''] of code.matchAll(/^import\s*['"]([^'"]+)['"]/gmu)) {
    found.push({ specifier, typeOnly: false, exported: false, dynamic: false });
  }
  for (const [, specifier = ''] of code.matchAll(/\b(?:import|require)\(\s*['"]([^'"]+)['"]/gu)) {
    found.push({ specifier, typeOnly: false, exported: false, dynamic: true });
  }
  return found.filter(({ specifier }) => specifier !== '');
}
