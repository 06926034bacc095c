import type { BatchReport } from '../call/call.ts';
import { isFailure } from '../call/outcome.ts';
import { seconds } from './duration.ts';

export interface SummaryOptions {
  /** The servers that calls waited for; told because that is part of the wall time. Default: none was waited for. */
  readonly servers?: ServersAwaited;
  /** How much of the wall time a person took to answer questions, ms: with it the times cannot be compared. Default 0. */
  readonly personMs?: number;
}

interface ServersAwaited {
  readonly awaited: number;
  /** How many of them became ready. */
  readonly ready: number;
  /** When the last of them was ready or given up, ms since the batch began. */
  readonly ms: number;
}

/**
 * How a batch went, in one line: `3 calls · 0.61 s wall · 1.50 s one by one · 2.5x`. A single call has nothing to be compared with, and neither have
 * calls that were never sent.
 */
export function summaryLine(report: BatchReport, options: SummaryOptions = {}): string {
  const { results, wallMs, sumMs, speedup } = report;
  const failed = results.filter(({ outcome }) => isFailure(outcome)).length;
  const sent = results.filter(({ attempts }) => attempts > 0).length;
  return totalsLine({ calls: results.length, failed, sent, wallMs, sumMs, speedup }, options);
}

/** What a batch comes to. */
export interface BatchTotals {
  readonly calls: number;
  readonly failed: number;
  /** Those that have not ended: there are some only in a recording that ends before its run. Default 0. */
  readonly open?: number;
  readonly sent: number;
  readonly wallMs: number;
  readonly sumMs: number;
  readonly speedup: number;
}

/** {@link summaryLine}, of whatever has been counted. */
export function totalsLine(totals: BatchTotals, options: SummaryOptions = {}): string {
  const { calls, failed, open = 0, sent, wallMs, sumMs, speedup } = totals;
  const { servers, personMs = 0 } = options;
  const count = `${String(calls)} call${calls === 1 ? '' : 's'}`;
  const odd = [
    ...(failed > 0 ? [`${String(failed)} failed`] : []),
    ...(open > 0 ? [`${String(open)} not ended`] : []),
  ];
  const parts = [odd.length === 0 ? count : `${count} (${odd.join(', ')})`];
  if (calls > 0 && sent === 0) parts.push('none was sent');
  else if (personMs > 0)
    parts.push(`${seconds(wallMs)} wall, ${seconds(personMs)} of it for answers`);
  else if (calls === 1) parts.push(seconds(wallMs));
  // One call alone overlaps nothing: a factor would say nothing.
  else if (sent === 1) parts.push(`${seconds(wallMs)} wall`);
  else if (sent > 1) {
    parts.push(`${seconds(wallMs)} wall`, `${seconds(sumMs)} one by one`);
    // What did not pay, as calls that were over before the first one's server was ready, reads as if it had been slowed down.
    if (speedup >= 1) parts.push(`${speedup.toFixed(1)}x`);
  }
  if (servers !== undefined && sent > 0) parts.push(readyWords(servers));
  return parts.join(' · ');
}

function readyWords({ awaited, ready, ms }: ServersAwaited): string {
  const who = ready === awaited ? 'servers' : `${String(ready)} of ${String(awaited)} servers`;
  return `${who} ready after ${seconds(ms)}`;
}
