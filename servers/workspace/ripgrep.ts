/**
 * Runs ripgrep: the only place of this server that starts a process.
 *
 * R1. An argument array, no shell; whatever comes from a call stands after `--` or inside a value of ours.
 * R2. No configuration file, preprocessor or symlink is followed; ignore files are (see FIXED).
 * R3. A run ends with its process: cancelled, out of time, with enough found or at the end of the server, it is killed,
 *     and `run` settles only when it is gone.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { MAX_RECORD_BYTES, MAX_SEARCHES, SEARCH_TIME_MS } from './limits.ts';
import { RecordSplitter } from './record-splitter.ts';
import { Refusal, systemCode } from '../shared/refusal.ts';
import { TEMPORARY_PREFIX } from './replace-file.ts';
import { Slots } from '../shared/slots.ts';

export interface RipgrepJob {
  /** Arguments after the fixed ones; what comes from a call stands after `--`. */
  readonly args: readonly string[];
  /** Working directory. */
  readonly cwd: string;
  /** An open file to be searched as standard input. */
  readonly stdin?: number;
  /** The byte that ends a record of its output. */
  readonly separator: number;
  /** Gets each record, `undefined` for one longer than MAX_RECORD_BYTES; returns whether more are wanted. */
  readonly onRecord: (record: Buffer | undefined) => boolean;
}

export interface RipgrepEnd {
  /** `time`: stopped after SEARCH_TIME_MS; `enough`: stopped by `onRecord`. */
  readonly kind: 'finished' | 'enough' | 'time';
  /** ripgrep's exit code: 0 something found, 1 nothing, 2 errors (maybe besides findings). */
  readonly code: number | null;
  /** Its messages, bounded. */
  readonly messages: string;
}

const FIXED = [
  '--no-config',
  '--no-follow',
  '--no-pre',
  '--no-search-zip',
  '--color=never',
  // Hidden files are files like others, but for git's own and this server's temporary ones.
  '--hidden',
  '--glob=!.git',
  `--glob=!${TEMPORARY_PREFIX}*.tmp`,
  // .gitignore counts with and without a repository; the ignore rules of this machine's user don't.
  '--no-require-git',
  '--no-ignore-global',
  // The same question gets the same answer, in the same order.
  '--sort=path',
];

const MAX_MESSAGE_CHARS = 2000;

type Child = ChildProcessByStdio<null, Readable, Readable>;

export class Ripgrep {
  readonly #slots = new Slots(MAX_SEARCHES);
  readonly #running = new Set<Child>();
  #closed = false;

  /** Runs one job. Rejects with the signal's reason when aborted, with a Refusal when ripgrep cannot be started. */
  async run(job: RipgrepJob, signal: AbortSignal): Promise<RipgrepEnd> {
    const command = await findRipgrep();
    return await this.#slots.run(async () => await this.#runChild(command, job, signal), signal);
  }

  /** Kills what is running; later jobs are refused. */
  close(): void {
    this.#closed = true;
    for (const child of this.#running) child.kill('SIGKILL');
  }

  async #runChild(command: string, job: RipgrepJob, signal: AbortSignal): Promise<RipgrepEnd> {
    if (this.#closed) throw new Refusal('The server is shutting down.');
    signal.throwIfAborted();
    const child = start(command, job);
    this.#running.add(child);
    const stop = new Stop(child);
    const splitter = new RecordSplitter(job.separator, MAX_RECORD_BYTES, (record) =>
      stop.take(job, record),
    );
    child.stdout.on('data', (chunk: Buffer) => splitter.push(chunk));
    let messages = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      messages = (messages + text).slice(0, MAX_MESSAGE_CHARS);
    });
    const onAbort = () => stop.now({ kind: 'failed', error: signal.reason });
    signal.addEventListener('abort', onAbort, { once: true });
    const timer = setTimeout(() => stop.now({ kind: 'time' }), SEARCH_TIME_MS);
    try {
      const code = await exitOf(child);
      splitter.end();
      if (stop.reason.kind === 'failed') throw stop.reason.error;
      if (this.#closed) throw new Refusal('The search was ended: the server is shutting down.');
      return { kind: stop.reason.kind, code, messages };
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      this.#running.delete(child);
    }
  }
}

type StopReason =
  | { readonly kind: 'finished' | 'enough' | 'time' }
  | { readonly kind: 'failed'; readonly error: unknown };

/** Why a run ends: the first reason counts, and kills the process; after it no record is taken. */
class Stop {
  reason: StopReason = { kind: 'finished' };
  readonly #child: Child;

  constructor(child: Child) {
    this.#child = child;
  }

  now(reason: StopReason): void {
    if (this.reason.kind !== 'finished') return;
    this.reason = reason;
    this.#child.kill('SIGKILL');
  }

  take(job: RipgrepJob, record: Buffer | undefined): void {
    if (this.reason.kind !== 'finished') return;
    try {
      if (!job.onRecord(record)) this.now({ kind: 'enough' });
    } catch (error) {
      this.now({ kind: 'failed', error });
    }
  }
}

function start(command: string, job: RipgrepJob): Child {
  const options = {
    cwd: job.cwd,
    env: { ...process.env, RIPGREP_CONFIG_PATH: undefined },
    windowsHide: true,
  };
  // The types know `stdin: null` only for a literal 'ignore'; a descriptor gives the same.
  return spawn(command, [...FIXED, ...job.args], {
    ...options,
    stdio: [job.stdin ?? 'ignore', 'pipe', 'pipe'],
  }) as Child;
}

async function exitOf(child: Child): Promise<number | null> {
  return await new Promise((resolve, reject) => {
    child.once('error', (error) => {
      reject(
        new Refusal(`ripgrep could not be started (${systemCode(error) ?? 'unknown reason'}).`, {
          cause: error,
        }),
      );
    });
    child.once('close', resolve);
  });
}

/** The binary for this platform. Loaded when first needed: without it, only search and find are missing. */
async function findRipgrep(): Promise<string> {
  try {
    return (await import('@vscode/ripgrep')).rgPath;
  } catch (error) {
    throw new Refusal(
      `Searching is not possible: ripgrep is not installed for ${process.platform}-${process.arch}. ` +
        'Reinstall this package with its optional dependencies.',
      { cause: error },
    );
  }
}
