/**
 * What a call costs: echoes over stdio and HTTP, one after the other and many in flight.
 *
 *     npm run --silent build && node dist/bench/calls.js --help
 */
import { runAlone } from './race/run.ts';
import type { Sheet } from './race/row.ts';

const ONE_BY_ONE = { work: 'oneByOne', servers: 1, quick: { params: { count: 50 } } } as const;
const BATCHES = {
  work: 'batches',
  servers: 1,
  width: 64,
  quick: { params: { count: 640 } },
} as const;
const STDIO = { transport: 'stdio' } as const;
const HTTP = { transport: 'http' } as const;
const EVENTS = { ...HTTP, serverArgs: ['--sse'] } as const;

export const calls: Sheet = {
  title: 'Calls',
  rows: [
    {
      ...ONE_BY_ONE,
      ...STDIO,
      id: 'calls-stdio-one-by-one',
      name: '5,000 calls over stdio, one after another',
      params: { count: 5_000 },
      shows: 'ratio',
      goal: 1.3,
    },
    {
      ...BATCHES,
      ...STDIO,
      id: 'calls-stdio-64',
      name: '20,000 calls over stdio, 64 in flight',
      params: { count: 20_000 },
      shows: 'ratio',
      goal: 1.3,
    },
    {
      ...BATCHES,
      ...STDIO,
      id: 'calls-stdio-one-batch',
      name: 'the same as one batch, limited to 64',
      params: { count: 20_000, batch: 20_000 },
      shows: 'ratio',
      quick: { params: { count: 640, batch: 640 } },
    },
    {
      ...ONE_BY_ONE,
      ...HTTP,
      id: 'calls-http-one-by-one',
      name: '2,000 calls over HTTP, one after another',
      params: { count: 2_000 },
      shows: 'ratio',
      goal: 1.25,
    },
    {
      ...BATCHES,
      ...HTTP,
      id: 'calls-http-64',
      name: '8,000 calls over HTTP, 64 in flight',
      params: { count: 8_000 },
      shows: 'ratio',
      goal: 1.4,
    },
    {
      ...ONE_BY_ONE,
      ...EVENTS,
      id: 'calls-sse-one-by-one',
      name: '2,000 calls over HTTP, answers as event streams, one after another',
      params: { count: 2_000 },
      shows: 'ratio',
      goal: 1.25,
    },
    {
      ...BATCHES,
      ...EVENTS,
      id: 'calls-sse-64',
      name: '8,000 calls over HTTP, answers as event streams, 64 in flight',
      params: { count: 8_000 },
      shows: 'ratio',
      goal: 1.4,
    },
  ],
};

await runAlone(import.meta.url, calls);
