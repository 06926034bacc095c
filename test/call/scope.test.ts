import assert from 'node:assert/strict';
import { describe, expect, test, vi } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import { HostError } from '../../src/base/errors.ts';
import { ABORTED, FakeBatch } from '../support/fake-batch.ts';
import { turn } from '../support/turn.ts';

const OTHER = { kind: 'timeout', code: 'batchMs', message: 'too late' } as const;

describe('a scope', () => {
  test('is cancelled once: the first reason counts, for the signal too', () => {
    const scope = new FakeBatch().scope();
    const { signal } = scope;
    scope.cancel(ABORTED);
    scope.cancel(OTHER);
    expect(scope.cancellation).toBe(ABORTED);
    expect(signal.reason).toBeInstanceOf(HostError);
    expect(signal.reason).toMatchObject({ code: 'aborted', details: { code: 'aborted' } });
  });

  test('has a signal that is aborted already when it is read too late', () => {
    const scope = new FakeBatch().scope();
    scope.cancel(OTHER);
    expect(scope.signal.aborted).toBe(true);
    expect(scope.signal.reason).toMatchObject({ details: { code: 'batchMs' } });
  });

  test('tells a cancellation to whoever listens, and at once to whoever comes late', () => {
    const scope = new FakeBatch().scope();
    const told: string[] = [];
    scope.onCancel(({ code }) => told.push(`first ${code}`));
    scope.onCancel(({ code }) => told.push(`gone ${code}`))();
    scope.cancel(ABORTED);
    scope.onCancel(({ code }) => told.push(`late ${code}`));
    expect(told).toEqual(['first aborted', 'late aborted']);
  });
});

describe('a child', () => {
  test('stops with its parent, and alone without it', () => {
    const parent = new FakeBatch().scope();
    const one = parent.child();
    const two = parent.child();
    one.cancel(OTHER);
    expect(parent.cancellation).toBeUndefined();
    parent.cancel(ABORTED);
    expect(one.cancellation).toBe(OTHER);
    expect(two.cancellation).toBe(ABORTED);
    expect(parent.child().cancellation).toBe(ABORTED);
  });

  test('that is retired follows no more', () => {
    const parent = new FakeBatch().scope();
    const scope = parent.child();
    scope.retire();
    parent.cancel(ABORTED);
    expect(scope.cancellation).toBeUndefined();
  });

  test('counts its sendings as its parent’s', () => {
    const parent = new FakeBatch().scope();
    const scope = parent.child();
    scope.markSent();
    const first = parent.firstSentAt;
    scope.child().markSent();
    expect(parent.attempts).toBe(2);
    expect(parent.firstSentAt).toBe(first);
  });
});

describe('waiting', () => {
  test('resolves to nothing when the promise comes first, and to the cancellation when that does', async () => {
    const batch = new FakeBatch();
    expect(await batch.scope().wait('order', Promise.resolve())).toBeUndefined();
    const scope = batch.scope();
    const waiting = scope.wait('lock', deferred<void>().promise);
    scope.cancel(ABORTED);
    expect(await waiting).toBe(ABORTED);
    expect(await scope.wait('slot', Promise.resolve())).toBe(ABORTED);
    expect(batch.told).toEqual([
      'wait-start:order',
      'wait-end:order',
      'wait-start:lock',
      'wait-end:lock',
    ]);
  });

  test('that was cancelled is not told to end a second time when the promise settles after all', async () => {
    const batch = new FakeBatch();
    const scope = batch.scope();
    const late = deferred<void>();
    const waiting = scope.wait('model', late.promise);
    scope.cancel(ABORTED);
    await waiting;
    late.resolve();
    await turn();
    expect(batch.told).toEqual(['wait-start:model', 'wait-end:model']);
  });

  test('may be cancelled by a listener in the moment it begins', async () => {
    const batch = new FakeBatch();
    const scope = batch.scope();
    batch.emit = (event) => {
      batch.events.push(event);
      scope.cancel(ABORTED);
    };
    expect(await scope.wait('order', deferred<void>().promise)).toBe(ABORTED);
    expect(batch.told).toEqual(['wait-start:order', 'wait-end:order']);
  });

  test('tells nobody when nobody listens', async () => {
    const batch = new FakeBatch();
    batch.observed = false;
    const scope = batch.scope();
    await scope.wait('order', Promise.resolve());
    scope.markSent();
    expect(batch.events).toEqual([]);
  });
});

describe('waiting in a queue', () => {
  const budget = { queueMs: 100, setting: 'mcpServers.x.timeouts.queueMs' };

  test('shares one budget between all of the call’s waits, and names its setting when it is spent', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const scope = new FakeBatch().scope();
      const lock = deferred<void>();
      const first = scope.waitInQueue('lock', lock.promise, budget);
      await vi.advanceTimersByTimeAsync(60);
      lock.resolve();
      expect(await first).toBeUndefined();
      // Time that is not spent in a queue does not count.
      await vi.advanceTimersByTimeAsync(500);
      const second = scope.waitInQueue('rate', deferred<void>().promise, budget);
      let ended = false;
      void second.then(() => (ended = true));
      await vi.advanceTimersByTimeAsync(39);
      expect(ended).toBe(false);
      await vi.advanceTimersByTimeAsync(1);
      const cancellation = await second;
      expect(cancellation).toMatchObject({ kind: 'timeout', code: 'queueMs' });
      expect(cancellation?.message).toContain('queueMs = 100 ms (mcpServers.x.timeouts.queueMs)');
      expect(cancellation?.message).toContain('rate limit');
      // The call itself was not told to stop: its outcome is for the link to make.
      expect(scope.cancellation).toBeUndefined();
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test('leaves nothing behind on the call that waited', async () => {
    const scope = new FakeBatch().scope();
    const follow = vi.spyOn(scope, 'follow');
    await scope.waitInQueue('slot', Promise.resolve(), budget);
    const [[follower] = []] = follow.mock.calls;
    assert(follower !== undefined);
    const told = vi.spyOn(follower, 'cancel');
    scope.cancel(ABORTED);
    expect(told).not.toHaveBeenCalled();
  });

  test('with no limit makes no timer', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const scope = new FakeBatch().scope();
      const slot = deferred<void>();
      const waiting = scope.waitInQueue('slot', slot.promise, { queueMs: Infinity, setting: '' });
      expect(vi.getTimerCount()).toBe(0);
      scope.cancel(ABORTED);
      expect(await waiting).toBe(ABORTED);
    } finally {
      vi.useRealTimers();
    }
  });
});
