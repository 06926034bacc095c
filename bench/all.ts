/**
 * All benchmarks, and the tables of their results.
 *
 *     npm run bench [-- OPTIONS]      --help lists them
 *     npm run bench -- --table        no run: the README's table, from the last results
 *
 * A run that leaves nothing out is written to bench/results/latest.json and, as tables, to bench/results/latest.md.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { calls } from './calls.ts';
import { commandLine } from './command-line.ts';
import { connecting } from './connecting.ts';
import { largeResults } from './large-results.ts';
import { listing } from './listing.ts';
import { memory } from './memory.ts';
import { documentOf, tableOf } from './race/markdown.ts';
import type { Results } from './race/results.ts';
import { runSheets, toJson } from './race/run.ts';
import { warmStart } from './warm-start.ts';
import { wideBatches } from './wide-batches.ts';

/** From dist/bench/, where this runs. */
const RESULTS = fileURLToPath(new URL('../../bench/results/', import.meta.url));
const LATEST = join(RESULTS, 'latest.json');

const SHEETS = [
  calls,
  wideBatches,
  largeResults,
  connecting,
  listing,
  commandLine,
  warmStart,
  memory,
];

if (process.argv.includes('--table')) printTable();
else await runAll();

function printTable(): void {
  if (!existsSync(LATEST)) {
    process.stderr.write(`bench: no results in ${LATEST}; npm run bench makes some\n`);
    process.exitCode = 2;
    return;
  }
  const results = JSON.parse(readFileSync(LATEST, 'utf8')) as Results;
  const rows = results.sheets.flatMap((sheet) => sheet.rows);
  process.stdout.write(`${tableOf(rows, { detailed: false })}\n`);
}

async function runAll(): Promise<void> {
  const run = await runSheets(SHEETS);
  if (run?.complete !== true) return;
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(LATEST, toJson(run.results));
  const title = '# Results of the last run\n\nWritten by `npm run bench`.';
  writeFileSync(join(RESULTS, 'latest.md'), `${title}\n\n${documentOf(run.results)}\n`);
}
