/**
 * Runs git: the only place of this server that starts a process.
 *
 * G1. An argument array, no shell; stdin is empty or what is given.
 * G2. Every git leads a process group of its own, where there are such groups: what it has started ends with it.
 * G3. A run ends with its process: cancelled, out of time, with enough said or at the end of the server, it is ended,
 *     and `run` settles only when it is gone. One that may hold locks is asked first (STOP_GRACE_MS).
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import {
  DRAIN_MS,
  MAX_OUTPUT_BYTES,
  MAX_PROCESSES,
  MAX_STDERR_CHARS,
  STOP_GRACE_MS,
} from './limits.ts';
import { Refusal, systemCode } from '../shared/refusal.ts';
import { Slots } from '../shared/slots.ts';

export interface GitJob {
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Given on stdin. Default: nothing. */
  readonly input?: string;
  /** Most bytes of output kept; the run is ended when there are more. Default: MAX_OUTPUT_BYTES. */
  readonly maxBytes?: number;
  /** The run is ended after this many ms. */
  readonly timeMs: number;
  /** Whether it may hold locks, and is therefore to be asked before it is killed (G3). */
  readonly gently: boolean;
}

export interface GitEnd {
  /** `enough`: ended because it said more than `maxBytes`; `time`: because of `timeMs`. */
  readonly kind: 'finished' | 'enough' | 'time';
  /** git's exit code; null if it did not end by itself. */
  readonly code: number | null;
  /** At most `maxBytes`. */
  readonly output: Buffer;
  /** What it said on stderr, bounded. */
  readonly messages: string;
}

export class GitProcesses {
  readonly #slots = new Slots(MAX_PROCESSES);
  readonly #running = new Map<Run, Promise<GitEnd>>();
  #closed = false;

  /** Runs one job. Rejects with the signal's reason when aborted, with a Refusal when git cannot be started. */
  async run(job: GitJob, signal: AbortSignal): Promise<GitEnd> {
    return await this.#slots.run(async () => {
      if (this.#closed) throw new Refusal('The server is shutting down.');
      signal.throwIfAborted();
      const run = new Run(job);
      const end = run.finish(signal);
      this.#running.set(run, end);
      try {
        return await end;
      } finally {
        this.#running.delete(run);
      }
    }, signal);
  }

  /** Ends what is running, and resolves when it is gone; later jobs are refused. */
  async close(): Promise<void> {
    this.#closed = true;
    const runs = [...this.#running];
    for (const [run] of runs) {
      run.stop({
        kind: 'failed',
        error: new Refusal('git was ended: the server is shutting down.'),
      });
    }
    await Promise.allSettled(runs.map(async ([, end]) => await end));
  }
}

type StopReason =
  | { readonly kind: 'finished' | 'enough' | 'time' }
  | { readonly kind: 'failed'; readonly error: unknown };

/** One git process. The first reason to end it counts. */
class Run {
  readonly #job: GitJob;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #output: Buffer[] = [];
  #bytes = 0;
  #messages = '';
  #reason: StopReason = { kind: 'finished' };
  #grace: NodeJS.Timeout | undefined;

  constructor(job: GitJob) {
    this.#job = job;
    this.#child = spawn('git', [...job.args], {
      cwd: job.cwd,
      env: job.env,
      windowsHide: true,
      detached: process.platform !== 'win32',
    });
    this.#child.stdout.on('data', (chunk: Buffer) => this.#take(chunk));
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#messages = (this.#messages + text).slice(0, MAX_STDERR_CHARS);
    });
    // A git that ends before it has read its input says why by its exit code.
    this.#child.stdin.on('error', () => undefined);
    this.#child.stdin.end(job.input ?? '');
  }

  async finish(signal: AbortSignal): Promise<GitEnd> {
    const onAbort = () => this.stop({ kind: 'failed', error: signal.reason });
    signal.addEventListener('abort', onAbort, { once: true });
    const timer = setTimeout(() => this.stop({ kind: 'time' }), this.#job.timeMs);
    try {
      const code = await this.#exit();
      if (this.#reason.kind === 'failed') throw this.#reason.error;
      const { kind } = this.#reason;
      return { kind, code, output: Buffer.concat(this.#output), messages: this.#messages };
    } finally {
      clearTimeout(timer);
      clearTimeout(this.#grace);
      signal.removeEventListener('abort', onAbort);
      // git has gone; a hook of its that ignores being asked goes now (G2).
      if (this.#reason.kind !== 'finished') this.#kill('SIGKILL');
    }
  }

  stop(reason: StopReason): void {
    if (this.#reason.kind !== 'finished') return;
    this.#reason = reason;
    if (!this.#job.gently) {
      this.#kill('SIGKILL');
      return;
    }
    this.#kill('SIGTERM');
    this.#grace = setTimeout(() => this.#kill('SIGKILL'), STOP_GRACE_MS);
  }

  #take(chunk: Buffer): void {
    const room = (this.#job.maxBytes ?? MAX_OUTPUT_BYTES) - this.#bytes;
    if (room > 0) this.#output.push(chunk.subarray(0, room));
    this.#bytes += chunk.length;
    if (chunk.length > room) this.stop({ kind: 'enough' });
  }

  /** Kills the whole group (G2). */
  #kill(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    if (process.platform === 'win32') {
      this.#child.kill(signal);
      return;
    }
    try {
      process.kill(-pid, signal);
    } catch (error) {
      // The group is gone already (EPERM: all but its zombies): that is what was wanted.
      if (!['ESRCH', 'EPERM'].includes(systemCode(error) ?? '')) throw error;
    }
  }

  #letGo(): void {
    this.#child.stdout.destroy();
    this.#child.stderr.destroy();
  }

  async #exit(): Promise<number | null> {
    const child = this.#child;
    return await new Promise((resolve, reject) => {
      child.once('error', (error) => reject(startRefusal(error, this.#job.cwd)));
      child.once('exit', () => {
        // After the time is up, what is in the pipes already is still read: hence the immediate.
        setTimeout(() => setImmediate(() => this.#letGo()), DRAIN_MS).unref();
      });
      child.once('close', resolve);
    });
  }
}

/** git itself or the folder it should run in is missing: the operating system has one code for both. */
function startRefusal(error: Error, cwd: string): Refusal {
  return new Refusal(
    `git could not be started in ${cwd} (${systemCode(error) ?? 'unknown reason'}): ` +
      'it has to be on the PATH of this server, and the folder has to be there.',
    { cause: error },
  );
}
