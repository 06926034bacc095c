/**
 * Wide batches of slow calls: what is added to the time that the servers take.
 *
 *     npm run --silent build && node dist/bench/wide-batches.js --help
 */
import { runAlone } from './race/run.ts';
import type { Sheet } from './race/row.ts';

const THOUSAND = {
  work: 'sleepers',
  servers: 50,
  width: 1_000,
  params: { count: 1_000, ms: 200 },
  idealMs: 200,
  quick: { servers: 5, params: { count: 100, ms: 200 } },
} as const;

export const wideBatches: Sheet = {
  title: 'Wide batches: time above what the servers take',
  rows: [
    {
      ...THOUSAND,
      id: 'wide-stdio',
      name: '1,000 calls of 200 ms over 50 stdio servers: above 200 ms',
      transport: 'stdio',
      shows: 'value',
      goal: 25,
    },
    {
      ...THOUSAND,
      id: 'wide-http',
      name: 'the same over HTTP',
      transport: 'http',
      shows: 'value',
      goal: 75,
    },
    {
      id: 'wide-10000',
      name: '10,000 calls of 1 s in flight over 10 stdio servers: above 1 s',
      work: 'sleepers',
      transport: 'stdio',
      servers: 10,
      width: 10_000,
      params: { count: 10_000, ms: 1_000 },
      idealMs: 1_000,
      shows: 'ratio',
      goal: 1.35,
      rounds: 7,
      quick: { servers: 2, params: { count: 200, ms: 1_000 } },
    },
  ],
};

await runAlone(import.meta.url, wideBatches);
