import { describe, expect, test, vi } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import { dedupe } from '../../src/links/dedupe.ts';
import { ABORTED, fakeCall, FakeBatch, FakeNext, OK } from '../support/fake-batch.ts';
import { fakeTool } from '../support/fake-tools.ts';
import { turn } from '../support/turn.ts';

describe('identical reads in flight', () => {
  test('share one send, whatever the order of their arguments, and all get its outcome', async () => {
    const batch = new FakeBatch();
    const next = new FakeNext();
    const link = dedupe()(next.caller);
    const first = link(fakeCall('c1', { arguments: { a: 1, b: [2] } }), batch.scope('c1'));
    const second = link(fakeCall('c2', { arguments: { b: [2], a: 1 } }), batch.scope('c2'));
    expect(next.arrivals).toHaveLength(1);
    next.last.end(OK);
    expect(await first).toBe(OK);
    expect(await second).toBe(OK);
    expect(batch.told).toEqual(['wait-start:shared', 'wait-end:shared']);
    expect(batch.shared.size).toBe(0);
  });

  // Where each caller that comes or leaves costs as much as there are callers, this takes minutes.
  test(
    'may be very many: each comes and leaves as fast as the first',
    { timeout: 30_000 },
    async () => {
      const batch = new FakeBatch();
      batch.observed = false;
      const next = new FakeNext();
      const link = dedupe()(next.caller);
      const scopes = Array.from({ length: 60_000 }, (_value, index) => batch.scope(`c${index}`));
      const ended = scopes.map((scope) => link(fakeCall(), scope));
      expect(next.arrivals).toHaveLength(1);
      for (const scope of scopes) scope.cancel(ABORTED);
      const outcomes = await Promise.all(ended);
      expect(outcomes.every(({ kind }) => kind === 'cancelled')).toBe(true);
      expect(batch.shared.size).toBe(0);
    },
  );

  test('share only while in flight: the next one sends anew', async () => {
    const batch = new FakeBatch();
    const next = new FakeNext();
    const link = dedupe()(next.caller);
    const first = link(fakeCall('c1'), batch.scope('c1'));
    next.last.end(OK);
    await first;
    void link(fakeCall('c2'), batch.scope('c2'));
    expect(next.arrivals).toHaveLength(2);
  });

  test('of different tools, arguments or batches share nothing', () => {
    const batch = new FakeBatch();
    const next = new FakeNext();
    const link = dedupe()(next.caller);
    void link(fakeCall('c1', { arguments: { id: 1 } }), batch.scope());
    void link(fakeCall('c2', { arguments: { id: '1' } }), batch.scope());
    void link(fakeCall('c3', { arguments: { id: 1 }, tool: fakeTool('other') }), batch.scope());
    void link(fakeCall('c4', { arguments: { id: 1 } }), new FakeBatch().scope());
    expect(next.arrivals).toHaveLength(4);
  });

  test('count the sending as their own', async () => {
    const batch = new FakeBatch();
    const next = new FakeNext();
    const link = dedupe()(next.caller);
    const scopes = [batch.scope('c1'), batch.scope('c2')];
    const ended = scopes.map((scope, index) => link(fakeCall(`c${index}`), scope));
    next.last.scope.markSent();
    next.last.end(OK);
    await Promise.all(ended);
    expect(scopes.map(({ attempts }) => attempts)).toEqual([1, 1]);
  });
});

describe('a shared send', () => {
  test('is told to stop the moment its last caller is, so that nothing is told of it later', () => {
    const batch = new FakeBatch();
    const next = new FakeNext();
    const link = dedupe()(next.caller);
    const [first, second] = [batch.scope('c1'), batch.scope('c2')];
    void link(fakeCall('c1'), first);
    void link(fakeCall('c2'), second);
    first.cancel(ABORTED);
    expect(next.last.scope.cancellation).toBeUndefined();
    second.cancel(ABORTED);
    expect(next.last.scope.cancellation).toBe(ABORTED);
    expect(batch.shared.size).toBe(0);
    // Who comes now is sent anew.
    void link(fakeCall('c3'), batch.scope('c3'));
    expect(next.arrivals).toHaveLength(2);
  });

  test('goes on for the others when the caller that began it is cancelled', async () => {
    const batch = new FakeBatch();
    const next = new FakeNext();
    const link = dedupe()(next.caller);
    const one = batch.scope('c1');
    const first = link(fakeCall('c1'), one);
    const second = link(fakeCall('c2'), batch.scope('c2'));
    next.last.scope.markSent();
    one.cancel(ABORTED);
    // It was sent, and goes on: whether the tool ran for this caller is not known yet.
    expect(await first).toEqual({ ...ABORTED, ran: 'unknown' });
    expect(next.last.scope.cancellation).toBeUndefined();
    next.last.end(OK);
    expect(await second).toBe(OK);
  });

  test('is told of as another caller’s when the one that began it has ended', async () => {
    const batch = new FakeBatch();
    const next = new FakeNext();
    const link = dedupe()(next.caller);
    const one = batch.scope('c1');
    void link(fakeCall('c1'), one);
    const second = link(fakeCall('c2'), batch.scope('c2'));
    const attempt = next.last.scope.child();
    const pause = deferred<void>();
    const waited = attempt.wait('backoff', pause.promise);
    one.cancel(ABORTED);
    pause.resolve();
    await waited;
    attempt.markSent();
    // The end of the wait is that of the call which it was told of.
    expect(batch.events.filter(({ kind }) => kind === 'call-wait-end')).toEqual([]);
    expect(batch.events.at(-1)).toMatchObject({ kind: 'call-start', id: 'c2' });
    next.last.end(OK);
    expect(await second).toBe(OK);
  });

  test('is cancelled when all its callers are, and then nobody joins it any more', async () => {
    const batch = new FakeBatch();
    // It takes its time to stop, as a send that waits in a queue may.
    const next = new FakeNext({ stopsWhenCancelled: false });
    const link = dedupe()(next.caller);
    const scopes = [batch.scope('c1'), batch.scope('c2')];
    const ended = scopes.map((scope, index) => link(fakeCall(`c${index}`), scope));
    scopes[0]?.cancel(ABORTED);
    await turn();
    expect(next.last.scope.cancellation).toBeUndefined();
    scopes[1]?.cancel(ABORTED);
    await turn();
    expect(next.last.scope.cancellation).toEqual(ABORTED);
    void link(fakeCall('c3'), batch.scope('c3'));
    expect(next.arrivals).toHaveLength(2);
    next.arrivals[0]?.end({ ...ABORTED, ran: 'unknown' });
    // The first one ended before it was sent, with the other still interested.
    expect(await Promise.all(ended)).toMatchObject([{ ran: 'no' }, { ran: 'unknown' }]);
    // The end of the old send does not forget the new one.
    expect(batch.shared.size).toBe(1);
  });

  test('that breaks down ends every caller with an outcome, and is no unhandled rejection', async () => {
    const unhandled = vi.fn<() => void>();
    process.on('unhandledRejection', unhandled);
    try {
      const batch = new FakeBatch();
      const next = new FakeNext();
      const link = dedupe()(next.caller);
      const ended = ['c1', 'c2'].map((id) => link(fakeCall(id), batch.scope(id)));
      next.last.scope.markSent();
      next.last.reject(new Error('defect'));
      expect(await Promise.all(ended)).toMatchObject([
        { kind: 'failed', code: 'internal', ran: 'unknown' },
        { kind: 'failed', code: 'internal', ran: 'unknown' },
      ]);
      await turn();
      expect(unhandled).not.toHaveBeenCalled();
      expect(batch.shared.size).toBe(0);
    } finally {
      process.off('unhandledRejection', unhandled);
    }
  });
});
