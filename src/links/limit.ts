import type { Lane } from '../base/slots.ts';
import type { Link } from '../call/link.ts';
import { stopped, type QueueBudget } from '../call/scope.ts';

/** Lets no more calls go than the server, the host and the rate limit allow. Everything that waits for something else is outside, so that it holds no slot (B4). */
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
      return await next(call, scope);
    } finally {
      lane.release();
    }
  };
}
