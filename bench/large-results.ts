/**
 * Large results over stdio: the time, and what the process grows by.
 *
 *     npm run --silent build && node dist/bench/large-results.js --help
 */
import { runAlone } from './race/run.ts';
import type { Sheet } from './race/row.ts';

const RESULT = {
  transport: 'stdio',
  servers: 1,
  rounds: 7,
  timeoutMs: 120_000,
  quick: { params: { bytes: 1_000_000 } },
} as const;
const LARGE = { bytes: 10_000_000 } as const;
const VERY_LARGE = { bytes: 50_000_000 } as const;

export const largeResults: Sheet = {
  title: 'Large results over stdio',
  rows: [
    {
      ...RESULT,
      id: 'large-10-mb',
      name: 'one result of 10 MB',
      work: 'large',
      params: LARGE,
      shows: 'ratio',
      goal: 1.1,
    },
    {
      ...RESULT,
      id: 'large-50-mb',
      name: 'one result of 50 MB',
      work: 'large',
      params: VERY_LARGE,
      shows: 'ratio',
      goal: 1.15,
    },
    {
      ...RESULT,
      id: 'large-50-mb-memory',
      name: 'one result of 50 MB: the process grows by',
      work: 'peakGrowth',
      params: VERY_LARGE,
      shows: 'value',
      goal: 200_000_000,
    },
  ],
};

await runAlone(import.meta.url, largeResults);
