import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pairedSpread, slopeOf, spreadOf } from '../../bench/race/statistics.ts';

const value = fc.double({ min: 0.001, max: 1e6, noNaN: true });
const values = fc.array(value, { minLength: 1, maxLength: 30 });

describe('a spread', () => {
  test.each([
    { taken: [5], spread: { low: 5, median: 5, high: 5 } },
    { taken: [1, 2], spread: { low: 1.25, median: 1.5, high: 1.75 } },
    { taken: [9, 1, 5], spread: { low: 3, median: 5, high: 7 } },
    { taken: [4, 1, 3, 2], spread: { low: 1.75, median: 2.5, high: 3.25 } },
    { taken: [1, 1, 1, 1000, 1], spread: { low: 1, median: 1, high: 1 } },
  ])('of $taken', ({ taken, spread }) => {
    expect(spreadOf(taken)).toEqual(spread);
  });

  test('has no more than half of the values on either side of its median, and than a quarter beyond each quartile', () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1, maxLength: 30 }), (taken) => {
        const { low, median, high } = spreadOf(taken);
        const atMost = (share: number): number => Math.ceil((taken.length - 1) * share);
        const below = (bound: number): number => taken.filter((one) => one < bound).length;
        const above = (bound: number): number => taken.filter((one) => one > bound).length;
        expect(Math.max(below(median), above(median))).toBeLessThanOrEqual(atMost(0.5));
        expect(Math.max(below(low), above(high))).toBeLessThanOrEqual(atMost(0.25));
      }),
    );
  });

  test('does not depend on the order of the samples', () => {
    fc.assert(
      fc.property(values, (taken) => {
        expect(spreadOf(taken.toReversed())).toEqual(spreadOf(taken));
      }),
    );
  });

  test('of nothing is no number', () => {
    expect(spreadOf([])).toEqual({ low: Number.NaN, median: Number.NaN, high: Number.NaN });
  });
});

describe('a paired spread', () => {
  const ratio = (our: number, their: number): number => our / their;

  test('does not see what slows down a whole round, however unevenly the rounds are slowed down', () => {
    const rounds = fc.array(fc.record({ our: value, their: value, slow: value }), {
      minLength: 1,
      maxLength: 30,
    });
    fc.assert(
      fc.property(rounds, (taken) => {
        const even = pairedSpread(
          taken.map(({ our }) => our),
          taken.map(({ their }) => their),
          ratio,
        );
        const uneven = pairedSpread(
          taken.map(({ our, slow }) => our * slow),
          taken.map(({ their, slow }) => their * slow),
          ratio,
        );
        expect(uneven.median / even.median).toBeCloseTo(1, 6);
      }),
    );
  });

  test('is that of the ratios, and not the ratio of the medians', () => {
    expect(pairedSpread([10, 30, 2], [1, 10, 1], ratio).median).toBe(3);
  });

  test('leaves out a round that was broken off before both had run', () => {
    expect(pairedSpread([10, 20], [10], ratio)).toEqual({ low: 1, median: 1, high: 1 });
  });
});

describe('a slope', () => {
  test('is that of the line which the values are on', () => {
    const numbers = fc.integer({ min: -1000, max: 1000 });
    fc.assert(
      fc.property(numbers, numbers, fc.integer({ min: 2, max: 20 }), (slope, start, count) => {
        const xs = Array.from({ length: count }, (_, index) => index * 5_000);
        expect(
          slopeOf(
            xs,
            xs.map((x) => start + slope * x),
          ),
        ).toBeCloseTo(slope, 6);
      }),
    );
  });

  test('is level where there is no direction', () => {
    expect(slopeOf([3, 3], [1, 9])).toBe(0);
  });
});
