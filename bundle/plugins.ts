import type { Plugin } from 'rolldown';

/** The modules that several others all load when they are loaded. Known when the graph is. */
export class SharedModules {
  readonly #roots: readonly string[];
  #shared: ReadonlySet<string> = new Set();

  constructor(roots: readonly string[]) {
    this.#roots = roots;
  }

  has(id: string): boolean {
    return this.#shared.has(id);
  }

  /** Looks at the graph; does nothing to it. */
  plugin(): Plugin {
    const found = (shared: ReadonlySet<string>): void => {
      this.#shared = shared;
    };
    const roots = this.#roots;
    return {
      name: 'shared-modules',
      buildEnd() {
        const closures = roots.map((root) => {
          const closure = new Set([root]);
          for (const id of closure) {
            for (const imported of this.getModuleInfo(id)?.importedIds ?? []) closure.add(imported);
          }
          return closure;
        });
        const [first = new Set<string>(), ...others] = closures;
        found(new Set([...first].filter((id) => others.every((closure) => closure.has(id)))));
      },
    };
  }
}

const REQUIRE_OF_OWN = /^const (\w+) = createRequire\(import\.meta\.url\);$/mu;

const REQUIRED = 'required';

/** What modules of ours load by a `require` of their own making, when they need it: a file of its own, for as a part of theirs it would be read with them. */
export class RequiredPackages {
  readonly #ids = new Set<string>();

  /** Of the build whose modules require: has them do so from the file. */
  requiring(): Plugin {
    const file = `./${REQUIRED}.cjs`;
    return {
      name: 'requiring',
      resolveId: (source) => (source === file ? { id: file, external: true } : null),
      transform: (code) => {
        const [line, name] = REQUIRE_OF_OWN.exec(code) ?? [];
        if (line === undefined || name === undefined) return null;
        const required = new RegExp(`\\b${name}\\('([^']+)'\\)`, 'gu');
        return code.replace(line, '').replaceAll(required, (_, id: string) => {
          this.#ids.add(id);
          return `require('${file}').load('${id}')`;
        });
      },
    };
  }

  /** Of the build after that: makes the file, from the entry {@link RequiredPackages.entry}. */
  required(): Plugin {
    return {
      name: 'required',
      resolveId: (source) => (source === REQUIRED ? source : null),
      load: (id) => {
        if (id !== REQUIRED) return null;
        const cases = [...this.#ids].map((name) => `case '${name}': return require('${name}');`);
        return `export function load(name) { switch (name) { ${cases.join(' ')} } }`;
      },
    };
  }

  get entry(): Readonly<Record<string, string>> {
    return { [REQUIRED]: REQUIRED };
  }
}

/** The SDK brings a schema validator of 300 kB for clients that are given none; ours is given one. */
export function withoutDefaultValidator(): Plugin {
  const id = '@modelcontextprotocol/client/_shims';
  const code =
    'export const CORS_IS_POSSIBLE = false; export const DefaultJsonSchemaValidator = undefined;';
  return {
    name: 'without-default-validator',
    resolveId: (source) => (source === id ? id : null),
    load: (source) => (source === id ? code : null),
  };
}
