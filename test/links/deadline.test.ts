import { describe, expect, test, vi } from 'vitest';
import type { Caller } from '../../src/call/link.ts';
import { deadline, type DeadlineOptions } from '../../src/links/deadline.ts';
import { ABORTED, fakeCall, FakeBatch, FakeNext, OK } from '../support/fake-batch.ts';
import { pass, useFakeTime } from '../support/fake-time.ts';

const NONE: DeadlineOptions = {
  attemptMs: Infinity,
  idleMs: Infinity,
  totalMs: Infinity,
  setting: (code) => `mcpServers.x.timeouts.${code}`,
};

useFakeTime();

describe.each(['attemptMs', 'idleMs', 'totalMs'] as const)('%s', (code) => {
  test('ends the attempt when it expires, cancels it, and names itself and its setting', async () => {
    const next = new FakeNext();
    const scope = new FakeBatch().scope();
    const ended = deadline({ ...NONE, [code]: 100 })(next.caller)(fakeCall(), scope);
    await pass(99);
    expect(next.last.scope.signal.aborted).toBe(false);
    await pass(1);
    expect(next.last.scope.signal.aborted).toBe(true);
    const outcome = await ended;
    expect(outcome).toMatchObject({ kind: 'timeout', code, ran: 'unknown' });
    expect(outcome).toHaveProperty(
      'message',
      expect.stringContaining(`${code} = 100 ms (mcpServers.x.timeouts.${code})`),
    );
    // The attempt was told to stop, not the call: it may be sent again.
    expect(scope.cancellation).toBeUndefined();
  });

  test('does not outlive an attempt that ends in time', async () => {
    const next = new FakeNext();
    const ended = deadline({ ...NONE, [code]: 100 })(next.caller)(
      fakeCall(),
      new FakeBatch().scope(),
    );
    next.last.end(OK);
    expect(await ended).toBe(OK);
    expect(vi.getTimerCount()).toBe(0);
  });
});

test('progress restarts the idle time, and neither of the hard budgets', async () => {
  const next = new FakeNext();
  const ended = deadline({ ...NONE, idleMs: 100, attemptMs: 350 })(next.caller)(
    fakeCall(),
    new FakeBatch().scope(),
  );
  for (let round = 0; round < 3; round += 1) {
    await pass(90);
    next.last.scope.clock?.restart();
  }
  await pass(79);
  expect(next.last.scope.cancellation).toBeUndefined();
  await pass(1);
  expect(await ended).toMatchObject({ code: 'attemptMs' });
});

test('progress after the end starts nothing', async () => {
  const next = new FakeNext();
  const ended = deadline({ ...NONE, idleMs: 100 })(next.caller)(
    fakeCall(),
    new FakeBatch().scope(),
  );
  next.last.end(OK);
  await ended;
  next.last.scope.clock?.restart();
  expect(vi.getTimerCount()).toBe(0);
});

test('totalMs counts from the first attempt', async () => {
  const next = new FakeNext();
  const scope = new FakeBatch().scope();
  scope.markSent();
  await pass(70);
  const ended = deadline({ ...NONE, totalMs: 100, attemptMs: 60 })(next.caller)(fakeCall(), scope);
  await pass(29);
  expect(next.last.scope.cancellation).toBeUndefined();
  await pass(1);
  expect(await ended).toMatchObject({ code: 'totalMs' });
});

test('an attempt that has ended follows its call no more', async () => {
  const next = new FakeNext();
  const scope = new FakeBatch().scope();
  const ended = deadline(NONE)(next.caller)(fakeCall(), scope);
  next.last.end(OK);
  await ended;
  scope.cancel(ABORTED);
  expect(next.last.scope.cancellation).toBeUndefined();
});

test('without budgets there is no timer', async () => {
  const next = new FakeNext();
  const scope = new FakeBatch().scope();
  const ended = deadline(NONE)(next.caller)(fakeCall(), scope);
  expect(vi.getTimerCount()).toBe(0);
  scope.cancel(ABORTED);
  expect(await ended).toMatchObject({ code: 'aborted' });
});

test.each<[string, Caller]>([
  ['rejects', () => Promise.reject(new Error('defect'))],
  [
    'throws',
    () => {
      throw new Error('defect');
    },
  ],
])('leaves no timer when the call within %s', async (_how, defect) => {
  const link = deadline({ ...NONE, attemptMs: 100 })(defect);
  await expect(link(fakeCall(), new FakeBatch().scope())).rejects.toThrow('defect');
  expect(vi.getTimerCount()).toBe(0);
});

describe('while its server waits for an answer of ours', () => {
  test.each(['attemptMs', 'idleMs', 'totalMs'] as const)(
    '%s stands, and goes on after it',
    async (code) => {
      const next = new FakeNext();
      const batch = new FakeBatch();
      const ended = deadline({ ...NONE, [code]: 100 })(next.caller)(fakeCall(), batch.scope());
      await pass(60);
      const resume = next.last.scope.pauseClocks('person');
      const resumeOther = next.last.scope.pauseClocks('model');
      expect(batch.paused).toBe(1);
      await pass(1_000);
      resume();
      resume();
      expect(batch.paused).toBe(0);
      await pass(1_000);
      expect(next.last.scope.cancellation).toBeUndefined();
      resumeOther();
      // The question was a sign of life.
      await pass(code === 'idleMs' ? 99 : 39);
      expect(next.last.scope.cancellation).toBeUndefined();
      await pass(1);
      expect(await ended).toMatchObject({ kind: 'timeout', code });
      expect(batch.told).toEqual(['wait-start:answer', 'wait-end:answer']);
    },
  );

  test('the time does not count for a later attempt, either', async () => {
    const next = new FakeNext();
    const scope = new FakeBatch().scope();
    const link = deadline({ ...NONE, totalMs: 100 })(next.caller);
    scope.markSent();
    const first = link(fakeCall(), scope);
    await pass(30);
    const resume = next.last.scope.pauseClocks('person');
    await pass(500);
    resume();
    next.last.end(OK);
    await first;
    expect(scope.spentMs).toBe(30);
    const second = link(fakeCall(), scope);
    await pass(69);
    expect(next.last.scope.cancellation).toBeUndefined();
    await pass(1);
    expect(await second).toMatchObject({ code: 'totalMs' });
  });
});
