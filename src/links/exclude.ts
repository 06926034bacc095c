import type { LockTable } from '../base/locks.ts';
import type { Link } from '../call/link.ts';
import { stopped, type QueueBudget } from '../call/scope.ts';

/**
 * Keeps batches and clients apart: takes the call's claims host-wide, all at once, first come, first served, and keeps them through its retries (B2).
 * `hold` and `approve` are outside, so a call that waits for a person or for the model's stream holds none of them.
 */
export function exclude(locks: LockTable, budget: QueueBudget): Link {
  return (next) => async (call, scope) => {
    if (call.claims.length === 0) return next(call, scope);
    const ticket = locks.reserve(call.claims);
    try {
      const { granted } = ticket;
      if (granted !== undefined) {
        const cancellation = await scope.waitInQueue('lock', granted, budget);
        if (cancellation !== undefined) return stopped(cancellation, 'no');
      }
      return await next(call, scope);
    } finally {
      // Not by `using`: on this path of every call it costs more than the lock.
      ticket.release();
    }
  };
}
