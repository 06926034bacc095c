import * as fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Slots, TokenBucket, type Lane, type SlotRequest } from '../../src/base/slots.ts';
import { turn } from '../support/turn.ts';

/** Queues on a lane, and notes when it is granted. */
function queue(lane: Lane, name: string, journal: string[]): SlotRequest {
  const request = lane.request();
  void request.granted.then(() => journal.push(name));
  return request;
}

describe('slots', () => {
  test('a lane grants up to its limit, then first come, first served (S1)', async () => {
    const lane = new Slots(Infinity).lane({ maxInFlight: 2 });
    const journal: string[] = [];
    expect(lane.tryAcquire()).toBe(true);
    expect(lane.tryAcquire()).toBe(true);
    expect(lane.tryAcquire()).toBe(false);
    for (const name of ['a', 'b', 'c']) queue(lane, name, journal);
    lane.release();
    await turn();
    expect(journal).toEqual(['a']);
    lane.release();
    lane.release();
    await turn();
    expect(journal).toEqual(['a', 'b', 'c']);
  });

  test('nobody overtakes the queue (S1)', () => {
    const slots = new Slots(1);
    const lane = slots.lane({ maxInFlight: 1 });
    expect(lane.tryAcquire()).toBe(true);
    const waiting = lane.request();
    lane.release();
    expect(lane.tryAcquire()).toBe(false);
    waiting.abandon();
    expect(lane.tryAcquire()).toBe(true);
  });

  test('lanes that wait for a host-wide slot take turns, so that a busy lane starves nobody (S1)', async () => {
    const slots = new Slots(1);
    const busy = slots.lane({ maxInFlight: 10 });
    const quiet = slots.lane({ maxInFlight: 10 });
    expect(busy.tryAcquire()).toBe(true);
    const journal: string[] = [];
    for (const name of ['busy 1', 'busy 2', 'busy 3']) queue(busy, name, journal);
    queue(quiet, 'quiet 1', journal);
    busy.release();
    await turn();
    busy.release();
    await turn();
    expect(journal).toEqual(['busy 1', 'quiet 1']);
  });

  test('a full lane holds up no other (S3)', async () => {
    const slots = new Slots(2);
    const full = slots.lane({ maxInFlight: 1 });
    const other = slots.lane({ maxInFlight: 1 });
    const journal: string[] = [];
    full.tryAcquire();
    queue(full, 'full', journal);
    expect(other.tryAcquire()).toBe(true);
    queue(other, 'other', journal);
    other.release();
    await turn();
    expect(journal).toEqual(['other']);
  });

  test('a waiting place that is abandoned takes no slot; a granted one gives it back (S2)', async () => {
    const slots = new Slots(1);
    const lane = slots.lane({ maxInFlight: 1 });
    const journal: string[] = [];
    lane.tryAcquire();
    const first = queue(lane, 'first', journal);
    const second = queue(lane, 'second', journal);
    first.abandon();
    lane.release();
    await turn();
    expect(journal).toEqual(['second']);
    const third = queue(lane, 'third', journal);
    second.abandon();
    await turn();
    expect(journal).toEqual(['second', 'third']);
    third.abandon();
    expect(lane.tryAcquire()).toBe(true);
  });

  test('conserves slots and wakes everybody, in the order of each lane, whatever happens', async () => {
    const lanes = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 3 });
    const steps = fc.array(
      fc.record({
        kind: fc.constantFrom('request', 'request', 'try', 'end', 'abandon'),
        lane: fc.nat(),
        which: fc.nat(),
      }),
      { minLength: 20, maxLength: 60 },
    );
    let waited = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        lanes,
        steps,
        async (max, limits, script) => {
          const slots = new Slots(max);
          const all = limits.map((maxInFlight) => ({
            lane: slots.lane({ maxInFlight }),
            maxInFlight,
            inFlight: 0,
            queue: [] as { request: SlotRequest; granted: boolean }[],
          }));
          const settle = async (): Promise<void> => {
            await turn();
            for (const state of all) {
              while (state.queue[0]?.granted === true) {
                state.queue.shift();
                state.inFlight += 1;
              }
              // S1: nobody behind the first of the queue has been granted.
              expect(state.queue.some(({ granted }) => granted)).toBe(false);
              expect(state.inFlight).toBeLessThanOrEqual(state.maxInFlight);
            }
            const used = all.reduce((sum, { inFlight }) => sum + inFlight, 0);
            expect(used).toBeLessThanOrEqual(max);
            // No lost wake-up: whoever still waits, waits for something.
            const waiting = all.filter(({ queue }) => queue.length > 0);
            waited += waiting.length;
            const idle = waiting.filter(({ inFlight, maxInFlight }) => inFlight < maxInFlight);
            expect(used === max ? [] : idle).toEqual([]);
          };
          for (const { kind, lane: laneIndex, which } of script) {
            const state = all[laneIndex % all.length]!;
            if (kind === 'request') {
              const entry = { request: state.lane.request(), granted: false };
              void entry.request.granted.then(() => (entry.granted = true));
              state.queue.push(entry);
            } else if (kind === 'try') {
              if (state.lane.tryAcquire()) state.inFlight += 1;
            } else if (kind === 'end' && state.inFlight > 0) {
              state.inFlight -= 1;
              state.lane.release();
            } else if (kind === 'abandon' && state.queue.length > 0) {
              const [entry] = state.queue.splice(which % state.queue.length, 1);
              entry?.request.abandon();
            }
            await settle();
          }
          for (const state of all)
            for (const { request } of state.queue.splice(0)) request.abandon();
          await settle();
          for (const state of all)
            for (; state.inFlight > 0; state.inFlight -= 1) state.lane.release();
          // Every slot is back: the host-wide limit can be filled again, and no more than that.
          let taken = 0;
          for (const { lane } of all) while (lane.tryAcquire()) taken += 1;
          expect(taken).toBe(
            Math.min(
              max,
              limits.reduce((sum, limit) => sum + limit, 0),
            ),
          );
        },
      ),
      { numRuns: 150 },
    );
    expect(waited).toBeGreaterThan(300);
  });
});

describe('a token bucket', () => {
  test('lets a burst through, then so many a second, and saves up no more than the burst', () => {
    let now = 0;
    const bucket = new TokenBucket(10, 2, () => now);
    const take = (): void => {
      expect(bucket.waitMs()).toBe(0);
      bucket.take();
    };
    take();
    take();
    expect(bucket.waitMs()).toBe(100);
    now = 90;
    expect(bucket.waitMs()).toBeGreaterThanOrEqual(10);
    now = 101;
    take();
    now = 100_000;
    take();
    take();
    expect(bucket.waitMs()).toBeGreaterThan(0);
  });

  test('that is told to rest lets nothing through until then, the longer of two rests, also without a limit', () => {
    let now = 0;
    for (const bucket of [
      new TokenBucket(1_000, 9, () => now),
      new TokenBucket(Infinity, Infinity, () => now),
    ]) {
      now = 0;
      expect(bucket.waitMs()).toBe(0);
      bucket.rest(500);
      bucket.rest(200);
      expect(bucket.waitMs()).toBe(500);
      now = 499;
      expect(bucket.waitMs()).toBe(1);
      now = 500;
      expect(bucket.waitMs()).toBe(0);
      bucket.take();
      expect(bucket.waitMs()).toBe(0);
    }
  });

  test('has room for one token at least: a burst below one would let nothing through', () => {
    const bucket = new TokenBucket(1, 0.1, () => 0);
    expect(bucket.waitMs()).toBe(0);
  });
});

describe('a lane with a rate limit', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test('wakes by itself when the bucket refills, again and again', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const slots = new Slots(Infinity);
    const lane = slots.lane({ maxInFlight: 9, bucket: new TokenBucket(10, 1) });
    const journal: string[] = [];
    expect(lane.tryAcquire()).toBe(true);
    expect(lane.tryAcquire()).toBe(false);
    expect(lane.rateLimited).toBe(true);
    queue(lane, 'a', journal);
    queue(lane, 'b', journal);
    await vi.advanceTimersByTimeAsync(99);
    expect(journal).toEqual([]);
    await vi.advanceTimersByTimeAsync(2);
    expect(journal).toEqual(['a']);
    await vi.advanceTimersByTimeAsync(101);
    expect(journal).toEqual(['a', 'b']);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('holds up no other lane meanwhile, and takes no host-wide slot (S2, S3)', () => {
    const slots = new Slots(1);
    const limited = slots.lane({ maxInFlight: 9, bucket: new TokenBucket(0.001, 1, () => 0) });
    const other = slots.lane({ maxInFlight: 9 });
    expect(limited.tryAcquire()).toBe(true);
    limited.release();
    const waiting = limited.request();
    expect(other.tryAcquire()).toBe(true);
    waiting.abandon();
  });

  test('leaves no timer when the last one in the queue gives up', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const lane = new Slots(1).lane({ maxInFlight: 1, bucket: new TokenBucket(1, 1) });
    lane.tryAcquire();
    lane.release();
    const first = lane.request();
    const second = lane.request();
    expect(vi.getTimerCount()).toBe(1);
    first.abandon();
    expect(vi.getTimerCount()).toBe(1);
    second.abandon();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('waits longer than any timer can without firing at once', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const lane = new Slots(1).lane({ maxInFlight: 1, bucket: new TokenBucket(1e-8, 1) });
    lane.tryAcquire();
    lane.release();
    const journal: string[] = [];
    const request = queue(lane, 'a', journal);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(journal).toEqual([]);
    request.abandon();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('lanes that share a bucket share its rate, and both go on', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const slots = new Slots(Infinity);
    const bucket = new TokenBucket(10, 1);
    const one = slots.lane({ maxInFlight: 9, bucket });
    const two = slots.lane({ maxInFlight: 9, bucket });
    const journal: string[] = [];
    one.tryAcquire();
    queue(one, 'one', journal);
    queue(two, 'two', journal);
    await vi.advanceTimersByTimeAsync(101);
    expect(journal).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(101);
    expect(journal.toSorted()).toEqual(['one', 'two']);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('that rests wakes by itself, and so does every lane that shares its bucket; others go on', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const slots = new Slots(Infinity);
    const bucket = new TokenBucket(Infinity, Infinity);
    const one = slots.lane({ maxInFlight: 9, bucket });
    const two = slots.lane({ maxInFlight: 9, bucket });
    const other = slots.lane({ maxInFlight: 9 });
    expect(one.tryAcquire()).toBe(true);
    one.rest(1_000);
    expect(other.tryAcquire()).toBe(true);
    expect(one.rateLimited).toBe(true);
    const journal: string[] = [];
    queue(one, 'one', journal);
    queue(two, 'two', journal);
    await vi.advanceTimersByTimeAsync(999);
    expect(journal).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(journal.toSorted()).toEqual(['one', 'two']);
    expect(vi.getTimerCount()).toBe(0);
  });
});
