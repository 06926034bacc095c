import type { Link } from '../call/link.ts';
import type { ServerId } from '../call/names.ts';

/** What a call to a server should wait for because that is being brought back; `undefined` when it should not wait. Never rejects, and is over in bounded time. */
export type Recovery = (server: ServerId) => Promise<unknown> | undefined;

/**
 * Waits for a server that is away and may be back soon, before each attempt: outside `limit`, so that the call holds no slot meanwhile (B4), and before `send`, so that
 * an attempt that was given up here is known not to have run (B5).
 */
export function reach(recovery: Recovery): Link {
  return (next) => (call, scope) => {
    const waited = recovery(call.tool.server);
    return waited === undefined
      ? next(call, scope)
      : scope.after('connect', waited, () => next(call, scope));
  };
}
