/**
 * The soak: random batches of reads and writes against ten servers of all transports, one of them slow, one crashing every few seconds, for ten minutes.
 *
 *     npm run --silent build && node dist/bench/soak.js [--minutes N] [--seed N] [--json]
 *
 * Nothing may get lost, mixed up or run twice, what is said to have run must have, and the process must not grow. What a server has really run is in its
 * journal. Exit codes: 0 all well, 1 a check failed, 2 bad options, 130 interrupted while all was well (the report covers what was run).
 */
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openHost, type CallRecord, type Host } from '../src/index.ts';
import { inputOf, planBatch, seeded, type Plan } from './soak/batches.ts';
import { MEMBERS, startFleet } from './soak/fleet.ts';
import { Ledger } from './soak/ledger.ts';
import { checksOf, toJson, toText, type Facts } from './soak/report.ts';
import { takeSample, trendsOf, type Sample } from './soak/samples.ts';

/** Batches at once. */
const LANES = 8;
const LONGEST_ROUND_MS = 3_000;
/** A batch that takes longer never ends: all budgets of its calls together are shorter. */
const HANGING_MS = 120_000;
const SETTLE_MS = 5_000;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    json: { type: 'boolean', default: false },
  },
});
const totalMs = Number(values.minutes) * 60_000;
const seed = Number(values.seed);
if (!(totalMs > 0) || !Number.isInteger(seed)) {
  process.stderr.write('soak: --minutes takes a number above 0, --seed a whole number\n');
  process.exit(2);
}

const interrupt = new AbortController();
process.on('SIGINT', () => {
  if (interrupt.signal.aborted) process.exit(130);
  interrupt.abort();
});
const warnings: string[] = [];
process.on('warning', ({ name, message }) => warnings.push(`${name}: ${message}`));

const folder = mkdtempSync(join(tmpdir(), 'soak-'));
try {
  const facts = await soak();
  process.stdout.write(`${values.json ? JSON.stringify(toJson(facts)) : toText(facts)}\n`);
  const isWell = checksOf(facts).every(({ faults }) => faults === 0);
  process.exitCode = isWell ? (facts.interrupted ? 130 : 0) : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function soak(): Promise<Facts> {
  const fleet = await startFleet(folder);
  try {
    // The first host leaves what is made once for the process.
    await (await openHost(fleet.config)).close();
    const before = takeSample();
    const host = await openHost(fleet.config);
    const ledger = new Ledger(folder);
    const startedAt = performance.now();
    const samples = await run(host, ledger, startedAt);
    const seconds = (performance.now() - startedAt) / 1000;
    await host.close();
    const left = await whatIsLeft(before);
    if (process.stderr.isTTY) process.stderr.write('\r\u001B[K');
    return {
      seconds,
      seed,
      interrupted: interrupt.signal.aborted,
      tally: ledger.tally,
      journals: ledger.compare(),
      samples,
      trends: trendsOf(samples),
      warnings,
      left,
    };
  } finally {
    await fleet[Symbol.asyncDispose]();
  }
}

/** Rounds of batches, several at once; between two rounds nothing is in flight, and a sample is taken. */
async function run(host: Host, ledger: Ledger, startedAt: number): Promise<readonly Sample[]> {
  const random = seeded(seed);
  const samples: Sample[] = [];
  const roundMs = Math.min(LONGEST_ROUND_MS, totalMs / 4);
  const isOver = (): boolean =>
    interrupt.signal.aborted || performance.now() - startedAt >= totalMs || ledger.tally.lost > 0;
  let batch = 0;
  while (!isOver()) {
    const until = performance.now() + roundMs;
    const lane = async (): Promise<void> => {
      while (!isOver() && performance.now() < until) {
        batch += 1;
        const plan = planBatch(batch, random);
        ledger.enter(plan, await runBatch(host, plan));
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    samples.push(takeSample());
    showProgress(ledger, performance.now() - startedAt);
  }
  return samples;
}

/** `undefined` for a batch that does not end. */
async function runBatch(host: Host, plan: Plan): Promise<readonly CallRecord[] | undefined> {
  const giveUp = new AbortController();
  const timer =
    plan.abortAfterMs === undefined
      ? undefined
      : setTimeout(() => {
          giveUp.abort();
        }, plan.abortAfterMs);
  const hanging = new AbortController();
  try {
    return await Promise.race([
      host.runBatch(inputOf(plan), {
        signal: giveUp.signal,
        ...(plan.deadlineMs !== undefined && { deadlineMs: plan.deadlineMs }),
      }),
      pause(HANGING_MS, undefined, { signal: hanging.signal }),
    ]);
  } finally {
    clearTimeout(timer);
    hanging.abort();
  }
}

function showProgress({ tally }: Ledger, ms: number): void {
  if (!process.stderr.isTTY) return;
  const minutes = `${(ms / 60_000).toFixed(1)} of ${totalMs / 60_000} min`;
  process.stderr.write(
    `\r\u001B[Ksoak: ${minutes}, ${tally.calls} calls, ${tally.lost} lost, ${tally.mixedUp} mixed up`,
  );
}

/** What the closed host has not let go of; sockets and processes may take a moment. */
async function whatIsLeft(before: Sample): Promise<readonly string[]> {
  const until = performance.now() + SETTLE_MS;
  for (;;) {
    const now = takeSample();
    const left = (['descriptors', 'handles', 'listeners'] as const)
      .filter((measure) => now[measure] > before[measure])
      .map((measure) => `${measure}: ${before[measure]} before, ${now[measure]} after`);
    left.push(...livingServers().map((command) => `still running: ${command}`));
    if (left.length === 0 || performance.now() > until) return left;
    await pause(50);
  }
}

/** Processes of servers that the host started. Those that listen were started here, and end later. */
function livingServers(): readonly string[] {
  if (process.platform !== 'linux') return [];
  const started = MEMBERS.filter(({ door }) => door === 'stdio').map(({ name }) =>
    join(folder, `${name}.journal`),
  );
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/u.test(entry))
    .map((pid) => commandOf(pid))
    .filter((command) => started.some((journal) => command.includes(journal)));
}

function commandOf(pid: string): string {
  const path = `/proc/${pid}/cmdline`;
  try {
    return existsSync(path) ? readFileSync(path, 'utf8').replaceAll('\0', ' ') : '';
  } catch {
    // It has ended meanwhile.
    return '';
  }
}
