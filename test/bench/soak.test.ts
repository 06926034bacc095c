import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { planBatch, seeded, type Plan } from '../../bench/soak/batches.ts';
import { compareJournals, Ledger, type Said } from '../../bench/soak/ledger.ts';
import { trendsOf, type Measure, type Sample } from '../../bench/soak/samples.ts';
import type { CallRecord, Outcome } from '../../src/index.ts';

const SOAK = fileURLToPath(new URL('../../dist/bench/soak.js', import.meta.url));

interface Result {
  readonly ok: boolean;
  readonly calls: number;
  readonly answered: number;
  readonly writes: number;
  readonly checks: readonly { readonly name: string; readonly faults: number }[];
  readonly examples: readonly string[];
}

test('a short soak finds nothing lost, mixed up, repeated or left behind', async () => {
  const run = promisify(execFile)(process.execPath, [SOAK, '--minutes', '0.07', '--json']);
  const { stdout } = await run;
  const result = JSON.parse(stdout) as Result;
  expect(result.examples).toEqual([]);
  expect(result.checks.filter(({ faults }) => faults > 0)).toEqual([]);
  expect(result.ok).toBe(true);
  expect(result.answered).toBeGreaterThan(0);
  expect(result.writes).toBeGreaterThan(0);
}, 120_000);

describe('the comparison with the journals', () => {
  const said = (id: string, ran: Said['ran']): Said => ({ id, server: 'a', ran });
  const journal = (...lines: readonly string[]) => new Map([['a', lines]]);
  const count = (list: readonly Said[], lines: ReadonlyMap<string, readonly string[]>) => {
    const { repeated, misreported, disordered, crashes } = compareJournals(list, lines);
    return { repeated, misreported, disordered, crashes };
  };
  const none = { repeated: 0, misreported: 0, disordered: 0, crashes: 0 };

  test('finds nothing where all is as it was said', () => {
    const list = [
      said('1.0', 'yes'),
      said('1.1', 'unknown'),
      said('1.2', 'no'),
      said('2.0', 'yes'),
    ];
    expect(count(list, journal('start 1', 'ran 1.0', 'ran 2.0'))).toEqual(none);
    expect(count(list, journal('ran 1.0', 'ran 1.1', 'crash', 'ran 2.0'))).toEqual({
      ...none,
      crashes: 1,
    });
  });

  test.each([
    {
      what: 'a write that ran twice',
      list: [said('1.0', 'yes')],
      lines: ['ran 1.0', 'ran 1.0'],
      found: { repeated: 1 },
    },
    {
      what: 'one that ran although it is said not to',
      list: [said('1.0', 'no')],
      lines: ['ran 1.0'],
      found: { misreported: 1 },
    },
    {
      what: 'one that did not run although it is said to',
      list: [said('1.0', 'yes')],
      lines: [],
      found: { misreported: 1 },
    },
    {
      what: 'one that was never reported',
      list: [],
      lines: ['ran 1.0'],
      found: { misreported: 1 },
    },
    {
      what: 'two that ran in another order than the batch has',
      list: [said('1.0', 'yes'), said('1.1', 'yes')],
      lines: ['ran 1.1', 'ran 1.0'],
      found: { disordered: 1 },
    },
  ])('finds $what', ({ list, lines, found }) => {
    expect(count(list, journal(...lines))).toEqual({ ...none, ...found });
  });
});

describe('the ledger', () => {
  const nonceAnswer = (server: string, nonce: string): Outcome => ({
    kind: 'ok',
    ran: 'yes',
    content: [{ type: 'text', text: nonce }],
    structuredContent: { server, nonce },
  });
  const plan: Plan = {
    calls: [
      { server: 'sse', nonce: 'n0', write: '1.0', call: { name: 'sse__note' } },
      { server: 'sse', nonce: 'n1', write: undefined, call: { name: 'sse__look' } },
    ],
    streamed: true,
    abortAfterMs: undefined,
    deadlineMs: undefined,
  };
  // Of a record the ledger looks at its name and its outcome.
  const records = (...outcomes: readonly Outcome[]): CallRecord[] =>
    outcomes.map(
      (outcome, index) => ({ name: plan.calls[index]?.call.name, outcome }) as CallRecord,
    );
  const entered = (given: Plan, results: readonly CallRecord[] | undefined) => {
    const folder = mkdtempSync(join(tmpdir(), 'ledger-'));
    try {
      const ledger = new Ledger(folder);
      writeFileSync(join(folder, 'sse.journal'), 'ran 1.0\n');
      ledger.enter(given, results);
      const { lost, mixedUp, unseen, unanswered } = ledger.tally;
      const { misreported, repeated } = ledger.compare();
      return { lost, mixedUp, unseen, unanswered, misreported, repeated };
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
  const well = { lost: 0, mixedUp: 0, unseen: 0, unanswered: {}, misreported: 0, repeated: 0 };
  const [first, second] = [nonceAnswer('sse', 'n0'), nonceAnswer('sse', 'n1')];

  test('has nothing to say about a batch whose answers are its own', () => {
    expect(entered(plan, records(first, second))).toEqual(well);
  });

  test('counts answers that were swapped', () => {
    expect(entered(plan, records(second, first))).toEqual({ ...well, mixedUp: 2 });
  });

  test('counts calls without an outcome, and all of a batch that did not end', () => {
    expect(entered(plan, records(first))).toEqual({ ...well, lost: 1 });
    expect(entered(plan, undefined)).toEqual({ ...well, lost: 2 });
  });

  test('asks for no outcome of what had not arrived when the batch was given up, but it must not have run', () => {
    expect(entered({ ...plan, abortAfterMs: 1 }, records(first))).toEqual({ ...well, unseen: 1 });
    const none = entered({ ...plan, abortAfterMs: 1 }, []);
    expect(none).toEqual({ ...well, unseen: 2, misreported: 1 });
  });

  test('counts a failure only where nothing disturbed the batch', () => {
    const failure: Outcome = { kind: 'failed', ran: 'unknown', code: 'x', message: '' };
    expect(entered(plan, records(first, failure)).unanswered).toEqual({ sse: 1 });
    expect(entered({ ...plan, deadlineMs: 1 }, records(first, failure))).toEqual(well);
  });
});

describe('the trend', () => {
  const flat: Sample = {
    heapBytes: 20_000_000,
    externalBytes: 4_000_000,
    rssBytes: 90_000_000,
    descriptors: 40,
    listeners: 8,
    handles: 30,
  };
  const series = (change: (index: number) => Partial<Sample>): readonly Sample[] =>
    Array.from({ length: 60 }, (_, index) => ({ ...flat, ...change(index) }));
  const growing = (samples: readonly Sample[]): readonly Measure[] =>
    (trendsOf(samples) ?? []).filter(({ isFlat }) => !isFlat).map(({ measure }) => measure);

  test('is flat where nothing grows, whatever single samples say', () => {
    expect(growing(series((index) => (index % 7 === 0 ? { heapBytes: 60_000_000 } : {})))).toEqual(
      [],
    );
    expect(growing(series((index) => (index < 6 ? { heapBytes: 5_000_000 } : {})))).toEqual([]);
  });

  test('shows a slow leak of each kind', () => {
    expect(growing(series((index) => ({ heapBytes: 20_000_000 + index * 80_000 })))).toEqual([
      'heapBytes',
    ]);
    expect(growing(series((index) => ({ descriptors: 40 + Math.floor(index / 5) })))).toEqual([
      'descriptors',
    ]);
    expect(growing(series((index) => ({ listeners: 8 + Math.floor(index / 20) })))).toEqual([
      'listeners',
    ]);
  });

  test('is not told from a few samples', () => {
    expect(trendsOf(series(() => ({})).slice(0, 17))).toBeUndefined();
  });
});

test('the same seed gives the same batches', () => {
  const batches = (seed: number) => {
    const random = seeded(seed);
    return Array.from({ length: 20 }, (_, batch) => planBatch(batch, random));
  };
  expect(batches(7)).toEqual(batches(7));
  expect(batches(7)).not.toEqual(batches(8));
});
