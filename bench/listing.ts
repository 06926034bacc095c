/**
 * Listing the tools of servers that run already, and merging them into one catalogue: with and without connecting to the servers.
 *
 *     npm run --silent build && node dist/bench/listing.js --help
 */
import { runAlone } from './race/run.ts';
import type { Sheet } from './race/row.ts';

const LIST = {
  transport: 'http',
  servers: 50,
  params: { count: 10_000 },
  shows: 'ratio',
  rounds: 7,
  timeoutMs: 120_000,
  quick: { servers: 2, params: { count: 400 } },
} as const;
// Each server has three tools of its own.
const TOOLS = ['--tools', '197'] as const;

export const listing: Sheet = {
  title: 'Listing',
  rows: [
    {
      ...LIST,
      id: 'merge-10000',
      name: '10,000 tools of 50 HTTP servers listed and merged',
      work: 'list',
      serverArgs: [...TOOLS, '--hold'],
      goal: 1.15,
    },
    {
      ...LIST,
      id: 'merge-10000-schemas',
      name: 'the same, with output schemas',
      work: 'list',
      serverArgs: [...TOOLS, '--hold', '--schemas'],
      goal: 1.2,
    },
    {
      ...LIST,
      id: 'list-10000',
      name: '50 HTTP servers connected, their 10,000 tools listed and merged',
      work: 'connectAndList',
      serverArgs: TOOLS,
    },
    {
      ...LIST,
      id: 'list-10000-schemas',
      name: 'the same, with output schemas',
      work: 'connectAndList',
      serverArgs: [...TOOLS, '--schemas'],
    },
  ],
};

await runAlone(import.meta.url, listing);
