/** What a call asks about: the symbols of a name, or the one at a position. */
import { pathToFileURL } from 'node:url';
import { MAX_ANSWERED } from '../limits.ts';
import { documentSymbols, type Position } from '../lsp/queries.ts';
import { plural } from '../plural.ts';
import type { ProjectFile } from '../project/place.ts';
import { findEntry, findSource } from '../project/project-path.ts';
import { quote, Refusal } from '../../shared/refusal.ts';
import type { Asking } from './asking.ts';
import { findSymbols } from './find-symbols.ts';
import { Outline } from './outline.ts';
import { readSource, type SourceText } from './source-text.ts';
import { parseSymbol } from './symbol-name.ts';

/** The arguments that all tools share. */
export interface Question {
  readonly symbol?: string | undefined;
  /** Relative to the project. */
  readonly path?: string | undefined;
  /** From 1. */
  readonly line?: number | undefined;
  /** From 1, in UTF-16 units. */
  readonly column?: number | undefined;
}

/** One symbol to answer for. */
export interface Target {
  readonly name: string;
  readonly container: string | undefined;
  readonly file: ProjectFile;
  readonly uri: string;
  readonly position: Position;
  /** The position is that of a declaration which a name led to, rather than one that was given. */
  readonly byName: boolean;
  /** Unless there is one of the same name that is seen from farther away: a function, besides the methods of that name. */
  readonly isProminent: boolean;
}

export interface Targets {
  /** Never empty. */
  readonly targets: readonly Target[];
  readonly notes: readonly string[];
}

/** Rejects with a Refusal when the question is none, or there is nothing that it could mean. */
export async function findTargets(asking: Asking, question: Question): Promise<Targets> {
  const { symbol, path, line, column } = question;
  if (line !== undefined) {
    if (path === undefined) throw new Refusal('line needs the path of a file, too.');
    const file = await findSource(asking.server.project, path);
    return { targets: [await targetIn(asking, file, { symbol, line, column })], notes: [] };
  }
  if (column !== undefined) throw new Refusal('column needs a line, too.');
  if (symbol === undefined) {
    throw new Refusal(
      'What to look at? Give symbol, a name such as "runBatch"; or path, line and column.',
    );
  }
  return await targetsNamed(asking, symbol, path);
}

async function targetsNamed(
  asking: Asking,
  symbol: string,
  path: string | undefined,
): Promise<Targets> {
  const name = parseSymbol(symbol);
  const within = path === undefined ? undefined : await findEntry(asking.server.project, path);
  const { found, notes } = await findSymbols(asking, { name, within });
  const more = found.length - MAX_ANSWERED;
  return {
    targets: found.slice(0, MAX_ANSWERED).map((one) => ({
      ...one,
      byName: true,
      isProminent: one.reach === found[0]?.reach,
    })),
    notes: [
      ...(more > 0
        ? [
            `${plural(more, 'more symbol')} of this name: narrow with path, or with a name such as Class.${name.name}.`,
          ]
        : []),
      ...notes,
    ],
  };
}

interface Spot {
  readonly symbol: string | undefined;
  readonly line: number;
  readonly column: number | undefined;
}

async function targetIn(asking: Asking, file: ProjectFile, spot: Spot): Promise<Target> {
  const source = await readSource(file.absolute);
  if (source === undefined) throw new Refusal(`${quote(file.path)} cannot be read.`);
  if (spot.line > source.lineCount) {
    throw new Refusal(`${quote(file.path)} has only ${plural(source.lineCount, 'line')}.`);
  }
  const uri = pathToFileURL(file.absolute).href;
  const found = await nameIn(asking, { ...spot, uri, source });
  return { ...found, container: undefined, file, uri, byName: false, isProminent: true };
}

const NAME = /#?[\p{ID_Start}$_][\p{ID_Continue}$\u200C\u200D]*/gu;

/** The name at the column; else the one that was given; else the only one that the line declares. */
async function nameIn(
  { session, signal }: Asking,
  {
    symbol,
    line,
    column,
    uri,
    source,
  }: Spot & { readonly uri: string; readonly source: SourceText },
): Promise<Pick<Target, 'name' | 'position'>> {
  const text = source.line(line - 1);
  const names = Array.from(text.matchAll(NAME), ({ 0: name, index }) => ({
    name,
    position: { line: line - 1, character: index },
  }));
  const shown = quote(source.excerpt({ line: line - 1, character: (column ?? 1) - 1 }));
  if (column !== undefined) {
    const at = names.find(
      ({ name, position }) =>
        position.character < column && column <= position.character + name.length + 1,
    );
    if (at !== undefined) return at;
    throw new Refusal(`There is no name at column ${column} of line ${line}, which is ${shown}.`);
  }
  if (symbol !== undefined) {
    const wanted = parseSymbol(symbol).name;
    const at = names.find(({ name }) => name === wanted || name === `#${wanted}`);
    if (at !== undefined) return at;
    throw new Refusal(`Line ${line} has no ${quote(wanted)}: it is ${shown}.`);
  }
  const outline = new Outline(await documentSymbols(session, uri, signal), source);
  const [declared, other] = outline.declaredIn(line - 1);
  if (declared !== undefined && other === undefined) {
    return { name: declared.name, position: declared.selectionRange.start };
  }
  throw new Refusal(
    `Which name in line ${line}? Give its column, or the name itself as symbol. The line is ${shown}.`,
  );
}
