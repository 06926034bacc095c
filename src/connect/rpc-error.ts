import type { Ran } from '../call/outcome.ts';

/** JSON-RPC errors that are given before a tool can run: parse error, invalid request, method not found; and the protocol's own for headers, capabilities and versions. */
const BEFORE_RUNNING: ReadonlySet<number> = new Set([
  -32_700, -32_600, -32_601, -32_020, -32_021, -32_022,
]);

/** Whether a tool can have run whose call was answered with this JSON-RPC error. */
export function rpcErrorRan(code: number): Ran {
  return BEFORE_RUNNING.has(code) ? 'no' : 'unknown';
}
