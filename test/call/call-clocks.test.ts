import * as fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { Alarms } from '../../src/base/alarms.ts';
import { CallClock, CallClocks, type CallBudgets } from '../../src/call/call-clocks.ts';
import { pass, useFakeTime } from '../support/fake-time.ts';

useFakeTime();

describe('the clocks of a call', () => {
  test('stand as long as the longest of the pauses that overlap', async () => {
    const clocks = new CallClocks();
    const first = clocks.pause();
    await pass(10);
    const second = clocks.pause();
    await pass(10);
    first();
    expect(clocks.stand).toBe(true);
    await pass(10);
    expect(clocks.stoodMs).toBe(30);
    second();
    await pass(10);
    expect(clocks.stand).toBe(false);
    expect(clocks.stoodMs).toBe(30);
    const third = clocks.pause();
    await pass(5);
    expect(clocks.stoodMs).toBe(35);
    third();
  });

  test('tell who waits for it, once, when they go on, and nobody who has left', () => {
    const clocks = new CallClocks();
    const told: string[] = [];
    const resume = clocks.pause();
    clocks.onGoOn(() => {
      told.push('first');
      leave();
    });
    const leave = clocks.onGoOn(() => told.push('second'));
    resume();
    expect(told).toEqual(['first']);
    clocks.pause()();
    expect(told).toEqual(['first']);
  });
});

describe('a clock of a call', () => {
  test('that is disposed of while it stands never expires, and has no timer', async () => {
    const clocks = new CallClocks();
    const expired = vi.fn<() => void>();
    const clock = new CallClock({ clocks }, { wholeMs: 50, silenceMs: Infinity }, expired);
    const resume = clocks.pause();
    await pass(100);
    // It has looked, and does not look again and again.
    expect(vi.getTimerCount()).toBe(0);
    clock.clear();
    resume();
    expect(vi.getTimerCount()).toBe(0);
    await pass(1_000);
    expect(expired).not.toHaveBeenCalled();
  });

  test('needs no timer for a sign of life', async () => {
    const timers = vi.spyOn(globalThis, 'setTimeout');
    const row = new Alarms(50);
    const clock = new CallClock(
      { clocks: undefined },
      { wholeMs: Infinity, silenceMs: 50, row },
      () => undefined,
    );
    for (let ms = 0; ms < 49; ms += 1) {
      await pass(1);
      clock.restart();
    }
    expect(timers).toHaveBeenCalledOnce();
    clock.clear();
  });

  test('expires in the millisecond in which a stop-watch would, whatever signs of life and pauses there are', () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.nat(30) }) },
      { weight: 2, arbitrary: fc.constant({ kind: 'sign' as const }) },
      { weight: 1, arbitrary: fc.constant({ kind: 'pause' as const }) },
      { weight: 1, arbitrary: fc.constant({ kind: 'resume' as const }) },
    );
    const ms = fc.constantFrom(40, 100, Infinity);
    fc.assert(
      fc.property(
        fc.record({ wholeMs: ms, silenceMs: ms, hasRow: fc.boolean() }),
        fc.array(step, { maxLength: 40 }),
        ({ hasRow, ...limits }, steps) => {
          const row = new Alarms(Math.min(limits.wholeMs, limits.silenceMs));
          expect(expiryOf(hasRow ? { ...limits, row } : limits, steps)).toEqual(
            stopWatch(limits, steps),
          );
          expect(vi.getTimerCount()).toBe(0);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

type Step =
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'sign' | 'pause' | 'resume' };

/** Which budget expired, after so many milliseconds; `undefined` if none did. */
type Expiry = { readonly budget: 'whole' | 'silence'; readonly at: number } | undefined;

function expiryOf(budgets: CallBudgets, steps: readonly Step[]): Expiry {
  const call: { clocks: CallClocks | undefined } = { clocks: undefined };
  const expiries: Expiry[] = [];
  const startedAt = performance.now();
  const clock = new CallClock(call, budgets, (budget) => {
    expiries.push({ budget, at: performance.now() - startedAt });
  });
  const pauses: (() => void)[] = [];
  for (const step of steps) {
    switch (step.kind) {
      case 'pass':
        vi.advanceTimersByTime(step.ms);
        break;
      case 'sign':
        clock.restart();
        break;
      case 'pause':
        pauses.push((call.clocks ??= new CallClocks()).pause());
        break;
      case 'resume':
        pauses.pop()?.();
        break;
    }
  }
  clock.clear();
  for (const resume of pauses) resume();
  expect(expiries.length).toBeLessThanOrEqual(1);
  return expiries[0];
}

/** Counts every millisecond by itself. */
function stopWatch(budgets: CallBudgets, steps: readonly Step[]): Expiry {
  let [at, whole, silence, pauses] = [0, 0, 0, 0];
  for (const step of steps) {
    switch (step.kind) {
      case 'pass':
        for (let ms = 0; ms < step.ms; ms += 1) {
          at += 1;
          if (pauses > 0) continue;
          whole += 1;
          silence += 1;
          if (whole >= budgets.wholeMs) return { budget: 'whole', at };
          if (silence >= budgets.silenceMs) return { budget: 'silence', at };
        }
        break;
      case 'sign':
        silence = 0;
        break;
      case 'pause':
        pauses += 1;
        break;
      case 'resume':
        pauses = Math.max(0, pauses - 1);
        break;
    }
  }
  return undefined;
}
