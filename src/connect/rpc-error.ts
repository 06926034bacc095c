import type { Ran } from '../call/outcome.ts';

/**
 * JSON-RPC errors that are given before a tool can run: parse error, and the protocol's own for headers and versions. `invalid request` and `method not found` are none of
 * them, and neither is the one for a missing capability: servers let through as a tool's error whatever came to it while it ran, our own refusal of its question, too.
 */
const BEFORE_RUNNING: ReadonlySet<number> = new Set([-32_700, -32_020, -32_022]);

/** Whether a tool can have run whose call was answered with this JSON-RPC error. */
export function rpcErrorRan(code: number): Ran {
  return BEFORE_RUNNING.has(code) ? 'no' : 'unknown';
}
