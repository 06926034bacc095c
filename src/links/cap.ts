import type { Link } from '../call/link.ts';

/**
 * Cuts a result that is too large for its batch, and keeps the whole elsewhere: here, where the call has given back its slot and its host-wide locks (B4), and before
 * anybody is told of its end, so that nobody holds on to the whole.
 */
export function cap(): Link {
  return (next) => (call, scope) =>
    next(call, scope).then((outcome) => scope.home.cap(outcome, call));
}
