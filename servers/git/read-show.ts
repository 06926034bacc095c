import { isUtf8 } from 'node:buffer';
import { type ChangedFile, readChanges } from './changed-files.ts';
import { type CommitRecord, parseCommits, RECORD_OPTIONS } from './commit-record.ts';
import { MAX_FILE_BYTES, MAX_FILE_LINES } from './limits.ts';
import { fieldsOf, succeeded } from './outcome.ts';
import { quote, Refusal } from '../shared/refusal.ts';
import { repoPath } from './repo-path.ts';
import type { Repository } from './repository.ts';
import { emptyTree, resolveCommit } from './revisions.ts';
import { findEntry, listFolder, type TreeEntry } from './tree-entries.ts';

export interface ShowRequest {
  readonly ref: string;
  readonly path?: string | undefined;
  /** First and last line of a file, from 1. */
  readonly start_line?: number | undefined;
  readonly end_line?: number | undefined;
}

interface Shown {
  readonly truncated: boolean;
  readonly notes: readonly string[];
}

export type Show =
  | (Shown & {
      readonly kind: 'commit';
      readonly record: CommitRecord;
      readonly files: readonly ChangedFile[];
      readonly patch: string;
    })
  | (Shown & {
      readonly kind: 'file';
      readonly commit: string;
      readonly path: string;
      readonly content: string;
      readonly startLine: number;
    })
  | (Shown & {
      readonly kind: 'folder';
      readonly commit: string;
      readonly path: string;
      readonly entries: readonly TreeEntry[];
    });

/** A commit with its changes; with a path, the file or folder as it was in that commit. */
export async function readShow(
  repository: Repository,
  request: ShowRequest,
  signal: AbortSignal,
): Promise<Show> {
  const path = request.path === undefined ? undefined : repoPath(repository, request.path);
  const commit = await resolveCommit(repository, request.ref, signal);
  if (path === undefined) return await showCommit(repository, commit, signal);
  const entry = await findEntry(repository, { commit, path }, signal);
  if (entry.type === 'submodule') {
    throw new Refusal(
      `${quote(path)} is a submodule, at commit ${entry.id} of another repository.`,
    );
  }
  if (entry.type !== 'folder')
    return await showFile(repository, { request, commit, entry }, signal);
  const { entries, more } = await listFolder(repository, entry, signal);
  const notes = more ? [`There is more: the first ${entries.length} names are listed.`] : [];
  return { kind: 'folder', commit, path, entries, truncated: more, notes };
}

async function showCommit(
  repository: Repository,
  commit: string,
  signal: AbortSignal,
): Promise<Show> {
  const args = ['log', '--no-walk', ...RECORD_OPTIONS, '--end-of-options', commit, '--'];
  const [record] = parseCommits(
    fieldsOf(succeeded('git log', await repository.read(args, signal))),
  );
  if (record === undefined) throw new Refusal(`Commit ${commit} could not be read.`);
  // A merge is shown as what it brought into its first parent; the first commit as what it began with.
  const before = record.parents[0] ?? (await emptyTree(repository, signal));
  const comparison = { args: ['--end-of-options', before, commit], paths: ['--'] };
  return { kind: 'commit', record, ...(await readChanges(repository, comparison, signal)) };
}

async function showFile(
  repository: Repository,
  what: { readonly request: ShowRequest; readonly commit: string; readonly entry: TreeEntry },
  signal: AbortSignal,
): Promise<Show> {
  const { request, commit, entry } = what;
  const end = await repository.read(['cat-file', 'blob', entry.id], signal);
  const content = succeeded('git cat-file', end);
  if (content.includes(0)) {
    throw new Refusal(
      `${quote(entry.path)} is binary there (${entry.size} bytes); only text is shown.`,
    );
  }
  const start = request.start_line ?? 1;
  const found = linesOf(content.toString(), { start, end: request.end_line ?? Infinity });
  const notes: string[] = [];
  if (found.next !== undefined) {
    notes.push(
      `There is more: the next line is ${found.next}. Ask with start_line: ${found.next}.`,
    );
  } else if (end.kind === 'enough') {
    notes.push(
      `The file has ${entry.size} bytes; what comes after the first ${content.length} is not shown.`,
    );
  }
  if (end.kind === 'finished' && !isUtf8(content)) {
    notes.push('Some bytes are not UTF-8; they stand as U+FFFD.');
  }
  if (found.text === '' && start > 1) notes.push(`The file ends before line ${start}.`);
  return {
    kind: 'file',
    commit,
    path: entry.path,
    content: found.text,
    startLine: start,
    truncated: found.next !== undefined || end.kind === 'enough',
    notes,
  };
}

/** The lines asked for as far as they fit, and the first one that was asked for and did not. */
function linesOf(
  text: string,
  asked: { readonly start: number; readonly end: number },
): { readonly text: string; readonly next: number | undefined } {
  const lines = text.split(/(?<=\n)/);
  const kept: string[] = [];
  let room = MAX_FILE_BYTES;
  for (const [index, line] of lines.entries()) {
    const number = index + 1;
    if (number < asked.start) continue;
    if (number > asked.end) break;
    room -= Buffer.byteLength(line);
    const full = room < 0 && kept.length > 0;
    if (full || kept.length === MAX_FILE_LINES) return { text: kept.join(''), next: number };
    kept.push(room < 0 ? `${line.slice(0, MAX_FILE_BYTES)}…[line cut]\n` : line);
  }
  return { text: kept.join(''), next: undefined };
}
