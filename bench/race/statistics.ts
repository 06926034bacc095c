/** What lies in the middle of many samples: the median, and the quartiles as its spread. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** Of no values at all everything is NaN. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  return {
    median: quantile(sorted, 0.5),
    low: quantile(sorted, 0.25),
    high: quantile(sorted, 0.75),
  };
}

/**
 * Of samples taken in pairs, the n-th of both in one round: the spread of what `compare` makes of each pair. What slows a whole round down meets
 * both of a pair, so that it drops out; the ratio of two medians would keep it.
 */
export function pairedSpread(
  ours: readonly number[],
  theirs: readonly number[],
  compare: (our: number, their: number) => number,
): Spread {
  const pairs = Math.min(ours.length, theirs.length);
  return spreadOf(
    Array.from({ length: pairs }, (_, round) =>
      compare(ours[round] ?? Number.NaN, theirs[round] ?? Number.NaN),
    ),
  );
}

/** By least squares: how much `ys` grows for each 1 of `xs`. 0 where all `xs` are the same. */
export function slopeOf(xs: readonly number[], ys: readonly number[]): number {
  const meanX = mean(xs);
  const meanY = mean(ys);
  let above = 0;
  let below = 0;
  for (const [index, x] of xs.entries()) {
    above += (x - meanX) * ((ys[index] ?? meanY) - meanY);
    below += (x - meanX) ** 2;
  }
  return below === 0 ? 0 : above / below;
}

/** Between two neighbours, in proportion. */
function quantile(sorted: readonly number[], share: number): number {
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
