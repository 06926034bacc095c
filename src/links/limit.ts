import type { Lane } from '../base/slots.ts';
import { begin, type Caller, type Link } from '../call/link.ts';
import type { Outcome } from '../call/outcome.ts';
import type { QueueBudget } from '../call/wait.ts';
import { stopped } from '../call/scope.ts';

/** Longest that a server can make all its calls wait, ms: with more, each finds out for itself whether it can wait so long. */
const MAX_REST_MS = 60_000;

/**
 * Lets no more calls go than the server, the host and the rate limit allow. Everything that waits for something else is outside, so that it holds no slot (B4).
 * A server that refuses a call and says when to come again means all calls: until then none goes, neither to it nor to whom it shares its rate with.
 */
export function limit(lane: Lane, budget: QueueBudget): Link {
  // Both are the same for all calls: nothing has to be made for each.
  const over = (): void => {
    lane.release();
  };
  const ended = (outcome: Outcome): void => {
    const restMs = outcome.kind === 'failed' ? (outcome.retryAfterMs ?? 0) : 0;
    if (restMs > 0 && restMs <= MAX_REST_MS) lane.rest(restMs);
    lane.release();
  };
  return (next) => {
    /** With a slot. */
    const go: Caller = (call, scope) => {
      const outcome = begin(next, call, scope);
      void outcome.then(ended, over);
      return outcome;
    };
    return (call, scope) => {
      if (scope.cancellation !== undefined)
        return Promise.resolve(stopped(scope.cancellation, 'no'));
      if (lane.tryAcquire()) return go(call, scope);
      const reason = lane.rateLimited ? 'rate' : 'slot';
      const request = lane.request();
      return scope.waitInQueue(reason, request.granted, budget).then((cancellation) => {
        if (cancellation === undefined) return go(call, scope);
        request.abandon();
        return stopped(cancellation, 'no');
      });
    };
  };
}
