import { cpus } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';

/** Above this share of busy processors a machine is not quiet. */
const BUSY = 0.15;
const WINDOW_MS = 100;

/** Waits until the machine has little to do, but not longer than `atMostMs`. Resolves to whether it is quiet. */
export async function untilQuiet(atMostMs: number, signal: AbortSignal): Promise<boolean> {
  const until = performance.now() + atMostMs;
  while (!signal.aborted && performance.now() < until) {
    const before = processorTimes();
    // An abort ends the pause, and the loop says so.
    await pause(WINDOW_MS, undefined, { signal }).catch(() => undefined);
    const after = processorTimes();
    const idle = (after.idle - before.idle) / (after.all - before.all || 1);
    if (1 - idle < BUSY) return true;
  }
  return false;
}

/** Of all processors together, ms. */
function processorTimes(): { readonly idle: number; readonly all: number } {
  let idle = 0;
  let all = 0;
  for (const { times } of cpus()) {
    idle += times.idle;
    all += times.user + times.nice + times.sys + times.irq + times.idle;
  }
  return { idle, all };
}
