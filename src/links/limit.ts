import type { Lane } from '../base/slots.ts';
import type { Link } from '../call/link.ts';
import { stopped, type QueueBudget } from '../call/scope.ts';

/** Longest that a server can make all its calls wait, ms: with more, each finds out for itself whether it can wait so long. */
const MAX_REST_MS = 60_000;

/**
 * Lets no more calls go than the server, the host and the rate limit allow. Everything that waits for something else is outside, so that it holds no slot (B4).
 * A server that refuses a call and says when to come again means all calls: until then none goes, neither to it nor to whom it shares its rate with.
 */
export function limit(lane: Lane, budget: QueueBudget): Link {
  return (next) => async (call, scope) => {
    if (scope.cancellation !== undefined) return stopped(scope.cancellation, 'no');
    if (!lane.tryAcquire()) {
      const reason = lane.rateLimited ? 'rate' : 'slot';
      const request = lane.request();
      const cancellation = await scope.waitInQueue(reason, request.granted, budget);
      if (cancellation !== undefined) {
        request.abandon();
        return stopped(cancellation, 'no');
      }
    }
    try {
      const outcome = await next(call, scope);
      const restMs = outcome.kind === 'failed' ? (outcome.retryAfterMs ?? 0) : 0;
      if (restMs > 0 && restMs <= MAX_REST_MS) lane.rest(restMs);
      return outcome;
    } finally {
      lane.release();
    }
  };
}
