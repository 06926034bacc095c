import { describe, expect, test } from 'vitest';
import { BatchClock } from '../../src/batch/batch-clock.ts';
import { pass, useFakeTime } from '../support/fake-time.ts';

describe('a batch’s clock', () => {
  useFakeTime();

  test('expires once after its budget', async () => {
    let expired = 0;
    using clock = new BatchClock({ deadlineMs: 100 }, () => (expired += 1));
    await pass(99);
    expect(expired).toBe(0);
    await pass(1);
    expect(clock.now()).toBe(100);
    await pass(1_000);
    expect(expired).toBe(1);
  });

  test('stands while it is paused, also by several at once', async () => {
    let expired = false;
    using clock = new BatchClock({ deadlineMs: 100 }, () => (expired = true));
    await pass(60);
    const resumeOne = clock.pause();
    await pass(500);
    const resumeTwo = clock.pause();
    resumeOne();
    resumeOne();
    await pass(500);
    expect(expired).toBe(false);
    resumeTwo();
    await pass(39);
    expect(expired).toBe(false);
    await pass(1);
    expect(expired).toBe(true);
    // Time itself does not stand: it is what the records tell.
    expect(clock.now()).toBe(1_100);
  });

  test('that is disposed of never expires, whatever is resumed later', async () => {
    let expired = false;
    const clock = new BatchClock({ deadlineMs: 100 }, () => (expired = true));
    const resume = clock.pause();
    clock[Symbol.dispose]();
    resume();
    await pass(1_000);
    expect(expired).toBe(false);
  });

  test('has no timer for no budget, nor for one longer than any timer', async () => {
    let expired = false;
    for (const budget of [Infinity, 2 ** 40]) {
      using clock = new BatchClock({ deadlineMs: budget }, () => (expired = true));
      clock.pause()();
      await pass(86_400_000);
    }
    expect(expired).toBe(false);
  });
});
