import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoffMs } from '../../src/base/backoff.ts';

test('doubles from the base to the limit, half of it fixed and half of it random', () => {
  const least = (attempt: number): number =>
    backoffMs(attempt, { baseMs: 100, maxMs: 1_000, random: () => 0 });
  const most = (attempt: number): number =>
    backoffMs(attempt, { baseMs: 100, maxMs: 1_000, random: () => 0.999_999 });
  expect([1, 2, 3, 4, 5, 6].map(least)).toEqual([50, 100, 200, 400, 500, 500]);
  expect([1, 2, 3, 4, 5].map((attempt) => Math.round(most(attempt)))).toEqual([
    100, 200, 400, 800, 1_000,
  ]);
});

test('is always a delay a timer can take, also after thousands of attempts', () => {
  fc.assert(
    fc.property(fc.integer({ min: -10, max: 1e9 }), (attempt) => {
      const delay = backoffMs(attempt);
      expect(delay).toBeGreaterThanOrEqual(100);
      expect(delay).toBeLessThanOrEqual(10_000);
    }),
  );
});
