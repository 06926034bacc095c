import type { BatchReport, CallRecord } from '../call/call.ts';

/** How much the overlap of the calls saved. Durations count from a call's first sending; a call that was never sent took no time. */
export function batchReport(results: readonly CallRecord[], wallMs: number): BatchReport {
  let sumMs = 0;
  let longestMs = 0;
  for (const { startedMs, endedMs } of results) {
    sumMs += endedMs - startedMs;
    longestMs = Math.max(longestMs, endedMs - startedMs);
  }
  return {
    results,
    wallMs: round(wallMs),
    sumMs: round(sumMs),
    longestMs: round(longestMs),
    speedup: wallMs > 0 && sumMs > 0 ? Math.round((sumMs / wallMs) * 100) / 100 : 1,
  };
}

/** Milliseconds with microseconds: what the clock can tell, and short in JSON. */
export function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
