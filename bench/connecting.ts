/**
 * Starting many servers and connecting to them.
 *
 *     npm run --silent build && node dist/bench/connecting.js --help
 */
import { runAlone } from './race/run.ts';
import type { Sheet } from './race/row.ts';

const CONNECT = {
  work: 'connect',
  transport: 'stdio',
  params: {},
  shows: 'ratio',
  goal: 1.1,
  rounds: 7,
} as const;

export const connecting: Sheet = {
  title: 'Connecting',
  rows: [
    {
      ...CONNECT,
      id: 'connect-50',
      name: '50 stdio servers started and connected, the era negotiated',
      servers: 50,
      quick: { servers: 5 },
    },
    {
      ...CONNECT,
      id: 'connect-slow',
      name: '10 stdio servers that need 500 ms each',
      servers: 10,
      serverArgs: ['--start-ms', '500'],
      quick: { servers: 3 },
    },
  ],
};

await runAlone(import.meta.url, connecting);
