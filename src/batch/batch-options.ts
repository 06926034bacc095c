import type { Call } from '../call/call.ts';
import type { Scope, Verdict } from '../call/scope.ts';

/** What a caller may say about one batch. */
export interface BatchOptions {
  /** Cancels the calls of the batch. */
  readonly signal?: AbortSignal | undefined;
  /** Longest the batch may take, ms; the clock stands while a person is asked. `Infinity` disables it. */
  readonly deadlineMs: number;
  /** Where that is set, for the error. */
  readonly deadlineSetting: string;
  /** Runs the calls one after the other. */
  readonly oneByOne: boolean;
  /** Whether a call may run. Never rejects. */
  readonly authorize: (call: Call, scope: Scope) => Verdict | Promise<Verdict>;
}
