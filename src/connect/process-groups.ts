import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { sleep } from '../base/abort.ts';
import { isShortage, systemCode } from '../base/errors.ts';
import { Watchdog } from './watchdog.ts';

/**
 * The process groups of all servers ever started and not yet known to be gone, also those whose connecting failed.
 *
 * - G1. A group is registered in the same tick in which its leader was spawned, and leaves the registry only when no process of it is left.
 * - G2. When this process exits, whatever the reason that lets it run its exit handlers, the groups still registered are killed, synchronously.
 *   (Signals that can be caught are the caller's: a process that dies of one runs no exit handler.)
 * - G3. When this process is killed, the watchdog ends them.
 *
 * A process that left its group (by `setsid`) is out of reach. On Windows, which has no groups, the process tree takes their place.
 */
const groups = new Set<number>();
const watchdog = new Watchdog();
const isWindows = process.platform === 'win32';
let installed = false;
/** How often the system's list of processes is looked at while a group ends, ms. */
const SCAN_MS = 200;

/** Registers the group led by process `leader`. */
export function registerGroup(leader: number): void {
  if (!installed) {
    installed = true;
    // Before whatever else is done at the end, which may take a while, or for ever.
    process.prependListener('exit', killAllGroups);
  }
  groups.add(leader);
  watchdog.add(leader); // G3
}

function forget(leader: number): void {
  groups.delete(leader);
  watchdog.remove(leader);
}

/** The groups that may still be alive, by their leaders' process ids. */
export function registeredGroups(): readonly number[] {
  return [...groups];
}

/** Sends a signal to every process of a group. Returns whether there was one. */
export function signalGroup(leader: number, signal: NodeJS.Signals): boolean {
  if (!groups.has(leader)) return false;
  try {
    if (isWindows) {
      spawnSync('taskkill', ['/pid', String(leader), '/t', '/f'], { stdio: 'ignore' });
    } else process.kill(-leader, signal);
    return true;
  } catch (reason) {
    // No such process, or none that we may signal (it runs as somebody else now).
    if (systemCode(reason) === 'ESRCH') forget(leader);
    return false;
  }
}

/** Whether any process of the group is left; one that is gone leaves the registry. */
export function isGroupAlive(leader: number): boolean {
  if (!groups.has(leader)) return false;
  try {
    process.kill(isWindows ? leader : -leader, 0);
    return true;
  } catch (reason) {
    if (systemCode(reason) === 'EPERM') return true;
    forget(leader);
    return false;
  }
}

/** Waits until no process of the group is left, at most `ms`. Returns whether it is gone. */
export async function waitForGroupEnd(leader: number, ms: number): Promise<boolean> {
  const startedAt = performance.now();
  let scanAfterMs = SCAN_MS / 4;
  for (let delayMs = 2; isGroupAlive(leader); delayMs = Math.min(delayMs * 2, 32)) {
    const elapsedMs = performance.now() - startedAt;
    if (elapsedMs >= ms) return forgetZombies(leader);
    if (elapsedMs >= scanAfterMs) {
      if (forgetZombies(leader)) return true;
      scanAfterMs = elapsedMs + SCAN_MS;
    }
    await sleep(delayMs);
  }
  return true;
}

/** Kills all groups at once, without waiting. */
export function killAllGroups(): void {
  for (const leader of groups) signalGroup(leader, 'SIGKILL');
}

/**
 * Where nobody collects orphans (a container without an init), a dead grandchild stays a zombie for ever: a group of zombies is gone.
 */
function forgetZombies(leader: number): boolean {
  if (process.platform !== 'linux') return false;
  if (hasLiving(leader)) return false;
  forget(leader);
  return true;
}

function hasLiving(leader: number): boolean {
  try {
    return readdirSync('/proc').some((entry) => {
      const stat = /^\d+$/.test(entry) ? readStat(entry) : undefined;
      return stat?.group === leader && stat.state !== 'Z' && stat.state !== 'X';
    });
  } catch {
    // No file is left to look with: what cannot be seen is not taken for gone.
    return true;
  }
}

function readStat(pid: string): { readonly state: string; readonly group: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // pid (name) state ppid pgrp …: the name may hold anything, even a parenthesis.
    const [state = '', , group] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state, group: Number(group) };
  } catch (reason) {
    if (isShortage(reason)) throw reason;
    // The process ended while we looked.
    return undefined;
  }
}
