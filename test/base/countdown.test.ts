import { describe, expect, test } from 'vitest';
import { Countdown } from '../../src/base/countdown.ts';
import { pass, useFakeTime } from '../support/fake-time.ts';

describe('a countdown', () => {
  useFakeTime();

  test('expires once, after the time for which it ran', async () => {
    let expired = 0;
    using clock = new Countdown(100, () => (expired += 1));
    await pass(60);
    clock.halt();
    clock.halt();
    await pass(1_000);
    clock.goOn();
    clock.goOn();
    await pass(39);
    expect(expired).toBe(0);
    await pass(1);
    expect(expired).toBe(1);
    clock.halt();
    clock.goOn();
    await pass(1_000);
    expect(expired).toBe(1);
  });

  test('that is disposed of never expires, whatever is done to it', async () => {
    let expired = false;
    const clock = new Countdown(100, () => (expired = true));
    clock[Symbol.dispose]();
    clock.goOn();
    await pass(1_000);
    expect(expired).toBe(false);
  });
});
