import { getEventListeners } from 'node:events';
import { describe, expect, test, vi } from 'vitest';
import { abortReason, linkAbort, onAbort, sleep, untilAborted } from '../../src/base/abort.ts';
import { deferred } from '../../src/base/deferred.ts';
import { HostError } from '../../src/base/errors.ts';
import { turn } from '../support/turn.ts';

const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;

describe('a linked controller', () => {
  test('follows its parent, with the parent’s reason as a HostError', () => {
    const parent = new AbortController();
    using child = linkAbort(parent.signal);
    parent.abort(new Error('enough'));
    expect(child.signal.aborted).toBe(true);
    expect(child.signal.reason).toBeInstanceOf(HostError);
    expect(child.signal.reason).toMatchObject({ code: 'aborted', message: 'enough' });
  });

  test('of a parent that is aborted already is aborted', () => {
    using child = linkAbort(AbortSignal.abort());
    expect(child.signal.aborted).toBe(true);
  });

  test('can be aborted alone, and has a life without a parent', () => {
    const parent = new AbortController();
    using child = linkAbort(parent.signal);
    using orphan = linkAbort(undefined);
    child.abort(new HostError('aborted', 'mine'));
    expect(parent.signal.aborted).toBe(false);
    expect(child.signal.aborted).toBe(true);
    expect(orphan.signal.aborted).toBe(false);
  });
});

describe('a long-lived parent', () => {
  test('keeps no listener of what is over, however much of it there was', async () => {
    const parent = new AbortController();
    for (let round = 0; round < 200; round += 1) {
      using child = linkAbort(parent.signal);
      onAbort(child.signal, () => undefined)();
      onAbort(parent.signal, () => undefined)();
      await untilAborted(Promise.resolve(), parent.signal);
      await expect(untilAborted(Promise.reject(new Error('no')), parent.signal)).rejects.toThrow(
        'no',
      );
    }
    await sleep(1, parent.signal);
    expect(listeners(parent.signal)).toBe(0);
  });

  test('may be shared by many at once without a warning of a leak', async () => {
    const warned = vi.fn<() => void>();
    process.on('warning', warned);
    try {
      const parent = new AbortController();
      const children = Array.from({ length: 50 }, () => linkAbort(parent.signal));
      const unsubscribes = Array.from({ length: 50 }, () =>
        onAbort(parent.signal, () => undefined),
      );
      await turn();
      expect(warned).not.toHaveBeenCalled();
      for (const child of children) child[Symbol.dispose]();
      for (const unsubscribe of unsubscribes) unsubscribe();
      expect(listeners(parent.signal)).toBe(0);
    } finally {
      process.off('warning', warned);
    }
  });
});

describe('onAbort', () => {
  test('runs at once for a signal that is aborted already, and never after unsubscribing', () => {
    const told: string[] = [];
    onAbort(AbortSignal.abort(new Error('before')), (reason) => told.push(reason.message));
    const controller = new AbortController();
    onAbort(controller.signal, () => told.push('unsubscribed'))();
    onAbort(controller.signal, (reason) => told.push(reason.message));
    controller.abort(new Error('after'));
    controller.abort(new Error('again'));
    onAbort(undefined, () => told.push('no signal'))();
    expect(told).toEqual(['before', 'after']);
  });

  test('gives a HostError whatever the signal was aborted with', () => {
    expect(abortReason(AbortSignal.abort())).toMatchObject({ code: 'aborted' });
    expect(abortReason(AbortSignal.abort('words'))).toMatchObject({
      code: 'aborted',
      message: 'words',
    });
    const own = new HostError('closed', 'closing');
    expect(abortReason(AbortSignal.abort(own))).toBe(own);
  });
});

describe('sleep', () => {
  test('rejects with the reason and keeps no timer when it is aborted, before or meanwhile', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const controller = new AbortController();
      const sleeping = sleep(1_000, controller.signal);
      controller.abort(new Error('up'));
      await expect(sleeping).rejects.toMatchObject({ code: 'aborted', message: 'up' });
      await expect(sleep(1_000, controller.signal)).rejects.toThrow('up');
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test('sleeps long when it is asked to sleep longer than a timer can', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      let awake = false;
      void sleep(2 ** 40).then(() => (awake = true));
      await vi.advanceTimersByTimeAsync(86_400_000);
      expect(awake).toBe(false);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('untilAborted', () => {
  test('is the promise itself without a signal, and its result or failure with one', async () => {
    const { signal } = new AbortController();
    const promise = Promise.resolve(1);
    expect(untilAborted(promise, undefined)).toBe(promise);
    expect(await untilAborted(Promise.resolve(2), signal)).toBe(2);
  });

  test('rejects at the abort; what the promise does later is nobody’s unhandled rejection', async () => {
    const unhandled = vi.fn<() => void>();
    process.on('unhandledRejection', unhandled);
    try {
      const controller = new AbortController();
      const late = deferred<number>();
      const waiting = untilAborted(late.promise, controller.signal);
      controller.abort(new Error('enough'));
      await expect(waiting).rejects.toThrow('enough');
      late.reject(new Error('too late'));
      await turn();
      expect(unhandled).not.toHaveBeenCalled();
    } finally {
      process.off('unhandledRejection', unhandled);
    }
  });
});
