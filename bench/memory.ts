/**
 * What a host holds on to: for each server, and after many calls.
 *
 *     npm run --silent build && node dist/bench/memory.js --help
 */
import { runAlone } from './race/run.ts';
import type { Sheet } from './race/row.ts';

const SERVERS = {
  work: 'heapPerServer',
  params: {},
  servers: 51,
  rounds: 5,
  shows: 'excess',
  goal: 100_000,
  quick: { servers: 4 },
} as const;
const CALLS = {
  work: 'leftByCall',
  servers: 1,
  width: 64,
  params: { count: 100_000 },
  rounds: 3,
  timeoutMs: 180_000,
  shows: 'value',
  goal: 2,
  quick: { params: { count: 2_000 } },
} as const;

export const memory: Sheet = {
  title: 'Memory',
  rows: [
    {
      ...SERVERS,
      id: 'memory-server-stdio',
      name: 'held for each of 50 stdio servers: above the floor',
      transport: 'stdio',
    },
    {
      ...SERVERS,
      id: 'memory-server-http',
      name: 'held for each of 50 HTTP servers: above the floor',
      transport: 'http',
    },
    {
      ...CALLS,
      id: 'memory-calls-stdio',
      name: '100,000 calls over stdio: left behind by each',
      transport: 'stdio',
    },
    {
      ...CALLS,
      id: 'memory-calls-http',
      name: '100,000 calls over HTTP: left behind by each',
      transport: 'http',
    },
  ],
};

await runAlone(import.meta.url, memory);
