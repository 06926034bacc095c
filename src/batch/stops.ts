import type { Cancellation } from '../call/scope.ts';
import type { BatchOptions } from './batch-options.ts';

/** What calls are told when their batch has taken too long. */
export function outOfTime({ deadlineMs, deadlineSetting }: BatchOptions): Cancellation {
  return {
    kind: 'timeout',
    code: 'batchMs',
    message: `the batch took longer than batchMs = ${deadlineMs} ms (${deadlineSetting}); calls that had ended keep their results`,
  };
}

/** What unsent calls of a message are told that is not whole (B8). */
export const TRUNCATED: Cancellation = {
  kind: 'cancelled',
  code: 'truncated',
  message: "the model's message broke off before it was complete; this call was not sent",
};

/** What is left of a call that the model has changed. */
export const REVISED: Cancellation = {
  kind: 'cancelled',
  code: 'revised',
  message: 'the model revised this call',
};
