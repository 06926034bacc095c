/** Finds the declarations that a name may mean. */
import { compareText } from '../compare-text.ts';
import { MAX_NAMESAKES, MAX_NEAREST } from '../limits.ts';
import { documentSymbols, workspaceSymbols } from '../lsp/queries.ts';
import { isAside, isDeclarationFile, type ProjectFile } from '../project/place.ts';
import { quote, Refusal } from '../../shared/refusal.ts';
import type { Asking } from './asking.ts';
import { type Declaration, spotOf, toDeclarations } from './declaration.ts';
import { nearestNames } from './nearest-names.ts';
import { Outline, type Reach } from './outline.ts';
import { readSource } from './source-text.ts';
import type { SymbolName } from './symbol-name.ts';

export interface Namesakes {
  /** The most prominent first. Never empty. */
  readonly found: readonly Namesake[];
  readonly notes: readonly string[];
}

export interface Search {
  readonly name: SymbolName;
  /** Only what is declared in this file, or in the files of this folder. Path relative to the project. */
  readonly within: { readonly path: string; readonly type: 'file' | 'folder' } | undefined;
}

/** A declaration of the name asked for. */
type Namesake = Declaration & { readonly reach: Reach };

/**
 * All declarations of a name that can be seen outside of a function; only if there are none, those inside of
 * functions. Rejects with a Refusal that names the nearest names when there is no such symbol.
 */
export async function findSymbols(asking: Asking, search: Search): Promise<Namesakes> {
  let matches = await exactMatches(asking, search);
  if (matches.length === 0) {
    // The project may have got its first file, or a new part, since it was loaded.
    await asking.server.load(asking.session, asking.signal);
    matches = await exactMatches(asking, search);
  }
  if (matches.length === 0) throw await notFound(asking, search);
  const sources = matches.filter(({ file }) => !isDeclarationFile(file.path));
  const own = sources.length > 0 ? sources : matches;
  const ranked = await rank(asking, own.slice(0, MAX_NAMESAKES));
  const visible = ranked.filter(({ reach }) => reach !== 'local');
  const found = visible.length > 0 ? visible : ranked;
  const { name } = search.name;
  return {
    found,
    notes: [
      ...leftOut(`${name} declared inside a function`, without(ranked, found)),
      ...leftOut(`${name} in a declaration file`, without(matches, own)),
      ...leftOut(`declaration of ${name}`, own.slice(MAX_NAMESAKES)),
    ],
  };
}

function without<T>(all: readonly T[], some: readonly T[]): T[] {
  return all.filter((one) => !some.includes(one));
}

function leftOut(what: string, all: readonly Declaration[]): string[] {
  const [first] = all;
  if (first === undefined) return [];
  const { file, position } = first;
  const count = all.length === 1 ? `Another ${what} is` : `${all.length} of ${what} are`;
  return [
    `${count} not shown (${spotOf(first)}${all.length > 1 ? ' and others' : ''}). ` +
      `To ask for it: path ${quote(file.path)}, line ${position.line + 1}, column ${position.character + 1}.`,
  ];
}

async function exactMatches(
  { server, session, signal }: Asking,
  { name, within }: Search,
): Promise<Declaration[]> {
  const all = await workspaceSymbols(session, name.name, signal);
  return all
    .filter((symbol) => symbol.name === name.name || symbol.name === `#${name.name}`)
    .flatMap((symbol) => toDeclarations(server.project, symbol))
    .filter(
      ({ file, container }) =>
        (name.container === undefined || container === name.container) && isWithin(file, within),
    );
}

function isWithin({ path }: ProjectFile, within: Search['within']): boolean {
  if (within === undefined || within.path === '') return true;
  return path === within.path || (within.type === 'folder' && path.startsWith(`${within.path}/`));
}

const ORDER: Readonly<Record<Reach, number>> = { module: 0, member: 1, local: 2 };

async function rank(asking: Asking, all: readonly Declaration[]): Promise<Namesake[]> {
  const outlines = new Map<string, Promise<Outline | undefined>>();
  const ranked = await Promise.all(
    all.map(async (one): Promise<Namesake> => {
      const outline = outlines.get(one.uri) ?? outlineOf(asking, one.file, one.uri);
      outlines.set(one.uri, outline);
      return { ...one, reach: (await outline)?.reachOf(one.position) ?? 'member' };
    }),
  );
  return ranked.toSorted(
    (a, b) =>
      ORDER[a.reach] - ORDER[b.reach] ||
      Number(isAside(a.file.path)) - Number(isAside(b.file.path)) ||
      compareText(a.file.path, b.file.path) ||
      a.position.line - b.position.line,
  );
}

/** Undefined for a file whose text cannot be shown. */
async function outlineOf(
  { session, signal }: Asking,
  file: ProjectFile,
  uri: string,
): Promise<Outline | undefined> {
  const source = await readSource(file.absolute);
  if (source === undefined) return undefined;
  return new Outline(await documentSymbols(session, uri, signal), source);
}

async function notFound(asking: Asking, { name, within }: Search): Promise<Refusal> {
  const missing = `There is no symbol ${quote(name.text)} in`;
  if (within !== undefined) {
    const elsewhere = await exactMatches(asking, { name, within: undefined });
    const listed = elsewhere.slice(0, MAX_NEAREST).map(spotOf).join(', ');
    if (listed !== '') {
      const rest = elsewhere.length > MAX_NEAREST ? ' and more' : '';
      return new Refusal(`${missing} ${quote(within.path)}, but there is in ${listed}${rest}.`);
    }
  }
  const near = await nearestNames(asking, name);
  return new Refusal(
    `${missing} the project. ${
      near.length > 0
        ? `The nearest: ${near.join(', ')}.`
        : 'No name in it is similar. Known are the functions, classes, types, variables and members that the project itself declares.'
    }`,
  );
}
