import { grouped } from '../base/grouped.ts';
import type { WaitReason } from '../call/events.ts';
import type { Stretch } from './bar.ts';
import { duration, seconds } from './duration.ts';
import {
  hasFailed,
  ownMs,
  type Trace,
  type TraceBatch,
  type TraceCall,
  type TraceTurn,
} from './trace.ts';
import { totalsLine, type BatchTotals } from './summary-line.ts';

// What a trace says, in words: the same as text and as a page. The words are ours; what is put into them is untrusted.

/** A short name for each reason to wait, and what is waited for. */
export const WAITS: Readonly<
  Record<WaitReason, { readonly name: string; readonly words: string }>
> = {
  connect: { name: 'connect', words: 'its server' },
  order: { name: 'order', words: 'an earlier call of its batch' },
  model: { name: 'model', words: 'the end of the model’s message' },
  approval: { name: 'approval', words: 'a person’s answer' },
  shared: { name: 'shared', words: 'an equal read under way' },
  lock: { name: 'lock', words: 'another batch' },
  backoff: { name: 'retry', words: 'its next try' },
  rate: { name: 'rate', words: 'the rate limit' },
  slot: { name: 'slot', words: 'a free slot' },
  answer: { name: 'answer', words: 'a person’s answer to its server' },
};

/** A call's waits of one reason together. */
export interface WaitSum {
  readonly reason: WaitReason;
  readonly times: number;
  readonly ms: number;
  /** Whether the last one never ended. */
  readonly open: boolean;
}

/** In the order in which they began. `untilMs` stands for the end of what never ended. */
export function waitSums({ waits }: TraceCall, untilMs: number): readonly WaitSum[] {
  const sums = new Map<WaitReason, WaitSum>();
  for (const { reason, startMs, endMs } of waits) {
    const { times = 0, ms = 0, open = false } = sums.get(reason) ?? {};
    const waited = Math.max(0, (endMs ?? untilMs) - startMs);
    sums.set(reason, {
      reason,
      times: times + 1,
      ms: ms + waited,
      open: open || endMs === null,
    });
  }
  return [...sums.values()];
}

/** `12 ms for its server (connect)`. */
export function waitWords({ reason, times, ms, open }: WaitSum): string {
  const { name, words } = WAITS[reason];
  const often = times > 1 ? `, ${String(times)} times` : '';
  return `${duration(ms)} for ${words} (${name}${often})${open ? ', and still did' : ''}`;
}

/** `text: 131,072 of 52,428,800 bytes; the whole is in /…/r1-1.txt`. */
export function cutWords({ part, bytes, shownBytes, file }: TraceCall['cut'][number]): string {
  const where = file === null ? 'the rest was not kept' : `the whole is in ${file}`;
  return `${part}: ${grouped(shownBytes)} of ${grouped(bytes)} bytes; ${where}`;
}

/** A call's time for a bar: what is not known to be running waits. */
export function stretchesOf(call: TraceCall, wallMs: number): readonly Stretch[] {
  const whole = { running: false, startMs: call.queuedMs, endMs: call.endedMs ?? wallMs };
  const sends = call.sends.map(({ startMs, endMs }) => {
    return { running: true, startMs, endMs: endMs ?? wallMs };
  });
  return [whole, ...sends];
}

/** `ok`, `failed` …; of a call that never ended, how far it had come. */
export function stateOf({ outcome, attempts, waits }: TraceCall): string {
  if (outcome !== null) return outcome.kind;
  if (waits.some(({ endMs }) => endMs === null)) return 'waiting';
  return attempts > 0 ? 'running' : 'queued';
}

function batchTotals({ calls, wallMs, sumMs, speedup }: TraceBatch): BatchTotals {
  return {
    calls: calls.length,
    failed: calls.filter(hasFailed).length,
    open: calls.filter(({ outcome }) => outcome === null).length,
    sent: calls.filter(({ attempts }) => attempts > 0).length,
    wallMs,
    sumMs,
    speedup,
  };
}

export function batchSummary(batch: TraceBatch): string {
  const line = totalsLine(batchTotals(batch));
  return batch.ended ? line : `${line} · it never ended`;
}

/** What the model did in a turn: `the first call came after 0.42 s · 3 calls (tool-calls)`. */
export function turnWords({ turn, firstMs, startedMs, endedMs, finish, batch }: TraceTurn): string {
  if (turn === null) return `began after ${seconds(startedMs)}`;
  const first =
    firstMs === null ? 'the model had said nothing' : `the model began after ${seconds(firstMs)}`;
  const calls = batch === null ? 'called nothing' : `called ${counted(batch.calls.length, 'tool')}`;
  const end =
    endedMs === null || finish === null
      ? 'never ended'
      : `ended after ${seconds(endedMs - startedMs)} (${finish})`;
  return [first, calls, end].join(' · ');
}

/** Which request the results went into; `undefined` where there are none. */
export function feedWords(turn: TraceTurn): string | undefined {
  if (turn.turn === null || turn.batch === null || turn.batch.calls.length === 0) return undefined;
  const count = turn.batch.calls.length;
  if (turn.resultsInto === null) return 'no later turn has seen the results';
  const which = count === 1 ? 'the result' : `all ${String(count)} results`;
  return `${which} went into turn ${String(turn.resultsInto)}, in call order`;
}

/** The whole in numbers. */
export function traceTotals({ turns }: Trace): BatchTotals & { readonly batches: number } {
  const batches = turns.flatMap(({ batch }) => (batch === null ? [] : [batch]));
  const sum = (of: (totals: BatchTotals) => number): number =>
    batches.reduce((total, batch) => total + of(batchTotals(batch)), 0);
  const wallMs = sum((each) => each.wallMs);
  const sumMs = sum((each) => each.sumMs);
  return {
    batches: batches.length,
    calls: sum((each) => each.calls),
    failed: sum((each) => each.failed),
    open: sum((each) => each.open ?? 0),
    sent: sum((each) => each.sent),
    wallMs,
    sumMs,
    speedup: wallMs > 0 && sumMs > 0 ? sumMs / wallMs : 1,
  };
}

/** What is odd about the recording itself, a sentence each. */
export function traceNotes({ tornLine, omitted, turns }: Trace): readonly string[] {
  const notes: string[] = [];
  if (tornLine !== null) {
    notes.push(
      `line ${String(tornLine)}, the last one, breaks off in the middle and is left out: the recording was cut short`,
    );
  }
  const open = turns.filter(({ endedMs, batch }) => endedMs === null || batch?.ended === false);
  if (open.length > 0 && tornLine === null) {
    notes.push('the recording ends before the run did: it was killed, or it still runs');
  }
  const { lines, calls, turns: more, details } = omitted;
  if (lines > 0) notes.push(`${counted(lines, 'line')} too long to be read: left out`);
  if (calls > 0) notes.push(`${counted(calls, 'call')} more than fit this picture: left out`);
  if (more > 0) notes.push(`${counted(more, 'turn')} more than fit this picture: left out`);
  if (details > 0) {
    notes.push(
      `arguments and results are too many to be shown all: ${String(details)} are left out`,
    );
  }
  return notes;
}

export function counted(count: number, noun: string): string {
  return `${String(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** A call's own time; `–` for one that has none. */
export function ownDuration(call: TraceCall): string {
  const ms = ownMs(call);
  return ms === null ? '–' : duration(ms);
}
