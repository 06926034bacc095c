import type { Alarms } from '../base/alarms.ts';
import type { Call, CallRecord } from '../call/call.ts';
import type { Outcome } from '../call/outcome.ts';
import type { Scope, Verdict } from '../call/scope.ts';

/** What a caller may say about one batch. */
export interface BatchOptions {
  /** Cancels the calls of the batch. */
  readonly signal?: AbortSignal | undefined;
  /** Longest the batch may take, ms; the clock stands while a person is asked. `Infinity` disables it. */
  readonly deadlineMs: number;
  /** What other batches with the same `deadlineMs` wait in. Default: the batch has a timer of its own. */
  readonly deadlineRow?: Alarms | undefined;
  /** Where that is set, for the error. */
  readonly deadlineSetting: string;
  /** Runs the calls one after the other. */
  readonly oneByOne: boolean;
  /** Whether an id may not be used any more. Default: all may. */
  readonly isTaken?: ((id: string) => boolean) | undefined;
  /** Whether a call may run. Never rejects. */
  readonly authorize: (call: Call, scope: Scope) => Verdict | Promise<Verdict>;
  /** What becomes of results that are too large. Default: they stay as they are. */
  readonly results?: ResultLimits | undefined;
}

/** Which call of which batch. */
export interface ResultPlace {
  readonly batch: number;
  /** Its place in the batch, from 0. */
  readonly index: number;
}

/** Bounds what is handed on of results. Neither rejects. */
export interface ResultLimits {
  /** Bounds one result, as it comes. */
  cap(outcome: Outcome, place: ResultPlace): Outcome | Promise<Outcome>;
  /** Bounds all results of a batch together, once all are there. One record for each, in the same order; what fits stays the same object. */
  share(
    batch: number,
    records: readonly CallRecord[],
  ): readonly CallRecord[] | Promise<readonly CallRecord[]>;
}
