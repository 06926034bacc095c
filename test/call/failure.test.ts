import { expect, test } from 'vitest';
import { mayPass } from '../../src/call/failure.ts';
import { isFailure } from '../../src/call/outcome.ts';
import { failed, OK } from '../support/fake-batch.ts';

test('what is lost on the way may pass; what a server or a budget of the whole call decided does not', () => {
  for (const code of [
    'connection-lost',
    'session-lost',
    'stream-ended',
    'http-outage',
    'rate-limited',
  ])
    expect(mayPass({ kind: 'failed', code })).toBe(true);
  for (const code of ['attemptMs', 'idleMs']) expect(mayPass({ kind: 'timeout', code })).toBe(true);
  for (const code of ['totalMs', 'queueMs', 'batchMs'])
    expect(mayPass({ kind: 'timeout', code })).toBe(false);
  for (const code of ['internal', 'rpc-error', 'attemptMs', 'too-large'])
    expect(mayPass({ kind: 'failed', code })).toBe(false);
});

test('everything but a good answer counts as failed', () => {
  expect(isFailure(OK)).toBe(false);
  expect(isFailure({ kind: 'tool-error', ran: 'yes', content: [] })).toBe(true);
  expect(isFailure(failed())).toBe(true);
});
