import { describe, systemCode } from '../base/errors.ts';
import { visibleLine } from '../base/visible.ts';

/** Errors of a connection that could not be made, in words. */
const NEVER_CONNECTED: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'nothing listens at that address (ECONNREFUSED)'],
  ['ENOTFOUND', 'there is no host of that name (ENOTFOUND)'],
  ['EAI_AGAIN', 'the host name could not be looked up (EAI_AGAIN)'],
  ['EHOSTUNREACH', 'there is no way to that host (EHOSTUNREACH)'],
  ['ENETUNREACH', 'there is no way to that network (ENETUNREACH)'],
  ['UND_ERR_CONNECT_TIMEOUT', 'the host did not take the connection in time'],
]);

/** Whether a request failed before anything of it can have left. */
export function isNeverConnected(reason: unknown): boolean {
  return NEVER_CONNECTED.has(systemCode(reason) ?? '') && !isOfStream(reason);
}

/** Whether an error is of a connection that was there: the way to a host may be lost (EHOSTUNREACH) at any time, also when a request has gone over it. */
function isOfStream(reason: unknown): boolean {
  let current = reason;
  for (let depth = 0; current instanceof Error && depth < 8; depth += 1) {
    if ('syscall' in current) return current.syscall === 'read' || current.syscall === 'write';
    current = current.cause;
  }
  return false;
}

/** Errors of a connection that was there and broke. */
const BROKEN: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'UND_ERR_SOCKET',
]);

/** Whether a request failed because its connection broke. */
export function isBrokenConnection(reason: unknown): boolean {
  return BROKEN.has(systemCode(reason) ?? '') || isOfStream(reason);
}

/** What went wrong with the network, for people. */
export function networkWords(reason: unknown): string {
  const code = systemCode(reason) ?? '';
  const known = NEVER_CONNECTED.get(code);
  if (known !== undefined) return known;
  const words = visibleLine(describe(reason));
  return code === '' || words.includes(code) ? words : `${words} (${code})`;
}
