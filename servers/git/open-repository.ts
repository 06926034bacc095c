import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { readEnvironment } from './environment.ts';
import { type GitEnd, GitProcesses } from './git-processes.ts';
import { READ_TIME_MS } from './limits.ts';
import { quote, systemCode } from '../shared/refusal.ts';
import { Repository } from './repository.ts';

/** The oldest git with everything that this server relies on (GIT_CONFIG_COUNT). */
const OLDEST = [2, 31] as const;

/** Why there is nothing to serve. */
export class NoRepository extends Error {
  override readonly name = 'NoRepository';
  /** Whether git itself is the trouble. */
  readonly git: boolean;

  constructor(message: string, options: ErrorOptions & { readonly git: boolean }) {
    super(message, options);
    this.git = options.git;
  }
}

/** Finds the work tree that a folder belongs to. Rejects with NoRepository. */
export async function openRepository(folder: string): Promise<Repository> {
  const processes = new GitProcesses();
  await checkGit(processes);
  const from = await realFolder(folder);
  const ask = async (cwd: string, ...args: string[]) => await revParse(processes, cwd, args);
  const inside = await ask(from, '--is-inside-work-tree');
  if (inside.code !== 0) {
    throw unusable(folder, `is not in a git repository that can be used. git says: ${inside.said}`);
  }
  if (inside.text !== 'true') {
    throw unusable(
      folder,
      'is not in a work tree but in the insides of a repository, or in a bare one.',
    );
  }
  const [top, gitDir] = await Promise.all([
    ask(from, '--show-toplevel'),
    ask(from, '--absolute-git-dir'),
  ]);
  // A config that declares some other folder to be the work tree (core.worktree) would open that to every reader.
  const own = await ask(top.text, '--absolute-git-dir');
  if (own.code !== 0 || own.text !== gitDir.text) {
    throw unusable(
      folder,
      `belongs to a repository whose config declares ${quote(top.text)} its work tree, which does not know of it.`,
    );
  }
  const index = await ask(top.text, '--git-path', 'index');
  return new Repository(top.text, path.resolve(top.text, index.text), processes);
}

async function checkGit(processes: GitProcesses): Promise<void> {
  const version = await gitVersion(processes);
  const [, major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(version) ?? []).map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return;
  throw new NoRepository(`git ${OLDEST.join('.')} or newer is needed; this is ${quote(version)}.`, {
    git: true,
  });
}

async function gitVersion(processes: GitProcesses): Promise<string> {
  try {
    const args = ['--version'];
    const end = await runToOpen(processes, process.cwd(), args);
    return end.output.toString().trim();
  } catch (error) {
    throw new NoRepository(
      'git is not installed, or not on the PATH. Install it (https://git-scm.com) and start again.',
      { git: true, cause: error },
    );
  }
}

async function realFolder(folder: string): Promise<string> {
  try {
    const real = await realpath(folder);
    if ((await stat(real)).isDirectory()) return real;
  } catch (error) {
    const why = systemCode(error) === 'ENOENT' ? 'does not exist.' : 'cannot be read.';
    throw unusable(folder, why);
  }
  throw unusable(folder, 'is not a folder.');
}

function unusable(folder: string, why: string): NoRepository {
  return new NoRepository(`--repo ${quote(folder)} ${why}`, { git: false });
}

interface Told {
  readonly code: number | null;
  /** Its answer, without the line end. */
  readonly text: string;
  /** The first line of what it complains about. */
  readonly said: string;
}

async function revParse(
  processes: GitProcesses,
  cwd: string,
  args: readonly string[],
): Promise<Told> {
  const end = await runToOpen(processes, cwd, ['rev-parse', ...args]);
  return {
    code: end.code,
    text: end.output.toString().replace(/\r?\n$/, ''),
    said: quote(end.messages.split('\n', 1)[0] ?? ''),
  };
}

async function runToOpen(
  processes: GitProcesses,
  cwd: string,
  args: readonly string[],
): Promise<GitEnd> {
  const job = { args, cwd, env: readEnvironment(undefined), timeMs: READ_TIME_MS, gently: false };
  return await processes.run(job, new AbortController().signal);
}
