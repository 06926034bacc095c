import type { LockTable } from '../base/locks.ts';
import type { Call } from '../call/call.ts';
import { begin, type Link } from '../call/link.ts';
import type { Outcome } from '../call/outcome.ts';
import type { QueueBudget } from '../call/wait.ts';
import { stopped, type Scope } from '../call/scope.ts';

/**
 * Keeps batches and clients apart: takes the call's claims host-wide, all at once, first come, first served, and keeps them through its retries (B2).
 * `hold` and `approve` are outside, so a call that waits for a person or for the model's stream holds none of them.
 */
export function exclude(locks: LockTable, budget: QueueBudget): Link {
  return (next) => {
    const afterOthers = async (
      call: Call,
      scope: Scope,
      granted: Promise<void>,
    ): Promise<Outcome> => {
      const cancellation = await scope.waitInQueue('lock', granted, budget);
      return cancellation === undefined ? next(call, scope) : stopped(cancellation, 'no');
    };
    return (call, scope) => {
      if (call.claims.length === 0) return next(call, scope);
      const ticket = locks.reserve(call.claims);
      const { granted } = ticket;
      const outcome =
        granted === undefined ? begin(next, call, scope) : afterOthers(call, scope, granted);
      const over = (): void => {
        ticket.release();
      };
      void outcome.then(over, over);
      return outcome;
    };
  };
}
