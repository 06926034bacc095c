import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import type { Writable } from 'node:stream';
import { guard } from './watchdog-process.ts';

/**
 * The process that outlives this one, for a moment, where this one is killed without a chance to end its servers (SIGKILL, a crash of the runtime):
 * it reads a pipe that ends then, and ends the groups that are registered. There is one for all servers; it starts with the first group, and ends with the last.
 *
 * - D1. The pipe has no other writer than this process: it ends when this process does, in whatever way.
 * - D2. What is written to the pipe in the tick in which a server was spawned is read even if this process is killed in the next.
 * - D3. It never keeps this process alive.
 *
 * Not on Windows, where there are no process groups.
 */
export class Watchdog {
  #child: ChildProcessByStdio<Writable, null, null> | undefined;
  readonly #groups = new Set<number>();

  /** Watches over the group led by process `leader`. */
  add(leader: number): void {
    this.#groups.add(leader);
    if (this.#child === undefined) this.#start();
    else this.#child.stdin.write(`+${leader}\n`); // D2
  }

  /** The group is gone: its number may be another's soon. */
  remove(leader: number): void {
    if (!this.#groups.delete(leader)) return;
    this.#child?.stdin.write(`-${leader}\n`);
    if (this.#groups.size === 0) {
      this.#child?.stdin.end();
      this.#child = undefined;
    }
  }

  #start(): void {
    if (process.platform === 'win32') return;
    const graces = JSON.stringify([1_000, 1_000]);
    const child = spawn(process.execPath, ['-e', `(${guard.toString()})(${graces})`], {
      // The pipe is close-on-exec in every other child of this process (D1).
      stdio: ['pipe', 'ignore', 'ignore'],
      // No signal of our terminal reaches it, and no directory is held by it.
      detached: true,
      cwd: '/',
      // Nothing of our environment: a secret must not be seen in two processes.
      env: {},
    });
    this.#child = child;
    const forget = (): void => {
      // Killed, or never started: the next group starts another, which gets all.
      if (this.#child === child) this.#child = undefined;
    };
    child.once('error', forget);
    child.once('exit', forget);
    child.stdin.on('error', forget);
    if (child.pid !== undefined) giveWay(child.pid);
    for (const leader of this.#groups) child.stdin.write(`+${leader}\n`);
    child.unref(); // D3
    if ('unref' in child.stdin && typeof child.stdin.unref === 'function') child.stdin.unref();
  }
}

/** It starts together with the servers, and has nothing to do for now: they come first. What it is told stays in its pipe until then (D2). */
function giveWay(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It has ended already, or the system forbids it: it was to be faster only.
  }
}
