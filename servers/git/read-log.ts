import { type CommitRecord, parseCommits, RECORD_OPTIONS, renderCommit } from './commit-record.ts';
import { MAX_AUTHOR_CHARS, MAX_COMMITS, MAX_LOG_CHARS, MAX_SUGGESTIONS } from './limits.ts';
import { parseMoment } from './moments.ts';
import { fieldsOf, succeeded } from './outcome.ts';
import { quote, Refusal } from '../shared/refusal.ts';
import { pathArguments } from './repo-path.ts';
import type { Repository } from './repository.ts';
import { headCommit, resolveRange } from './revisions.ts';

export interface LogRequest {
  readonly path?: string | undefined;
  readonly author?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  /** Most commits. */
  readonly max: number;
  readonly ref?: string | undefined;
}

export interface Log {
  readonly commits: readonly CommitRecord[];
  readonly text: string;
  readonly truncated: boolean;
  readonly notes: readonly string[];
}

/** The commits that a ref or range reaches, the latest first. */
export async function readLog(
  repository: Repository,
  request: LogRequest,
  signal: AbortSignal,
): Promise<Log> {
  const filters = filterOptions(request);
  const path = pathArguments(repository, request.path);
  if (request.ref === undefined && (await headCommit(repository, signal)) === undefined) {
    return {
      commits: [],
      text: 'The current branch has no commits yet.',
      truncated: false,
      notes: [],
    };
  }
  const from = await resolveRange(repository, request.ref ?? 'HEAD', signal);
  // One more than asked for tells whether there is more.
  const count = `--max-count=${request.max + 1}`;
  const args = ['log', ...RECORD_OPTIONS, count, ...filters, '--end-of-options', from, ...path];
  const end = await repository.read(args, signal);
  const found = parseCommits(fieldsOf(succeeded('git log', end)));
  const shown = fitting(found.slice(0, request.max));
  return {
    commits: shown.commits,
    text: shown.text === '' ? nothingFound(request) : shown.text,
    truncated: end.kind !== 'finished' || found.length > shown.commits.length,
    notes: found.length > shown.commits.length ? [moreNote(shown.commits)] : [],
  };
}

function filterOptions(request: LogRequest): string[] {
  const { author, since, until } = request;
  if (author !== undefined) checkAuthor(author);
  return [
    // The author is a text, not an expression of whatever kind the repository's config prefers.
    ...(author === undefined
      ? []
      : ['--fixed-strings', '--regexp-ignore-case', `--author=${author}`]),
    ...(since === undefined ? [] : [`--since=${parseMoment(since, 'start')}`]),
    ...(until === undefined ? [] : [`--until=${parseMoment(until, 'end')}`]),
  ];
}

function checkAuthor(author: string): void {
  if (author === '' || author.length > MAX_AUTHOR_CHARS || /[\0\r\n]/.test(author)) {
    throw new Refusal(
      `${quote(author)} is no author: give a part of a name or e-mail address, in one line.`,
    );
  }
}

/** As many commits, from the first, as one answer may hold. */
function fitting(found: readonly CommitRecord[]): { commits: CommitRecord[]; text: string } {
  const texts: string[] = [];
  let room = MAX_LOG_CHARS;
  for (const record of found) {
    const text = renderCommit(record);
    room -= text.length;
    if (room < 0) break;
    texts.push(text);
  }
  return { commits: found.slice(0, texts.length), text: texts.join('\n') };
}

function moreNote(commits: readonly CommitRecord[]): string {
  const last = commits.at(-1)?.committed;
  const on = last === undefined ? '' : ` Go on with until: "${last}",`;
  return `There are more; these are the latest ${commits.length}.${on} raise max (up to ${MAX_COMMITS}), or narrow with path, author, since.`;
}

function nothingFound(request: LogRequest): string {
  const conditions = (['path', 'author', 'since', 'until'] as const)
    .filter((name) => request[name] !== undefined)
    .map((name) => `${name} ${quote(request[name] ?? '')}`);
  const hint =
    request.path === undefined ? '' : ' Paths are relative to the top of the repository.';
  return conditions.length === 0
    ? 'No commits.'
    : `No commit with ${conditions.slice(0, MAX_SUGGESTIONS + 1).join(', ')}.${hint}`;
}
