import { expect, test } from 'vitest';
import { HostError } from '../../src/base/errors.ts';
import { failureOutcome } from '../../src/connect/call-outcome.ts';
import { statusFault } from '../../src/connect/http-status.ts';
import { outcomeText } from '../../src/model/content.ts';

const REFUSAL = { body: '', retryAfterMs: undefined, location: undefined, hasSession: true };
const statuses = [400, 404, 429, 500].map(
  (status) => [`HTTP ${status}`, statusFault('x', { ...REFUSAL, status }), undefined] as const,
);

test.each([
  ...statuses,
  ['a server that went away', new Error('x'), new HostError('connection-lost', 'It went away.')],
] as const)('whether the tool ran is said once: %s', (_, reason, ended) => {
  const { signal } = new AbortController();
  const outcome = failureOutcome(reason, { server: 'x', signal, ended, explain: () => '' });
  expect(outcomeText(outcome, 't').match(/\bran\b|\brun\b/gu)).toHaveLength(1);
});
