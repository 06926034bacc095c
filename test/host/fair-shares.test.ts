import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { fairShares, wholeOnes } from '../../src/host/fair-shares.ts';

const sizes = fc.array(fc.nat(1000), { maxLength: 30 });
const budget = fc.nat(10_000);

test.each([
  { what: 'all fit', sizes: [10, 20, 30], budget: 60, shares: [10, 20, 30] },
  {
    what: 'the small ones whole, the large ones the rest',
    sizes: [10, 500, 20, 600],
    budget: 230,
    shares: [10, 100, 20, 100],
  },
  { what: 'one takes all there is', sizes: [1000], budget: 100, shares: [100] },
  { what: 'as large ones get the same', sizes: [70, 70, 70], budget: 100, shares: [33, 33, 33] },
  {
    what: 'what a middle one leaves over goes to the large ones',
    sizes: [40, 1000, 1000],
    budget: 240,
    shares: [40, 100, 100],
  },
  { what: 'nothing to share', sizes: [5, 5], budget: 0, shares: [0, 0] },
  { what: 'nobody', sizes: [], budget: 100, shares: [] },
])('$what', ({ sizes: given, budget: total, shares }) => {
  expect(fairShares(given, total)).toEqual(shares);
});

test('shares fit the budget, waste nothing, and treat equal sizes equally', () => {
  fc.assert(
    fc.property(sizes, budget, (given, total) => {
      const shares = fairShares(given, total);
      const sum = shares.reduce((all, share) => all + share, 0);
      const needed = given.reduce((all, size) => all + size, 0);
      expect(sum).toBeLessThanOrEqual(total);
      expect(sum).toBeGreaterThan(Math.min(needed, total) - Math.max(1, given.length));
      const cut = shares.filter((share, at) => share < (given[at] ?? 0));
      // Nobody who is cut gets less than anybody else.
      expect(new Set(cut).size).toBeLessThanOrEqual(1);
      for (const share of shares) expect(share).toBeLessThanOrEqual(cut[0] ?? Infinity);
    }),
  );
});

test('a share does not depend on who stands where', () => {
  fc.assert(
    fc.property(sizes, budget, (given, total) => {
      const backwards = fairShares(given.toReversed(), total).toReversed();
      expect(backwards).toEqual(fairShares(given, total));
    }),
  );
});

test('of what goes whole or not at all, the smallest go, and of two as large the earlier one', () => {
  expect(wholeOnes([50, 10, 40], 60)).toEqual(new Set([1, 2]));
  expect(wholeOnes([30, 30, 30], 60)).toEqual(new Set([0, 1]));
  expect(wholeOnes([70], 60).size).toBe(0);
  expect(wholeOnes([0, 0], 0)).toEqual(new Set([0, 1]));
});
