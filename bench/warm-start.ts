/**
 * Fifty servers that need not be started, because their tools are remembered: from the start of a process to the list of all tools, and to the first request to a
 * model. The floor starts all of them each time: it remembers nothing.
 *
 *     npm run --silent build && node dist/bench/warm-start.js --help
 */
import { runAlone } from './race/run.ts';
import type { Sheet } from './race/row.ts';

// Ten tools each: three of its own, and seven.
const FIFTY = {
  transport: 'stdio',
  servers: 50,
  serverArgs: ['--tools', '7'],
  only: ['host'],
  shows: 'value',
  rounds: 7,
} as const;
const REMEMBERED = { ...FIFTY, goal: 150 } as const;
/** An endpoint takes 128 tools: a host chooses, but from all of them. */
const TOOLS_ASKED_WITH = 64;

export const warmStart: Sheet = {
  title: 'Warm start: 50 servers with 500 tools',
  rows: [
    {
      ...REMEMBERED,
      id: 'warm-tools',
      name: '`tools`, remembered: start to the names',
      work: 'listTools',
      params: { warm: true, start: 'lazy' },
      quick: { servers: 3 },
    },
    {
      ...REMEMBERED,
      id: 'warm-run',
      name: '`run`, remembered: start to the first model request',
      work: 'askModel',
      params: { count: TOOLS_ASKED_WITH, warm: true, start: 'lazy' },
      quick: { servers: 3, params: { count: 30, warm: true, start: 'lazy' } },
    },
    {
      ...REMEMBERED,
      id: 'warm-run-background',
      name: 'the same, servers started in the background',
      work: 'askModel',
      params: { count: TOOLS_ASKED_WITH, warm: true, start: 'background' },
      quick: { servers: 3, params: { count: 30, warm: true, start: 'background' } },
    },
    {
      ...FIFTY,
      id: 'warm-run-first',
      name: 'remembered, but `run` started for the first time',
      work: 'askModel',
      params: { count: TOOLS_ASKED_WITH, warm: true, first: true, start: 'lazy' },
      quick: { servers: 3, params: { count: 30, warm: true, first: true, start: 'lazy' } },
    },
    {
      ...FIFTY,
      id: 'cold-tools',
      name: '`tools`, nothing remembered',
      work: 'listTools',
      params: { start: 'lazy' },
      quick: { servers: 3 },
    },
    {
      ...FIFTY,
      id: 'cold-run',
      name: '`run`, nothing remembered',
      work: 'askModel',
      params: { count: TOOLS_ASKED_WITH, start: 'lazy' },
      quick: { servers: 3, params: { count: 30, start: 'lazy' } },
    },
  ],
};

await runAlone(import.meta.url, warmStart);
