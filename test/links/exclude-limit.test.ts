import { describe, expect, test } from 'vitest';
import { LockTable } from '../../src/base/locks.ts';
import { Slots, TokenBucket } from '../../src/base/slots.ts';
import type { Caller } from '../../src/call/link.ts';
import { exclude } from '../../src/links/exclude.ts';
import { limit } from '../../src/links/limit.ts';
import { ABORTED, failed, fakeCall, FakeBatch, FakeNext, OK } from '../support/fake-batch.ts';
import { turn } from '../support/turn.ts';
import { pass, useFakeTime } from '../support/fake-time.ts';

const claims = [{ resource: 'r', value: undefined, mode: 'write' }] as const;
const FOREVER = { queueMs: Infinity, setting: 'timeouts.queueMs' };

const DEFECTS: readonly (readonly [string, Caller])[] = [
  ['rejects', () => Promise.reject(new Error('defect'))],
  [
    'throws',
    () => {
      throw new Error('defect');
    },
  ],
];

useFakeTime();

describe('exclude', () => {
  test('keeps calls of different batches apart, first come, first served', async () => {
    const locks = new LockTable();
    const next = new FakeNext();
    const link = exclude(locks, FOREVER)(next.caller);
    const batches = [new FakeBatch(), new FakeBatch(), new FakeBatch()];
    const ended = batches.map((batch, index) =>
      link(fakeCall(`c${index}`, { claims }), batch.scope()),
    );
    for (const index of [0, 1, 2]) {
      await turn();
      expect(next.arrivals.map(({ call }) => call.id)).toEqual(
        ['c0', 'c1', 'c2'].slice(0, index + 1),
      );
      next.last.end(OK);
    }
    await Promise.all(ended);
    expect(locks.size).toBe(0);
    expect(batches[2]?.told).toEqual(['wait-start:lock', 'wait-end:lock']);
  });

  test.each(DEFECTS)('gives the lock back when the call within %s', async (_how, defect) => {
    const locks = new LockTable();
    const link = exclude(locks, FOREVER)(defect);
    await expect(link(fakeCall('c1', { claims }), new FakeBatch().scope())).rejects.toThrow(
      'defect',
    );
    expect(locks.size).toBe(0);
  });

  test('takes no lock for a call that claims nothing', () => {
    const locks = new LockTable();
    const next = new FakeNext();
    void exclude(locks, FOREVER)(next.caller)(fakeCall('c1'), new FakeBatch().scope());
    expect(next.arrivals).toHaveLength(1);
    expect(locks.size).toBe(0);
  });

  test.each([
    ['is cancelled', 'aborted'],
    ['waits too long', 'queueMs'],
  ])('a call that %s in the queue was not sent, and leaves its place', async (_what, code) => {
    const locks = new LockTable();
    const held = locks.reserve(claims);
    const next = new FakeNext();
    const scope = new FakeBatch().scope();
    const link = exclude(locks, { queueMs: 50, setting: 'mcpServers.x.timeouts.queueMs' })(
      next.caller,
    );
    const ended = link(fakeCall('c1', { claims }), scope);
    if (code === 'aborted') scope.cancel(ABORTED);
    else await pass(50);
    expect(await ended).toMatchObject({ code, ran: 'no' });
    held.release();
    expect(locks.size).toBe(0);
    expect(next.arrivals).toHaveLength(0);
  });
});

describe('limit', () => {
  test('lets no more go than there are slots, and the next one when one ends', async () => {
    const next = new FakeNext();
    const batch = new FakeBatch();
    const link = limit(new Slots(9).lane({ maxInFlight: 2 }), FOREVER)(next.caller);
    const ended = ['c1', 'c2', 'c3'].map((id) => link(fakeCall(id), batch.scope(id)));
    await turn();
    expect(next.arrivals.map(({ call }) => call.id)).toEqual(['c1', 'c2']);
    next.arrivals[1]?.end(OK);
    await turn();
    expect(next.arrivals.map(({ call }) => call.id)).toEqual(['c1', 'c2', 'c3']);
    for (const arrival of next.arrivals) arrival.end(OK);
    await Promise.all(ended);
    expect(batch.told).toEqual(['wait-start:slot', 'wait-end:slot']);
  });

  test('says when it is the rate that a call waits for', async () => {
    const next = new FakeNext();
    const batch = new FakeBatch();
    const lane = new Slots(9).lane({ maxInFlight: 9, bucket: new TokenBucket(10, 1) });
    const link = limit(lane, FOREVER)(next.caller);
    for (const id of ['c1', 'c2']) void link(fakeCall(id), batch.scope(id));
    expect(batch.told).toEqual(['wait-start:rate']);
    await pass(101);
    expect(next.arrivals).toHaveLength(2);
  });

  test('lets nobody go while the server has asked for patience, for a minute at most', async () => {
    const next = new FakeNext();
    const batch = new FakeBatch();
    const lane = new Slots(9).lane({ maxInFlight: 9 });
    const link = limit(lane, FOREVER)(next.caller);
    void link(fakeCall('c1'), batch.scope('c1'));
    next.last.end(failed({ code: 'rate-limited', retryAfterMs: 3_000 }));
    await turn();
    void link(fakeCall('c2'), batch.scope('c2'));
    expect(batch.told).toEqual(['wait-start:rate']);
    await pass(2_999);
    expect(next.arrivals).toHaveLength(1);
    await pass(2);
    expect(next.arrivals).toHaveLength(2);
    // So long nobody is made to wait for what another call was told.
    next.last.end(failed({ code: 'rate-limited', retryAfterMs: 3_600_000 }));
    await turn();
    void link(fakeCall('c3'), batch.scope('c3'));
    expect(next.arrivals).toHaveLength(3);
  });

  test.each(DEFECTS)('gives the slot back when the call within %s', async (_how, defect) => {
    const lane = new Slots(1).lane({ maxInFlight: 1 });
    const link = limit(lane, FOREVER)(defect);
    await expect(link(fakeCall(), new FakeBatch().scope())).rejects.toThrow('defect');
    expect(lane.tryAcquire()).toBe(true);
    expect(lane.tryAcquire()).toBe(false);
  });

  test.each([
    ['is cancelled', 'aborted'],
    ['waits too long', 'queueMs'],
  ])('a call that %s in the queue takes no slot with it', async (_what, code) => {
    const lane = new Slots(1).lane({ maxInFlight: 1 });
    expect(lane.tryAcquire()).toBe(true);
    const next = new FakeNext();
    const scope = new FakeBatch().scope();
    const ended = limit(lane, { queueMs: 50, setting: 'timeouts.queueMs' })(next.caller)(
      fakeCall(),
      scope,
    );
    if (code === 'aborted') scope.cancel(ABORTED);
    else await pass(50);
    expect(await ended).toMatchObject({ code, ran: 'no' });
    lane.release();
    expect(lane.tryAcquire()).toBe(true);
    expect(next.arrivals).toHaveLength(0);
  });

  test('a call that is cancelled in the moment of its grant gives the slot back', async () => {
    const lane = new Slots(1).lane({ maxInFlight: 1 });
    expect(lane.tryAcquire()).toBe(true);
    const next = new FakeNext();
    const scope = new FakeBatch().scope();
    const ended = limit(lane, FOREVER)(next.caller)(fakeCall(), scope);
    lane.release();
    scope.cancel(ABORTED);
    expect(await ended).toMatchObject({ code: 'aborted', ran: 'no' });
    expect(next.arrivals).toHaveLength(0);
    expect(lane.tryAcquire()).toBe(true);
  });

  test('a call that is cancelled already takes no slot and no token', async () => {
    const lane = new Slots(1).lane({ maxInFlight: 1, bucket: new TokenBucket(0.001, 1) });
    const scope = new FakeBatch().scope();
    scope.cancel(ABORTED);
    expect(await limit(lane, FOREVER)(new FakeNext().caller)(fakeCall(), scope)).toMatchObject({
      ran: 'no',
    });
    expect(lane.tryAcquire()).toBe(true);
  });
});
