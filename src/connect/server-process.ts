import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { stat } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';
import { deferred } from '../base/deferred.ts';
import { describe, HostError, isShortage, systemCode } from '../base/errors.ts';
import { visibleLine } from '../base/visible.ts';
import type { ServerId } from '../call/names.ts';
import type { Endpoint } from '../config/host-config.ts';
import { isGroupAlive, registerGroup, signalGroup, waitForGroupEnd } from './process-groups.ts';
import { StderrTail } from './stderr-tail.ts';

export type StdioEndpoint = Extract<Endpoint, { kind: 'stdio' }>;
type Environment = Readonly<Record<string, string | undefined>>;

/** How long a process may take to end after its stdin ended, and again after SIGTERM, ms. */
const GRACE_MS = 1_000;
/** How long the kernel may take to remove a killed group, ms. */
const KILL_MS = 2_000;
/** What a process wrote just before it ended is still read; a grandchild that keeps the pipe open must not delay the news, ms. */
const DRAIN_MS = 200;
/** A process that closed one of its pipes is usually about to exit, and its exit code says more, ms. */
const PARTING_MS = 500;

/** How a server's process came to be of no more use. */
export type ProcessEnd =
  | { readonly kind: 'exited'; readonly code: number | null; readonly signal: string | null }
  | { readonly kind: 'stdout-closed' }
  | { readonly kind: 'stdin-closed' };

/**
 * One server's process: the leader of its own process group. Owned by a transport, which must `stop` it.
 * All its stderr is read, and the end of it kept.
 */
export class ServerProcess {
  readonly pid: number;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr = new StderrTail();
  /** Resolves, once, when the process ended or closed a pipe; everything it had written to stdout by then was read. */
  readonly ended: Promise<ProcessEnd>;

  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  #stopped: Promise<void> | undefined;

  /** Starts the process. Throws `connect-failed`, naming the command and what to do. */
  static async start(
    server: ServerId,
    endpoint: StdioEndpoint,
    env: Environment,
  ): Promise<ServerProcess> {
    let child: ChildProcessByStdio<Writable, Readable, Readable>;
    try {
      child = spawn(endpoint.command, endpoint.args, {
        cwd: endpoint.cwd,
        env: { ...safeEnvironment(env), ...endpoint.env },
        stdio: ['pipe', 'pipe', 'pipe'],
        shell: false,
        // The child leads a process group, so that all it starts can be ended with it; and a Ctrl-C in our terminal does not reach it.
        detached: process.platform !== 'win32',
        windowsHide: true,
      });
      if (child.pid !== undefined) registerGroup(child.pid); // G1
      await started(child);
    } catch (reason) {
      throw new HostError('connect-failed', await whyNotStarted(server, endpoint, reason), {
        cause: reason,
        details: { command: endpoint.command, passing: isShortage(reason) },
      });
    }
    return new ServerProcess(child, child.pid ?? 0);
  }

  private constructor(child: ChildProcessByStdio<Writable, Readable, Readable>, pid: number) {
    this.#child = child;
    this.pid = pid;
    this.stdin = child.stdin;
    this.stdout = child.stdout;
    child.stderr.on('data', (chunk: Buffer) => {
      this.stderr.push(chunk);
    });
    // A pipe that breaks tells nothing that the end of the process does not.
    child.stderr.on('error', () => undefined);
    this.ended = watch(child);
  }

  /** The exit code or signal, once it is known. */
  get exited(): boolean {
    return hasExited(this.#child);
  }

  /**
   * Ends the process and everything in its group: end of stdin, then SIGTERM, then SIGKILL, with a second between. Resolves when they are gone.
   */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.stdin.end();
    // What is left of a group whose leader is gone reads no pipe of ours.
    if (!(await waitForGroupEnd(this.pid, this.exited ? 0 : GRACE_MS))) {
      signalGroup(this.pid, 'SIGTERM');
      if (!(await waitForGroupEnd(this.pid, GRACE_MS))) {
        signalGroup(this.pid, 'SIGKILL');
        await waitForGroupEnd(this.pid, KILL_MS);
      }
    }
    // A process that escaped the group may hold the other ends: ours must not keep this process alive.
    this.stdin.destroy();
    this.stdout.destroy();
    this.#child.stderr.destroy();
  }

  /** `it was still running (pid 123), and was ended`, or how it ended by itself: what a person needs to know of a process that is given up. */
  describe(): string {
    if (!this.exited && isGroupAlive(this.pid)) {
      return `it was still running (pid ${this.pid}), and was ended`;
    }
    return describeExit(this.#child.exitCode, this.#child.signalCode);
  }
}

/** `it exited with code 7`, `it was killed by SIGSEGV`. */
export function describeEnd(end: ProcessEnd): string {
  if (end.kind === 'exited') return describeExit(end.code, end.signal);
  return end.kind === 'stdout-closed' ? 'it closed its stdout' : 'it closed its stdin';
}

function describeExit(code: number | null, signal: string | null): string {
  return signal === null
    ? `it exited with code ${code ?? 'unknown'}`
    : `it was killed by ${signal}`;
}

function started(child: ChildProcessByStdio<Writable, Readable, Readable>): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    // Stays for the process's life: a kill that fails is reported here, too, and must not throw.
    child.on('error', reject);
    // Without a file left for its pipes a child has none, whatever its type says.
    (child.stdin as Writable | undefined)?.on('error', () => undefined);
  });
}

function hasExited(child: {
  readonly exitCode: number | null;
  readonly signalCode: NodeJS.Signals | null;
}): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function watch(child: ChildProcessByStdio<Writable, Readable, Readable>): Promise<ProcessEnd> {
  const { promise, resolve } = deferred<ProcessEnd>();
  let timer: NodeJS.Timeout | undefined;
  const settle = (end: ProcessEnd): void => {
    clearTimeout(timer);
    resolve(end);
  };
  const settleIn = (ms: number, end: ProcessEnd): void => {
    clearTimeout(timer);
    timer = setTimeout(resolve, ms, end);
  };
  child.once('exit', (code, signal) => {
    settleIn(DRAIN_MS, { kind: 'exited', code, signal });
  });
  // After the exit, once both pipes were read to their ends.
  child.once('close', (code: number | null, signal: NodeJS.Signals | null) => {
    settle({ kind: 'exited', code, signal });
  });
  child.stdout.once('close', () => {
    if (!hasExited(child)) settleIn(PARTING_MS, { kind: 'stdout-closed' });
  });
  child.stdout.on('error', () => undefined);
  child.stdin.once('error', () => {
    if (!hasExited(child)) settleIn(PARTING_MS, { kind: 'stdin-closed' });
  });
  return promise;
}

/** What every server gets of our environment; all else must be given to it in its config. The SDK's own list. */
const SAFE_NAMES =
  process.platform === 'win32'
    ? [
        'APPDATA',
        'COMSPEC',
        'HOMEDRIVE',
        'HOMEPATH',
        'LOCALAPPDATA',
        'PATH',
        'PATHEXT',
        'PROCESSOR_ARCHITECTURE',
        'PROGRAMDATA',
        'PROGRAMFILES',
        'PROGRAMFILES(X86)',
        'PROGRAMW6432',
        'SYSTEMDRIVE',
        'SYSTEMROOT',
        'TEMP',
        'USERNAME',
        'USERPROFILE',
        'WINDIR',
      ]
    : ['HOME', 'LOGNAME', 'PATH', 'SHELL', 'TERM', 'USER'];

function safeEnvironment(env: Environment): Record<string, string> {
  const safe: Record<string, string> = {};
  for (const name of SAFE_NAMES) {
    const value = env[name];
    // An exported shell function would be run by a server that is a shell script.
    if (value !== undefined && !value.startsWith('()')) safe[name] = value;
  }
  return safe;
}

async function whyNotStarted(
  server: ServerId,
  endpoint: StdioEndpoint,
  reason: unknown,
): Promise<string> {
  const cannot = `server "${server}" cannot be started`;
  const command = `"${visibleLine(endpoint.command)}"`;
  const place = await kindOf(endpoint.cwd);
  if (place !== 'directory') {
    const what = place === 'nothing' ? 'does not exist' : 'is no directory';
    return `${cannot}: its working directory ${visibleLine(endpoint.cwd)} ${what}. Mend "cwd" in the config.`;
  }
  const isPath = endpoint.command.includes('/');
  const code = systemCode(reason);
  if (code === 'ENOENT') {
    if (isPath && (await kindOf(endpoint.command)) === 'file') {
      return `${cannot}: the interpreter named in the first line of ${command} was not found. Install it, or name it as "command".`;
    }
    return isPath
      ? `${cannot}: there is no file ${command}. Mend "command" in the config.`
      : `${cannot}: the command ${command} was not found on the PATH. Install it, or give its full path as "command" in the config.`;
  }
  if (code === 'EACCES') {
    return `${cannot}: ${command} may not be executed. Make it executable (chmod +x), or name its interpreter as "command".`;
  }
  return `${cannot} with the command ${command}: ${visibleLine(describe(reason))}.`;
}

async function kindOf(path: string): Promise<'directory' | 'file' | 'nothing'> {
  try {
    return (await stat(path)).isDirectory() ? 'directory' : 'file';
  } catch {
    // Not there, or not to be seen, which comes to the same.
    return 'nothing';
  }
}
