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

  test('begins anew with the whole budget, also after it stood', async () => {
    let expired = false;
    using clock = new Countdown(100, () => (expired = true));
    await pass(90);
    clock.restart();
    await pass(90);
    clock.halt();
    clock.goOn();
    await pass(5);
    clock.restart();
    await pass(99);
    expect(expired).toBe(false);
    await pass(1);
    expect(expired).toBe(true);
  });

  test('that begins anew while it stands goes on standing', async () => {
    let expired = false;
    using clock = new Countdown(100, () => (expired = true));
    await pass(90);
    clock.halt();
    clock.restart();
    await pass(1_000);
    expect(expired).toBe(false);
    clock.goOn();
    await pass(99);
    expect(expired).toBe(false);
    await pass(1);
    expect(expired).toBe(true);
  });

  test('that is disposed of never expires, whatever is done to it', async () => {
    let expired = false;
    const clock = new Countdown(100, () => (expired = true));
    clock[Symbol.dispose]();
    clock.restart();
    clock.goOn();
    await pass(1_000);
    expect(expired).toBe(false);
  });
});
