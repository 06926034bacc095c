import { expect, test } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import type { Verdict } from '../../src/call/scope.ts';
import { approve } from '../../src/links/approve.ts';
import { ABORTED, fakeCall, FakeBatch, FakeNext, OK } from '../support/fake-batch.ts';
import { turn } from '../support/turn.ts';

const DENY: Verdict = { kind: 'deny', rule: 'policy', message: 'not this one' };

test('a call that may run runs, one that may not is denied and goes nowhere', async () => {
  const batch = new FakeBatch();
  const next = new FakeNext();
  const ended = approve()(next.caller)(fakeCall(), batch.scope());
  next.last.end(OK);
  expect(await ended).toBe(OK);
  batch.verdict = () => DENY;
  expect(await approve()(next.caller)(fakeCall(), batch.scope())).toEqual({
    kind: 'denied',
    code: 'policy',
    message: 'not this one',
    ran: 'no',
  });
  expect(next.arrivals).toHaveLength(1);
  expect(batch.told).toEqual([]);
});

test('the batch’s clock stands while a person is asked, and goes on after each answer', async () => {
  const batch = new FakeBatch();
  const next = new FakeNext();
  for (const answer of [{ kind: 'allow', rule: 'approved' }, DENY] as const) {
    const asked = deferred<Verdict>();
    batch.verdict = () => asked.promise;
    const ended = approve()(next.caller)(fakeCall(), batch.scope());
    await turn();
    expect(batch.paused).toBe(1);
    asked.resolve(answer);
    await turn();
    expect(batch.paused).toBe(0);
    if (answer.kind === 'allow') next.last.end(OK);
    expect((await ended).kind).toBe(answer.kind === 'allow' ? 'ok' : 'denied');
  }
  expect(next.arrivals).toHaveLength(1);
  expect(batch.told).toEqual([
    'wait-start:approval',
    'wait-end:approval',
    'wait-start:approval',
    'wait-end:approval',
  ]);
});

test('a call that is cancelled while a person is asked ends at once, and the clock goes on', async () => {
  const batch = new FakeBatch();
  const asked = deferred<Verdict>();
  batch.verdict = () => asked.promise;
  const scope = batch.scope();
  const next = new FakeNext();
  const ended = approve()(next.caller)(fakeCall(), scope);
  scope.cancel(ABORTED);
  expect(await ended).toEqual({ ...ABORTED, ran: 'no' });
  expect(batch.paused).toBe(0);
  // A yes that comes too late starts nothing.
  asked.resolve({ kind: 'allow', rule: 'approved' });
  await turn();
  expect(next.arrivals).toHaveLength(0);
});

test('a question that fails is a no, and says why', async () => {
  const batch = new FakeBatch();
  batch.verdict = () => Promise.reject(new Error('the terminal is gone'));
  const next = new FakeNext();
  const outcome = await approve()(next.caller)(fakeCall(), batch.scope());
  expect(outcome).toMatchObject({ kind: 'denied', ran: 'no' });
  expect(outcome).toHaveProperty('message', expect.stringContaining('the terminal is gone'));
  expect(batch.paused).toBe(0);
  expect(next.arrivals).toHaveLength(0);
});

test('nobody is asked about a call that is cancelled already', async () => {
  const batch = new FakeBatch();
  batch.verdict = () => expect.unreachable();
  const scope = batch.scope();
  scope.cancel(ABORTED);
  expect(await approve()(new FakeNext().caller)(fakeCall(), scope)).toEqual({
    ...ABORTED,
    ran: 'no',
  });
});
