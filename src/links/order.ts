import type { Link } from '../call/link.ts';

/**
 * Runs conflicting calls of one batch in the model's order (B2). The ticket was reserved when the call was admitted, synchronously and in call order; here
 * the call only waits for its turn. The batch gives the ticket back once the call's end is recorded, so that no call begins before the end of one that it
 * had to wait for.
 */
export function order(): Link {
  return (next) => (call, scope) => {
    const granted = scope.ticket?.granted;
    return granted === undefined
      ? next(call, scope)
      : scope.after('order', granted, () => next(call, scope));
  };
}
