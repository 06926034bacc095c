import * as fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { Alarm, Alarms } from '../../src/base/alarms.ts';
import { MAX_TIMER_MS } from '../../src/base/timer.ts';
import { pass, useFakeTime } from '../support/fake-time.ts';

class Bell extends Alarm {
  readonly #onRing: () => void;

  constructor(onRing: () => void) {
    super();
    this.#onRing = onRing;
  }

  override ring(): void {
    this.#onRing();
  }
}

describe('a row of alarms', () => {
  useFakeTime();

  test('rings each alarm when it is due, with one timer for all of them', async () => {
    const row = new Alarms(100);
    const rung: number[] = [];
    for (let bell = 0; bell < 3; bell += 1) {
      new Bell(() => rung.push(bell)).set(100, row);
      await pass(10);
    }
    expect(vi.getTimerCount()).toBe(1);
    await pass(69);
    expect(rung).toEqual([]);
    await pass(1);
    expect(rung).toEqual([0]);
    await pass(10);
    expect(rung).toEqual([0, 1]);
    await pass(10);
    expect(rung).toEqual([0, 1, 2]);
  });

  test('has no timer once the last alarm is cancelled', () => {
    const row = new Alarms(100);
    const bells = [0, 1, 2].map(() => new Bell(() => undefined));
    for (const bell of bells) bell.set(100, row);
    for (const bell of bells) {
      expect(vi.getTimerCount()).toBe(1);
      bell.clear();
      bell.clear();
    }
    expect(vi.getTimerCount()).toBe(0);
  });

  test('rings the others, too, when one of them breaks the rule not to throw', async () => {
    const row = new Alarms(100);
    const rung = vi.fn<() => void>();
    const broken = new Bell(() => {
      throw new Error('defect');
    });
    broken.set(100, row);
    new Bell(rung).set(100, row);
    await expect(pass(100)).rejects.toThrow('defect');
    await pass(1);
    expect(rung).toHaveBeenCalledOnce();
  });

  test.each([Infinity, MAX_TIMER_MS + 1])(
    'of %s milliseconds never rings, and has no timer',
    (ms) => {
      const bell = new Bell(() => undefined);
      bell.set(ms, new Alarms(ms));
      expect(vi.getTimerCount()).toBe(0);
      bell.clear();
    },
  );

  test('an alarm for another time has a timer of its own', async () => {
    const row = new Alarms(100);
    const rung = vi.fn<() => void>();
    const bell = new Bell(rung);
    bell.set(30, row);
    // A second time counts from then.
    await pass(20);
    bell.set(30, row);
    await pass(29);
    expect(rung).not.toHaveBeenCalled();
    await pass(1);
    expect(rung).toHaveBeenCalledOnce();
    bell.set(30, row);
    bell.clear();
    await pass(1_000);
    expect(rung).toHaveBeenCalledOnce();
  });

  test('rings like alarms that have a timer each, whatever is set, cancelled, and done by those that ring', () => {
    const bell = fc.nat({ max: 7 });
    const step = fc.oneof(
      fc.record({ kind: fc.constant('set' as const), bell }),
      fc.record({ kind: fc.constant('cancel' as const), bell }),
      fc.record({ kind: fc.constant('pass' as const), ms: fc.nat({ max: 40 }) }),
    );
    const onRing = fc.array(
      fc.option(fc.record({ kind: fc.constantFrom('set' as const, 'cancel' as const), bell })),
      { minLength: 8, maxLength: 8 },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), onRing, (steps, deeds) => {
        expect(ringsOf(rowOf(), steps, deeds)).toEqual(ringsOf(modelOf(), steps, deeds));
        expect(vi.getTimerCount()).toBe(0);
      }),
      { numRuns: 1_000 },
    );
  });
});

test('never rings early, although a timer of Node may', async () => {
  const row = new Alarms(20);
  const rung = await Promise.all(
    Array.from(
      { length: 20 },
      (_, index) =>
        new Promise<number>((resolve) => {
          setTimeout(() => {
            // The loop’s own time stands still meanwhile, and timers count from that.
            const busyUntil = performance.now() + 3;
            while (performance.now() < busyUntil);
            const setAt = performance.now();
            new Bell(() => {
              resolve(performance.now() - setAt);
            }).set(20, row);
          }, index);
        }),
    ),
  );
  expect(Math.min(...rung)).toBeGreaterThanOrEqual(20);
});

interface Deed {
  readonly kind: 'set' | 'cancel';
  readonly bell: number;
}

type Step = Deed | { readonly kind: 'pass'; readonly ms: number };

/** Some alarms for the same time; `onRing` is told which rings. */
interface Bells {
  set(bell: number, onRing: (bell: number) => void): void;
  cancel(bell: number): void;
  pass(ms: number): void;
}

const AFTER_MS = 50;

/** Which alarm rang when, after so many milliseconds. An alarm that rings does its deed. */
function ringsOf(
  bells: Bells,
  steps: readonly Step[],
  deeds: readonly (Deed | null)[],
): readonly string[] {
  const rings: string[] = [];
  const startedAt = performance.now();
  const act = (deed: Deed): void => {
    bells.cancel(deed.bell);
    if (deed.kind === 'set') bells.set(deed.bell, ring);
  };
  const ring = (bell: number): void => {
    rings.push(`${bell} at ${performance.now() - startedAt}`);
    const deed = deeds[bell];
    // No clockwork: those would ring for ever.
    if (deed !== null && deed !== undefined && rings.length < 200) act(deed);
  };
  for (const step of steps) {
    if (step.kind === 'pass') bells.pass(step.ms);
    else act(step);
  }
  for (let bell = 0; bell < 8; bell += 1) bells.cancel(bell);
  return rings;
}

function rowOf(): Bells {
  const row = new Alarms(AFTER_MS);
  const set = new Map<number, Bell>();
  return {
    set: (bell, onRing) => {
      const alarm = new Bell(() => {
        onRing(bell);
      });
      alarm.set(AFTER_MS, row);
      set.set(bell, alarm);
    },
    cancel: (bell) => set.get(bell)?.clear(),
    pass: (ms) => {
      vi.advanceTimersByTime(ms);
      expect(vi.getTimerCount()).toBeLessThanOrEqual(1);
    },
  };
}

function modelOf(): Bells {
  const set = new Map<number, NodeJS.Timeout>();
  return {
    set: (bell, onRing) => {
      set.set(
        bell,
        setTimeout(() => {
          onRing(bell);
        }, AFTER_MS),
      );
    },
    cancel: (bell) => {
      clearTimeout(set.get(bell));
    },
    pass: (ms) => vi.advanceTimersByTime(ms),
  };
}
