import type { Link } from '../call/link.ts';
import { stopped } from '../call/scope.ts';

/**
 * Holds a call that is not declared read-only until the model's message is final (B8). When the message breaks off instead, the batch cancels what it
 * holds, so the wait ends there. For declared reads the link is left out of the chain.
 */
export function hold(): Link {
  return (next) => async (call, scope) => {
    const { messageEnd } = scope.home;
    if (messageEnd !== undefined) {
      const cancellation = await scope.wait('model', messageEnd); // B8
      if (cancellation !== undefined) return stopped(cancellation, 'no');
    }
    return next(call, scope);
  };
}
