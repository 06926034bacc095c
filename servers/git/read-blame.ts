import { MAX_BLAME_LINE_CHARS, MAX_BLAME_LINES } from './limits.ts';
import { failed, succeeded } from './outcome.ts';
import { quote, Refusal } from '../shared/refusal.ts';
import { repoPath } from './repo-path.ts';
import type { Repository } from './repository.ts';
import { headCommit, resolveCommit } from './revisions.ts';
import { findEntry, worktreeEntry } from './tree-entries.ts';

export interface BlameRequest {
  readonly path: string;
  readonly start_line?: number | undefined;
  readonly end_line?: number | undefined;
  readonly ref?: string | undefined;
}

interface BlameLine {
  /** From 1. */
  readonly line: number;
  /** The commit that brought it; undefined if it is not committed yet. */
  readonly commit: string | undefined;
  readonly text: string;
}

interface BlameCommit {
  readonly commit: string;
  readonly author: string;
  /** ISO 8601. */
  readonly date: string;
  readonly subject: string;
}

export interface Blame {
  readonly path: string;
  readonly lines: readonly BlameLine[];
  /** Those that the lines name, each once. */
  readonly commits: readonly BlameCommit[];
  readonly truncated: boolean;
  readonly notes: readonly string[];
}

/** Which commit brought each line of a file, as it is in a commit or in the work tree. */
export async function readBlame(
  repository: Repository,
  request: BlameRequest,
  signal: AbortSignal,
): Promise<Blame> {
  const path = repoPath(repository, request.path);
  const range = lineRange(request);
  const head = await headCommit(repository, signal);
  if (head === undefined)
    throw new Refusal('There are no commits yet that could have brought a line.');
  const commit =
    request.ref === undefined ? undefined : await resolveCommit(repository, request.ref, signal);
  if ((await fileSize(repository, { path, commit, head }, signal)) === 0) {
    return { path, lines: [], commits: [], truncated: false, notes: ['The file is empty.'] };
  }
  const args = [
    'blame',
    '--porcelain',
    '--no-textconv',
    // The first commit has brought its lines like any other.
    '--root',
    ...range.options,
    ...(commit === undefined ? [] : [commit]),
    '--',
    path,
  ];
  const end = await repository.read(args, signal, { worktree: commit === undefined });
  if (end.kind === 'finished' && end.code !== 0 && commit === undefined) {
    // Tracked or not makes the difference here, and paths that may be meant help with it.
    await findEntry(repository, { commit: head, path }, signal);
    throw failed('git blame', end);
  }
  const { lines, commits } = parseBlame(succeeded('git blame', end).toString());
  return { path, ...bounded(lines, commits, range.last) };
}

interface LineRange {
  readonly options: readonly string[];
  /** The last line asked for. */
  readonly last: number;
}

function lineRange({ start_line: start, end_line: end }: BlameRequest): LineRange {
  const first = start ?? 1;
  const last = end ?? Infinity;
  if (last < first) throw new Refusal(`end_line ${last} is before start_line ${first}.`);
  // One more than is shown tells whether there is more. An empty file has no line to start from.
  const count = Math.min(last - first + 1, MAX_BLAME_LINES + 1);
  return { options: [`-L${first},+${count}`], last };
}

/** The size of the file in bytes. Throws a Refusal if it is no file. */
async function fileSize(
  repository: Repository,
  at: { readonly path: string; readonly commit: string | undefined; readonly head: string },
  signal: AbortSignal,
): Promise<number> {
  const { path, commit, head } = at;
  const { type, size } =
    commit === undefined
      ? await worktreeEntry(repository, path)
      : await findEntry(repository, { commit, path }, signal);
  if (type === 'folder' || type === 'submodule') {
    throw new Refusal(`${quote(path === '' ? '.' : path)} is a ${type}; blame takes one file.`);
  }
  if (type !== 'missing') return size;
  // Deleted, but known: then the question is about an earlier state.
  await findEntry(repository, { commit: head, path }, signal);
  throw new Refusal(
    `${quote(path)} is deleted in the work tree. With ref: "HEAD" it is as last committed.`,
  );
}

function bounded(
  lines: readonly BlameLine[],
  commits: readonly BlameCommit[],
  last: number,
): Omit<Blame, 'path'> {
  const shown = lines.slice(0, MAX_BLAME_LINES);
  const named = new Set(shown.map(({ commit }) => commit));
  const next = lines[MAX_BLAME_LINES]?.line;
  const more = next !== undefined && next <= last;
  return {
    lines: shown,
    commits: commits.filter(({ commit }) => named.has(commit)),
    truncated: more,
    notes: more ? [`There is more: ask with start_line: ${next}.`] : [],
  };
}

/**
 * Reads `git blame --porcelain`: a header with a commit's id and the line's number, what is to be said of the commit when it
 * comes up first, and the line itself after a tab.
 */
function parseBlame(output: string): { lines: BlameLine[]; commits: BlameCommit[] } {
  const lines: BlameLine[] = [];
  const commits = new Map<string, BlameCommit>();
  const about = new Map<string, string>();
  let id = '';
  let number = 0;
  for (const row of output.split('\n')) {
    const header = /^([0-9a-f]{40,64}) \d+ (\d+)( \d+)?$/.exec(row);
    if (row.startsWith('\t')) {
      const committed = !/^0+$/.test(id);
      if (committed && !commits.has(id)) commits.set(id, commitOf(id, about));
      lines.push({ line: number, commit: committed ? id : undefined, text: cut(row.slice(1)) });
      about.clear();
    } else if (header !== null) {
      [, id = ''] = header;
      number = Number(header[2]);
    } else {
      const space = row.indexOf(' ');
      about.set(row.slice(0, space), row.slice(space + 1));
    }
  }
  return { lines, commits: [...commits.values()] };
}

function commitOf(commit: string, about: ReadonlyMap<string, string>): BlameCommit {
  const zone = about.get('author-tz') ?? '+0000';
  return {
    commit,
    author: about.get('author') ?? '',
    date: isoDate(Number(about.get('author-time') ?? '0'), zone),
    subject: about.get('summary') ?? '',
  };
}

/** Seconds since 1970 as a local time of a zone like `+0130`. */
function isoDate(seconds: number, zone: string): string {
  const [, sign = '+', hours = '00', minutes = '00'] = /^([+-])(\d{2})(\d{2})$/.exec(zone) ?? [];
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -60 : 60);
  const date = new Date((seconds + offset) * 1000);
  // A date out of all bounds is one that somebody made up.
  const local = Number.isNaN(date.getTime()) ? new Date(0) : date;
  return `${local.toISOString().slice(0, 19)}${sign}${hours}:${minutes}`;
}

function cut(text: string): string {
  return text.length <= MAX_BLAME_LINE_CHARS ? text : `${text.slice(0, MAX_BLAME_LINE_CHARS)}…`;
}

/** A line for each line. */
export function renderBlame({ lines, commits }: Pick<Blame, 'lines' | 'commits'>): string {
  const known = new Map(commits.map((record) => [record.commit, record]));
  const width = String(lines.at(-1)?.line ?? 0).length;
  return lines
    .map(({ line, commit, text }) => {
      const record = known.get(commit ?? '');
      const who =
        record === undefined
          ? 'not committed yet'
          : `${record.commit.slice(0, 10)} ${record.date.slice(0, 10)} ${record.author}`;
      return `${String(line).padStart(width)} ${who} | ${text}`;
    })
    .join('\n');
}
