import { realpathSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { fieldOf, HOST } from './entrants.ts';
import { documentOf } from './markdown.ts';
import { OPTIONS_HELP, readOptions, type BenchOptions } from './options.ts';
import { Progress } from './progress.ts';
import { race } from './race.ts';
import { machine, rowResults, type Results, type RowResults } from './results.ts';
import type { Row, Sheet } from './row.ts';
import { UsageError } from './usage-error.ts';

const INTERRUPTED = 130;

/** Runs a sheet when its script is the one that was started, and not when another one imports it. */
export async function runAlone(scriptUrl: string, sheet: Sheet): Promise<void> {
  const started = process.argv[1];
  if (started !== undefined && realpathSync(started) === fileURLToPath(scriptUrl)) {
    await runSheets([sheet]);
  }
}

/** What `runSheets` has found; `complete`: every row, everybody but peers, at full size, to its end. */
export interface Run {
  readonly results: Results;
  readonly complete: boolean;
}

/**
 * Runs sheets as the command line says, and prints their tables. Ctrl-C ends the sample at hand and prints what there is. Exit codes: 0 measured, 1 mcp-fanout
 * failed at something, 2 bad usage, 130 interrupted. Resolves to nothing where nothing was to be run.
 */
export async function runSheets(sheets: readonly Sheet[]): Promise<Run | undefined> {
  try {
    const options = readOptions(process.argv.slice(2));
    if (!options.help) return await run(sheets, options);
    const ids = sheets.flatMap(({ title, rows }) => [title, ...rows.map(({ id }) => `  ${id}`)]);
    process.stdout.write(
      `Usage: node dist/bench/NAME.js [options]\n\nOptions:\n${OPTIONS_HELP}\n\nRows:\n${ids.join('\n')}\n`,
    );
  } catch (reason) {
    if (!(reason instanceof UsageError)) throw reason;
    process.stderr.write(`bench: ${reason.message}\n`);
    process.exitCode = 2;
  }
  return undefined;
}

async function run(sheets: readonly Sheet[], options: BenchOptions): Promise<Run> {
  const { entrants, absent } = fieldOf(options);
  const chosen = sheets
    .map(({ title, rows }) => ({ title, rows: rows.filter(isChosen(options)) }))
    .filter(({ rows }) => rows.length > 0);
  if (chosen.length === 0) throw new UsageError('no row has such an id: see --help');
  const interrupt = interruption();
  const progress = new Progress(chosen.flatMap(({ rows }) => rows).length);
  const measured = [];
  for (const { title, rows } of chosen) {
    const done: RowResults[] = [];
    for (const row of rows) {
      if (interrupt.aborted) break;
      progress.rowStart(row.id);
      const raced = await race(options.quick ? { ...row, ...row.quick } : row, entrants, {
        rounds: options.rounds,
        quietMs: options.quietMs,
        profiles: options.profiles,
        signal: interrupt,
        onSample: (round, rounds, { title }) => {
          progress.sample(row.id, `${round}/${rounds}`, title);
        },
      });
      if (raced.taken > 0) done.push(rowResults(raced));
    }
    if (done.length > 0) measured.push({ title, rows: done });
  }
  progress.end();
  const date = new Date().toISOString();
  const { quick } = options;
  const results: Results = { date, machine: machine(), quick, sheets: measured, absent };
  if (options.json !== undefined) writeFileSync(options.json, toJson(results));
  process.stdout.write(`${documentOf(results)}\n`);
  if (interrupt.aborted) process.exitCode = INTERRUPTED;
  else if (hostFailed(results)) process.exitCode = 1;
  const all = options.rows === undefined && options.only === undefined && !options.quick;
  return { results, complete: all && !interrupt.aborted };
}

export function toJson(results: Results): string {
  return `${JSON.stringify(results, undefined, 2)}\n`;
}

function isChosen({ rows }: BenchOptions): (row: Row) => boolean {
  return ({ id }) => rows?.some((text) => id.includes(text)) ?? true;
}

/** The first Ctrl-C (or SIGTERM) ends the race, the second one the process. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      controller.abort();
    });
  }
  return controller.signal;
}

function hostFailed({ sheets }: Results): boolean {
  const entrants = sheets.flatMap(({ rows }) => rows.flatMap((row) => row.entrants));
  return entrants.some(({ name, failed }) => name === HOST && failed !== undefined);
}
