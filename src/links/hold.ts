import type { Link } from '../call/link.ts';

/**
 * Holds a call that is not declared read-only until the model's message is final (B8). When the message breaks off instead, the batch cancels what it
 * holds, so the wait ends there. For declared reads the link is left out of the chain.
 */
export function hold(): Link {
  return (next) => (call, scope) => {
    const { messageEnd } = scope.home;
    return messageEnd === undefined
      ? next(call, scope)
      : scope.after('model', messageEnd, () => next(call, scope)); // B8
  };
}
