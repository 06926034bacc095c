/** Codes of `failed` outcomes whose cause may be gone on a second try. Whether a second try is allowed is another question (B5). */
const PASSING: ReadonlySet<string> = new Set([
  'connection-lost',
  'session-lost',
  'stream-ended',
  'http-outage',
  'rate-limited',
]);

/** Time budgets of one attempt: another attempt has its own. */
const PER_ATTEMPT: ReadonlySet<string> = new Set(['attemptMs', 'idleMs']);

/** Whether trying again can make sense for what went wrong. */
export function mayPass(outcome: { readonly kind: string; readonly code: string }): boolean {
  return outcome.kind === 'failed' ? PASSING.has(outcome.code) : PER_ATTEMPT.has(outcome.code);
}
