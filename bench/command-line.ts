/**
 * From the start of a process to the result of its one call: as it is all day, and the first time of all, when there is nothing that an earlier start has kept.
 *
 *     npm run --silent build && node dist/bench/command-line.js --help
 */
import { runAlone } from './race/run.ts';
import type { Sheet } from './race/row.ts';

const CALL = {
  work: 'callOnce',
  transport: 'stdio',
  servers: 1,
  shows: 'ratio',
  rounds: 11,
  quick: {},
} as const;

export const commandLine: Sheet = {
  title: 'Command line',
  rows: [
    {
      ...CALL,
      id: 'command-line',
      name: 'a call at the command line: start of the process to the result',
      params: {},
      only: ['host', 'sdk-v1', 'sdk-v2', 'mcporter'],
      goal: 1.8,
    },
    {
      ...CALL,
      id: 'command-line-first',
      name: 'the same, the command started for the first time',
      params: { first: true },
      only: ['host'],
    },
  ],
};

await runAlone(import.meta.url, commandLine);
