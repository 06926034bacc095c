import type { Link } from '../call/link.ts';
import { stopped } from '../call/scope.ts';

/**
 * Runs conflicting calls of one batch in the model's order (B2). The ticket was reserved when the call was admitted, synchronously and in call order;
 * here the call only waits for its turn, and gives the ticket back when it is over.
 */
export function order(): Link {
  return (next) => async (call, scope) => {
    const { ticket } = scope;
    if (ticket === undefined) return next(call, scope);
    try {
      const { granted } = ticket;
      if (granted !== undefined) {
        const cancellation = await scope.wait('order', granted);
        if (cancellation !== undefined) return stopped(cancellation, 'no');
      }
      return await next(call, scope);
    } finally {
      ticket.release();
    }
  };
}
