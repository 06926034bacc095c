import { type ChangedFile, readChanges } from './changed-files.ts';
import { parseCommits, RECORD_OPTIONS } from './commit-record.ts';
import type { GitEnd } from './git-processes.ts';
import {
  COMMIT_TIME_MS,
  MAX_COMMIT_MESSAGE_CHARS,
  MAX_COMMIT_PATH_CHARS,
  MAX_COMMIT_PATHS,
  MAX_STDERR_CHARS,
} from './limits.ts';
import { fieldsOf, succeeded } from './outcome.ts';
import { parseStatus, STATUS_OPTIONS } from './read-status.ts';
import { quote, Refusal } from '../shared/refusal.ts';
import { pathspec, repoPath } from './repo-path.ts';
import type { Repository } from './repository.ts';
import { emptyTree, headCommit } from './revisions.ts';
import { noSuchPath, worktreeEntry } from './tree-entries.ts';

/** The message is on stdin, and committed as it is given but for blank lines at its ends. */
const COMMIT_OPTIONS = ['--only', '--file=-', '--cleanup=whitespace', '--no-edit', '--quiet'];

const TOO_LONG = `took longer than ${COMMIT_TIME_MS / 1000} s and was ended`;

export interface CommitRequest {
  readonly message: string;
  readonly paths: readonly string[];
}

export interface Committed {
  readonly commit: string;
  /** Undefined with a detached HEAD. */
  readonly branch?: string;
  readonly subject: string;
  readonly files: readonly ChangedFile[];
  /** What hooks have said. */
  readonly notes: readonly string[];
}

/**
 * Stages these paths as they are in the work tree, and commits them and nothing else: what is staged besides stays staged.
 * It runs what the user's git runs: hooks, filters, signing. Throws a Refusal, by which nothing is committed.
 */
export async function makeCommit(
  repository: Repository,
  request: CommitRequest,
  signal: AbortSignal,
): Promise<Committed> {
  checkMessage(request.message);
  const paths = checkPaths(repository, request.paths);
  return await repository.oneCommit(async () => {
    const branch = await checkChanges(repository, paths, signal);
    const before = await headCommit(repository, signal);
    const specs = paths.map(pathspec);
    const added = await repository.write(['add', '--all', '--', ...specs], signal);
    if (added.code !== 0) throw unmade('git add', added);
    const args = ['commit', ...COMMIT_OPTIONS, '--', ...specs];
    const end = await repository.write(args, signal, request.message);
    // A hook that comes after the commit cannot undo it, even if it had to be ended.
    const made = (await headCommit(repository, signal)) !== before;
    if (end.code !== 0 && !made) throw unmade('git commit', end);
    const notes = [
      ...(end.kind === 'time' ? [`The commit is made, but its hooks ${TOO_LONG}.`] : []),
      ...saidBy(end),
    ];
    return {
      ...(await readCommit(repository, signal)),
      ...(branch === undefined ? {} : { branch }),
      notes,
    };
  }, signal);
}

function checkMessage(message: string): void {
  if (message.trim() === '')
    throw new Refusal('The message is empty. Say what the commit changes and why.');
  if (message.length > MAX_COMMIT_MESSAGE_CHARS) {
    throw new Refusal(`The message is longer than ${MAX_COMMIT_MESSAGE_CHARS} characters.`);
  }
  if (message.includes('\0')) throw new Refusal('The message contains a NUL byte.');
}

function checkPaths(repository: Repository, given: readonly string[]): string[] {
  if (given.length === 0) {
    throw new Refusal('paths is empty. Name the files to commit; status lists what has changed.');
  }
  if (given.length > MAX_COMMIT_PATHS || given.join('').length > MAX_COMMIT_PATH_CHARS) {
    throw new Refusal(
      `More than ${MAX_COMMIT_PATHS} paths, or very long ones; commit them in parts.`,
    );
  }
  return [...new Set(given.map((path) => repoPath(repository, path)))];
}

/** Every path has to be a file that differs from the last commit. Returns the branch, if there is one. */
async function checkChanges(
  repository: Repository,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<string | undefined> {
  for (const path of paths) {
    if (path !== '' && (await worktreeEntry(repository, path)).type !== 'folder') continue;
    throw new Refusal(
      `${quote(path === '' ? '.' : path)} is a folder. Name each file to commit; status lists what has changed.`,
    );
  }
  const args = ['status', ...STATUS_OPTIONS, '--no-renames', '--', ...paths.map(pathspec)];
  const end = await repository.read(args, signal, { worktree: true });
  const { branch, staged, unstaged, conflicts, untracked } = parseStatus(
    fieldsOf(succeeded('git status', end)),
  );
  const [conflict] = conflicts;
  if (conflict !== undefined) {
    throw new Refusal(
      `${quote(conflict.path)} is in conflict (${conflict.change}); nothing is committed.`,
    );
  }
  const changed = new Set([...staged, ...unstaged].map(({ path }) => path).concat(untracked));
  const beside = [...changed].find((path) => !paths.includes(path));
  if (beside !== undefined) {
    throw new Refusal(
      `${quote(beside)} would be committed, too: name each file, not the folder it was in.`,
    );
  }
  const unchanged = paths.find((path) => !changed.has(path));
  if (unchanged !== undefined) throw await nothingToCommit(repository, unchanged, signal);
  return branch;
}

async function nothingToCommit(
  repository: Repository,
  path: string,
  signal: AbortSignal,
): Promise<Refusal> {
  if ((await worktreeEntry(repository, path)).type === 'missing') {
    const commit = await headCommit(repository, signal);
    return commit === undefined
      ? new Refusal(`There is no ${quote(path)}. Paths are relative to the top of the repository.`)
      : await noSuchPath(repository, { commit, path }, signal);
  }
  // Takes no literal pathspec; a name that begins with a colon is one all the same behind `./`.
  const args = ['check-ignore', '--quiet', '--', `./${path}`];
  const ignored = (await repository.read(args, signal)).code === 0;
  return new Refusal(
    ignored
      ? `${quote(path)} is ignored by .gitignore and not committed.`
      : `${quote(path)} is as in the last commit: there is nothing to commit. Leave it out.`,
  );
}

function unmade(what: string, end: GitEnd): Refusal {
  const said = saidBy(end).join('\n') || `exit code ${end.code ?? 'unknown'}`;
  return new Refusal(
    `${what} ${end.kind === 'time' ? TOO_LONG : `failed: ${said}`}\n` +
      'Nothing was committed; what was staged on the way is still staged.',
  );
}

/** What git and its hooks have to say: these write to either stream. */
function saidBy(end: GitEnd): string[] {
  return [end.output.toString().trim().slice(0, MAX_STDERR_CHARS), end.messages.trim()].filter(
    (text) => text !== '',
  );
}

async function readCommit(
  repository: Repository,
  signal: AbortSignal,
): Promise<Pick<Committed, 'commit' | 'subject' | 'files'>> {
  const args = ['log', '--no-walk', ...RECORD_OPTIONS, 'HEAD', '--'];
  const [record] = parseCommits(
    fieldsOf(succeeded('git log', await repository.read(args, signal))),
  );
  if (record === undefined)
    throw new Refusal('The commit is made, but could not be read; see log.');
  const { commit, subject, parents } = record;
  const before = parents[0] ?? (await emptyTree(repository, signal));
  const comparison = { args: ['--end-of-options', before, commit], paths: ['--'] };
  const { files } = await readChanges(repository, comparison, signal);
  return { commit, subject, files };
}
