/**
 * From the start of a process to the result of its one call.
 *
 *     npm run --silent build && node dist/bench/command-line.js --help
 */
import { runAlone } from './race/run.ts';
import type { Sheet } from './race/row.ts';

export const commandLine: Sheet = {
  title: 'Command line',
  rows: [
    {
      id: 'command-line',
      name: 'a call at the command line: start of the process to the result',
      work: 'callOnce',
      transport: 'stdio',
      servers: 1,
      params: {},
      only: ['host', 'sdk-v1', 'sdk-v2', 'mcporter'],
      shows: 'ratio',
      goal: 1.8,
      rounds: 11,
      quick: {},
    },
  ],
};

await runAlone(import.meta.url, commandLine);
