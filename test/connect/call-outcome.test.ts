import { expect, test } from 'vitest';
import { HostError } from '../../src/base/errors.ts';
import { failureOutcome } from '../../src/connect/call-outcome.ts';
import { statusFault } from '../../src/connect/http-status.ts';
import { outcomeText } from '../../src/model/content.ts';
import { life } from '../support/life.ts';

const REFUSAL = { body: '', retryAfterMs: undefined, location: undefined, hasSession: true };
const statuses = [400, 404, 429, 500].map(
  (status) => [`HTTP ${status}`, statusFault('x', { ...REFUSAL, status }), undefined] as const,
);

test.each([
  ...statuses,
  ['a server that went away', new Error('x'), new HostError('connection-lost', 'It went away.')],
] as const)('whether the tool ran is said once: %s', (_, reason, ended) => {
  const context = { server: 'x', stop: life(), ended, explain: () => '' };
  const outcome = failureOutcome(reason, context);
  expect(outcomeText(outcome, 't').match(/\bran\b|\brun\b/gu)).toHaveLength(1);
});
