import { holdDirectory, isDirectory, openFile, resolveInside } from './entries.ts';
import { compileGlob, type Glob } from './glob.ts';
import { MAX_MATCH_LINE_CHARS, MAX_MATCH_TEXT, MAX_PATTERN_CHARS } from './limits.ts';
import { quote, Refusal } from '../shared/refusal.ts';
import type { RipgrepEnd } from './ripgrep.ts';
import { type MatchRecord, parseRecord } from './ripgrep-record.ts';
import { searchNotes } from './search-notes.ts';
import { binaryRefusal, looksBinary } from './text-file.ts';
import type { Workspace } from './workspace.ts';
import { loosePath, type WorkspacePath } from './workspace-path.ts';

export interface TextSearch {
  readonly query: string;
  readonly path: string | undefined;
  readonly glob: string | undefined;
  /** The query is a regular expression. */
  readonly regex: boolean;
  readonly caseSensitive: boolean;
  /** Most matching lines returned. */
  readonly maxResults: number;
}

interface TextMatch {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  /** The line, cut around the match if it is long. */
  readonly text: string;
}

export interface TextFound {
  readonly matches: readonly TextMatch[];
  readonly truncated: boolean;
  readonly notes: readonly string[];
}

/** The lines that contain a text, or match an expression; what ignore files exclude is not looked into. */
export async function searchText(
  workspace: Workspace,
  search: TextSearch,
  signal: AbortSignal,
): Promise<TextFound> {
  checkQuery(search.query);
  const glob = search.glob === undefined ? undefined : compileGlob(search.glob);
  const place = await openPlace(workspace, search.path);
  await using _ = place;
  const found = new MatchList(place, glob, search.maxResults);
  const end = await workspace.ripgrep.run(
    {
      args: [
        '--json',
        // A defined engine: linear time, whatever the expression.
        '--engine=default',
        search.regex ? '--no-fixed-strings' : '--fixed-strings',
        search.caseSensitive ? '--case-sensitive' : '--ignore-case',
        ...(glob?.prefilter ?? []),
        '--',
        search.query,
        place.argument,
      ],
      cwd: place.cwd,
      ...(place.stdin === undefined ? {} : { stdin: place.stdin }),
      separator: 0x0a,
      onRecord: (record) => found.take(record),
    },
    signal,
  );
  checkEnd(end, found.summarised, search);
  return {
    matches: found.matches,
    truncated: end.kind !== 'finished' || found.overlong > 0,
    notes: searchNotes(end, {
      overlong: found.overlong,
      limit: `the first ${found.matches.length} matching lines are shown`,
    }),
  };
}

function checkQuery(query: string): void {
  if (query === '') throw new Refusal('The query is empty.');
  if (query.length > MAX_PATTERN_CHARS) {
    throw new Refusal(`The query is longer than ${MAX_PATTERN_CHARS} characters.`);
  }
  if (query.includes('\0')) throw new Refusal('The query contains a NUL byte.');
  if (/[\r\n]/.test(query)) {
    throw new Refusal(
      'The query contains a line break. Matches are found within lines: search for one line of it.',
    );
  }
}

function checkEnd(end: RipgrepEnd, summarised: boolean, search: TextSearch): void {
  // With --json a run that could start ends with a summary, whatever files it could not read.
  if (end.kind !== 'finished' || summarised) return;
  const what = search.regex
    ? `The regular expression ${quote(search.query)} is not valid`
    : 'The search failed';
  throw new Refusal(
    `${what}: ${end.messages.trim()}\nWithout regex: true the query is taken as plain text.`,
  );
}

/** Where ripgrep is to look: a held folder as its working directory, or an open file as its standard input. */
interface Place extends AsyncDisposable {
  readonly where: WorkspacePath;
  readonly cwd: string;
  readonly argument: string;
  readonly stdin: number | undefined;
}

async function openPlace(workspace: Workspace, given: string | undefined): Promise<Place> {
  const { root } = workspace;
  const where = await resolveInside(root, loosePath(root, given));
  if (await isDirectory(root, where)) {
    const directory = await holdDirectory(root, where);
    const close = async () => await directory[Symbol.asyncDispose]();
    return {
      where,
      cwd: directory.self,
      argument: './',
      stdin: undefined,
      [Symbol.asyncDispose]: close,
    };
  }
  const file = await openFile(root, where);
  const close = async () => await file[Symbol.asyncDispose]();
  if (await looksBinary(file.handle)) {
    await close();
    throw binaryRefusal(where.text, file.stats.size);
  }
  return {
    where,
    cwd: root.real,
    argument: '-',
    stdin: file.handle.fd,
    [Symbol.asyncDispose]: close,
  };
}

/** Collects the matches of one run, bounded in number and size. */
class MatchList {
  readonly matches: TextMatch[] = [];
  /** Matching lines too long for ripgrep's output to be read. */
  overlong = 0;
  /** ripgrep reached the end of its work. */
  summarised = false;
  #chars = 0;
  readonly #place: Place;
  readonly #glob: Glob | undefined;
  readonly #max: number;

  constructor(place: Place, glob: Glob | undefined, max: number) {
    this.#place = place;
    this.#glob = glob;
    this.#max = max;
  }

  /** Takes one record; returns whether more are wanted. */
  take(bytes: Buffer | undefined): boolean {
    if (bytes === undefined) {
      this.overlong += 1;
      return true;
    }
    const record = parseRecord(bytes);
    if (record.kind === 'summary') this.summarised = true;
    if (record.kind !== 'match') return true;
    const path = this.#pathOf(record);
    if (path === undefined) return true;
    if (this.matches.length === this.#max || this.#chars > MAX_MATCH_TEXT) return false;
    const text = excerpt(record);
    this.#chars += path.length + text.length;
    this.matches.push({ path, line: record.line, text });
    return true;
  }

  #pathOf(record: MatchRecord): string | undefined {
    const { where, stdin } = this.#place;
    const below = stdin === undefined ? record.path : (where.segments.at(-1) ?? '');
    if (this.#glob?.matches(below) === false) return undefined;
    return stdin === undefined ? [...where.segments, below].join('/') : where.text;
  }
}

/** The matching line, or the part of a long one that its first match is in. */
function excerpt(record: MatchRecord): string {
  const { text, matchStart } = record;
  if (text.length <= MAX_MATCH_LINE_CHARS) return text;
  const from = Math.max(0, Math.min(matchStart - 100, text.length - MAX_MATCH_LINE_CHARS));
  const part = text.slice(from, from + MAX_MATCH_LINE_CHARS);
  return `${from > 0 ? '…' : ''}${part}${from + part.length < text.length ? '…' : ''}`;
}
