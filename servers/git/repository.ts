import { constants } from 'node:fs';
import { copyFile, mkdtemp, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type ReadSetting, readEnvironment, writeEnvironment } from './environment.ts';
import type { GitEnd, GitProcesses } from './git-processes.ts';
import { COMMIT_TIME_MS, MAX_FILTERS, READ_TIME_MS } from './limits.ts';
import { failed } from './outcome.ts';
import { Refusal, systemCode } from '../shared/refusal.ts';
import { Slots } from '../shared/slots.ts';

export interface ReadOptions {
  /** Most bytes of output kept. Default: MAX_OUTPUT_BYTES. */
  readonly maxBytes?: number;
  /** Whether files of the work tree are looked at. Then their filters are switched off first (H2). Default: false. */
  readonly worktree?: boolean;
  /** An index file of `withIndexCopy`. */
  readonly index?: string;
}

/** One git work tree, and every git that runs in it. */
export class Repository {
  /** The top folder of the work tree, symlinks resolved. */
  readonly top: string;
  readonly #processes: GitProcesses;
  readonly #indexFile: string;
  readonly #commits = new Slots(1);

  constructor(top: string, indexFile: string, processes: GitProcesses) {
    this.top = top;
    this.#indexFile = indexFile;
    this.#processes = processes;
  }

  /** Runs a command that looks, whatever it ends with. */
  async read(
    args: readonly string[],
    signal: AbortSignal,
    options: ReadOptions = {},
  ): Promise<GitEnd> {
    const setting: ReadSetting = {
      ...(options.worktree === true ? { filters: await this.#filters(signal) } : {}),
      ...(options.index === undefined ? {} : { index: options.index }),
    };
    const { maxBytes } = options;
    return await this.#processes.run(
      {
        args,
        cwd: this.top,
        env: readEnvironment(this.top, setting),
        timeMs: READ_TIME_MS,
        gently: false,
        ...(maxBytes === undefined ? {} : { maxBytes }),
      },
      signal,
    );
  }

  /** Runs a command that changes the repository, whatever it ends with; `input` is its stdin. */
  async write(args: readonly string[], signal: AbortSignal, input: string = ''): Promise<GitEnd> {
    return await this.#processes.run(
      {
        args,
        cwd: this.top,
        env: writeEnvironment(this.top),
        timeMs: COMMIT_TIME_MS,
        gently: true,
        input,
      },
      signal,
    );
  }

  /** Runs commits one after the other: two at once would stumble over the index's lock. */
  async oneCommit<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    return await this.#commits.run(work, signal);
  }

  /**
   * Lets `work` use a copy of the index that looks locked, or undefined if there is none yet. `git diff` likes to note in the
   * index which files it has found unchanged, even when told to take no optional locks: here it finds that it cannot (H4).
   */
  async withIndexCopy<T>(work: (index: string | undefined) => Promise<T>): Promise<T> {
    const folder = await mkdtemp(path.join(tmpdir(), 'git-index-'));
    try {
      return await work(await copyIndex(this.#indexFile, path.join(folder, 'index')));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Ends every git, and resolves when they are gone. */
  async close(): Promise<void> {
    await this.#processes.close();
  }

  /** The names of all filters, whichever config file defines them. */
  async #filters(signal: AbortSignal): Promise<readonly string[]> {
    const pattern = String.raw`^filter\..*\.(clean|smudge|process)$`;
    const args = ['config', '--null', '--name-only', '--get-regexp', pattern];
    const end = await this.read(args, signal);
    // 1: there is none. With anything else filters might be missed.
    if (end.kind === 'finished' && end.code !== 0 && end.code !== 1) {
      throw failed('Reading the config', end);
    }
    const keys = end.output.toString().split('\0').slice(0, -1);
    const names = new Set(keys.map((key) => key.slice('filter.'.length, key.lastIndexOf('.'))));
    if (end.kind !== 'finished' || names.size > MAX_FILTERS) {
      throw new Refusal(
        `The config of this repository defines more than ${MAX_FILTERS} filters; it is not looked into.`,
      );
    }
    return [...names];
  }
}

async function copyIndex(from: string, to: string): Promise<string | undefined> {
  try {
    const { mtime } = await stat(from);
    await copyFile(from, to, constants.COPYFILE_FICLONE);
    // A file that is as new as the index is compared by its content. The copy must not look newer than the original:
    // to the second, and the whole seconds below it, is safe.
    const seconds = Math.floor(mtime.getTime() / 1000);
    await utimes(to, seconds, seconds);
    await writeFile(`${to}.lock`, '');
    return to;
  } catch (error) {
    // Nothing was ever staged.
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
