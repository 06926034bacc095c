/**
 * Connecting to servers that run already, listing their tools, and merging them into one catalogue.
 *
 *     npm run --silent build && node dist/bench/listing.js --help
 */
import { runAlone } from './race/run.ts';
import type { Sheet } from './race/row.ts';

const LIST = {
  work: 'list',
  transport: 'http',
  servers: 50,
  params: { count: 10_000 },
  rounds: 7,
  timeoutMs: 120_000,
} as const;
// Each server has three tools of its own.
const TOOLS = ['--tools', '197'] as const;
const QUICK = { servers: 2, params: { count: 400 } } as const;

export const listing: Sheet = {
  title: 'Listing',
  rows: [
    {
      ...LIST,
      id: 'list-10000',
      name: '10,000 tools of 50 HTTP servers listed and merged',
      serverArgs: TOOLS,
      shows: 'ratio',
      goal: 1.15,
      quick: QUICK,
    },
    {
      ...LIST,
      id: 'list-10000-schemas',
      name: 'the same, with output schemas',
      serverArgs: [...TOOLS, '--schemas'],
      shows: 'ratio',
      goal: 1.2,
      quick: QUICK,
    },
  ],
};

await runAlone(import.meta.url, listing);
