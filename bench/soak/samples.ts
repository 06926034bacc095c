/** What the process holds while nothing is in flight, and whether that grows. */
import { readdirSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** What is measured, and how much more it may be in the last third than in the first: a part of it, and an amount. */
export const MEASURES = {
  heapBytes: { words: 'heap', part: 0.05, amount: 1024 * 1024 },
  externalBytes: { words: 'external', part: 0.05, amount: 1024 * 1024 },
  rssBytes: { words: 'RSS', part: 0.1, amount: 16 * 1024 * 1024 },
  descriptors: { words: 'descriptors', part: 0, amount: 3 },
  listeners: { words: 'listeners', part: 0, amount: 0 },
  handles: { words: 'handles', part: 0, amount: 3 },
} as const;

export type Measure = keyof typeof MEASURES;
export type Sample = Readonly<Record<Measure, number>>;

export interface Trend {
  readonly measure: Measure;
  /** Medians of the first and the last third. */
  readonly first: number;
  readonly last: number;
  /** The most that `last` may be. */
  readonly limit: number;
  readonly isFlat: boolean;
}

/** Caches fill, code is compiled: this part of the samples is not looked at. */
const WARM_UP = 0.1;
/** With fewer there are no thirds to speak of. */
const FEWEST_SAMPLES = 18;

export function takeSample(): Sample {
  collectGarbage();
  const { heapUsed, external, rss } = process.memoryUsage();
  return {
    heapBytes: heapUsed,
    externalBytes: external,
    rssBytes: rss,
    descriptors: countDescriptors(),
    listeners: process
      .eventNames()
      .reduce((sum, event) => sum + process.listenerCount(event as string), 0),
    handles: process.getActiveResourcesInfo().length,
  };
}

/** `undefined` when the soak was too short to tell. */
export function trendsOf(samples: readonly Sample[]): readonly Trend[] | undefined {
  if (samples.length < FEWEST_SAMPLES) return undefined;
  const warm = samples.slice(Math.ceil(samples.length * WARM_UP));
  const third = Math.floor(warm.length / 3);
  return (Object.keys(MEASURES) as Measure[]).map((measure) => {
    const values = warm.map((sample) => sample[measure]);
    const first = median(values.slice(0, third));
    const last = median(values.slice(-third));
    const { part, amount } = MEASURES[measure];
    const limit = first * (1 + part) + amount;
    return { measure, first, last, limit, isFlat: last <= limit };
  });
}

/** Open file descriptors of this process; 0 where that cannot be seen. */
function countDescriptors(): number {
  return process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0;
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  // The second one takes what finalizers of the first have let go.
  collect();
  collect();
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
