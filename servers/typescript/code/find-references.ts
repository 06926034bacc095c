import { compareText } from '../compare-text.ts';
import { MAX_CLASSIFIED } from '../limits.ts';
import { definitions, documentSymbols, keyOf, type Location, references } from '../lsp/queries.ts';
import { isAside, placeOf, type ProjectFile } from '../project/place.ts';
import type { Asking } from './asking.ts';
import { Outline } from './outline.ts';
import { kindOf, type ReferenceKind } from './reference-kind.ts';
import { signatureAt } from './signature.ts';
import { readSource } from './source-text.ts';
import type { Target } from './targets.ts';

/** A place of the project that names a symbol. */
export interface Reference {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  readonly kind: ReferenceKind;
  /** The function that it is in: `Host.#batch`. Undefined outside of functions. */
  readonly inside: string | undefined;
  /** The line, trimmed; long ones in part. */
  readonly text: string;
}

export interface ReferencesAnswer {
  readonly target: Target;
  readonly kind: string;
  /** By file, those of tests and examples last. */
  readonly references: readonly Reference[];
  /** References in the project that were too many to look at. */
  readonly left: number;
  /** How many there are in other places, such as installed packages. */
  readonly foreign: number;
  /** The places themselves, of all references, as `keyOf` gives them. */
  readonly keys: ReadonlySet<string>;
}

interface InFile {
  readonly file: ProjectFile;
  readonly uri: string;
  readonly locations: readonly Location[];
}

/** All references to a symbol in the project, each with what it does there. */
export async function findReferences(asking: Asking, target: Target): Promise<ReferencesAnswer> {
  const { session, signal } = asking;
  const [signature, defined, all] = await Promise.all([
    signatureAt(asking, target),
    definitions(session, target, signal),
    references(session, target, signal),
  ]);
  const definedAt = new Set(defined.map(({ uri, name }) => keyOf({ uri, range: name })));
  const files = byFile(asking, all);
  const own = files.reduce((sum, { locations }) => sum + locations.length, 0);
  const found: Reference[] = [];
  for (const inFile of files) {
    if (found.length >= MAX_CLASSIFIED) break;
    found.push(...(await classify(asking, inFile, definedAt)));
  }
  return {
    target,
    kind: signature?.kind ?? 'symbol',
    references: found,
    left: own - found.length,
    foreign: all.length - own,
    keys: new Set(all.map(keyOf)),
  };
}

function byFile({ server }: Asking, all: readonly Location[]): InFile[] {
  const files = new Map<string, { file: ProjectFile; uri: string; locations: Location[] }>();
  for (const location of all) {
    const file = placeOf(server.project, location.uri);
    if (file.kind !== 'project') continue;
    const entry = files.get(file.path) ?? { file, uri: location.uri, locations: [] };
    entry.locations.push(location);
    files.set(file.path, entry);
  }
  return [...files.values()].toSorted(
    (a, b) =>
      Number(isAside(a.file.path)) - Number(isAside(b.file.path)) ||
      compareText(a.file.path, b.file.path),
  );
}

async function classify(
  { session, signal }: Asking,
  { file, uri, locations }: InFile,
  definedAt: ReadonlySet<string>,
): Promise<Reference[]> {
  const source = await readSource(file.absolute);
  const outline = source && new Outline(await documentSymbols(session, uri, signal), source);
  const sorted = locations.toSorted(
    (a, b) =>
      a.range.start.line - b.range.start.line || a.range.start.character - b.range.start.character,
  );
  return sorted.map((location): Reference => {
    const { start, end } = location.range;
    const isDefinition = definedAt.has(keyOf(location));
    const where = { path: file.path, line: start.line + 1, column: start.character + 1 };
    if (source === undefined || outline === undefined) {
      return { ...where, kind: isDefinition ? 'definition' : 'use', inside: undefined, text: '' };
    }
    const kind = kindOf({
      text: source.text,
      start: source.offsetOf(start),
      end: source.offsetOf(end),
      isDefinition,
      isDeclaration: outline.declaredAt(start) !== undefined,
      hasJsx: /\.[jt]sx?$/.test(file.path) && !file.path.endsWith('.ts'),
    });
    return { ...where, kind, inside: outline.functionAround(start), text: source.excerpt(start) };
  });
}
