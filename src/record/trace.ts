import type { Json } from '../base/json.ts';
import type { WaitReason } from '../call/events.ts';
import type { CutPart, Outcome, Ran } from '../call/outcome.ts';

/** A recorded run, read back: what `trace --json` prints. All of its texts are untrusted. Times are ms since the recording began, a batch's own since the batch began. */
export interface Trace {
  /** When the recording began, ISO 8601. */
  readonly startedAt: string;
  /** To its last event. */
  readonly wallMs: number;
  /** `run` where a model was asked, else `call`. */
  readonly kind: 'run' | 'call';
  readonly servers: readonly TraceServer[];
  /** The model's turns; of a trace without a model, one for each batch. In the order in which they began. */
  readonly turns: readonly TraceTurn[];
  /** The number of the last line where it broke off in the middle, as it does when the program is killed; else `null`. */
  readonly tornLine: number | null;
  /** What was left out of this picture because there was too much of it. */
  readonly omitted: TraceOmissions;
}

export interface TraceOmissions {
  /** Lines that were longer than any event is. */
  readonly lines: number;
  readonly calls: number;
  readonly turns: number;
  /** Arguments and results that were dropped whole; those that were cut say so themselves. */
  readonly details: number;
}

interface TraceServer {
  readonly name: string;
  /** The last one. */
  readonly state: string;
  /** When it was first ready, or had failed; `null`: never. */
  readonly settledMs: number | null;
  readonly readyMs: number | null;
  readonly protocolVersion: string | null;
  /** Why it failed. */
  readonly reason: string | null;
  readonly notices: readonly string[];
}

export interface TraceTurn {
  /** From 1; `null` without a model. */
  readonly turn: number | null;
  readonly startedMs: number;
  /** `null`: it never ended. */
  readonly endedMs: number | null;
  /** How long the model took to its first words or its first call; `null` where it never came to either. */
  readonly firstMs: number | null;
  /** What the model said; cut to a limit. */
  readonly text: string;
  /** How its message ended; `null` where it did not. */
  readonly finish: string | null;
  readonly batch: TraceBatch | null;
  /** The turn whose request was the first to hold this turn's results; `null` where there is none. */
  readonly resultsInto: number | null;
}

export interface TraceBatch {
  readonly batch: number;
  readonly startedMs: number;
  readonly ended: boolean;
  /** Of a batch that never ended: to the last thing that is known of it. */
  readonly wallMs: number;
  readonly sumMs: number;
  readonly longestMs: number;
  readonly speedup: number;
  /** In call order. */
  readonly calls: readonly TraceCall[];
}

/** A stretch of a call's time. */
export interface TraceSpan {
  readonly startMs: number;
  /** `null`: it never ended. */
  readonly endMs: number | null;
}

interface TraceWait extends TraceSpan {
  readonly reason: WaitReason;
}

interface TraceSend extends TraceSpan {
  readonly attempt: number;
}

export interface TraceCall {
  readonly id: string;
  readonly index: number;
  readonly name: string;
  readonly server: string | null;
  readonly tool: string | null;
  /** `null` where it is not known, as long as the call has not ended. What is too long is a text that says so. */
  readonly arguments: Json;
  readonly access: string | null;
  readonly accessRule: string | null;
  readonly queuedMs: number;
  readonly startedMs: number | null;
  readonly endedMs: number | null;
  /** How often it was sent; by another call where it shared that one's answer. */
  readonly attempts: number;
  readonly waits: readonly TraceWait[];
  readonly sends: readonly TraceSend[];
  /** How often the model rewrote it. */
  readonly revisions: number;
  /** `null`: it never ended. */
  readonly outcome: TraceOutcome | null;
  /** What of its result was too large to be handed on. */
  readonly cut: readonly CutPart[];
}

export interface TraceOutcome {
  readonly kind: Outcome['kind'];
  readonly code: string | null;
  readonly ran: Ran;
  /** As the model got to read it; cut to a limit. `null` where it was left out. */
  readonly text: string | null;
}

/** Whether a call ended, and not well. One that never ended has not failed: how it went on is not known. */
export function hasFailed({ outcome }: TraceCall): boolean {
  return outcome !== null && outcome.kind !== 'ok';
}

/** A call's own time, ms: from its first sending to its end; `null` for one that was never sent or never ended. */
export function ownMs({ attempts, startedMs, endedMs }: TraceCall): number | null {
  if (attempts === 0 || startedMs === null || endedMs === null) return null;
  return Math.max(0, endedMs - startedMs);
}
