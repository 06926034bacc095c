import { expect, test } from 'vitest';
import type { Sample } from '../../bench/race/bench.ts';
import type { Entrant } from '../../bench/race/entrants.ts';
import { tableOf } from '../../bench/race/markdown.ts';
import { rowResults } from '../../bench/race/results.ts';
import type { Row } from '../../bench/race/row.ts';

const AIMLESS: Row = {
  id: 'row',
  name: 'some calls',
  work: 'sleepers',
  transport: 'stdio',
  servers: 1,
  params: {},
  idealMs: 200,
  shows: 'ratio',
  quick: {},
};
const ROW: Row = { ...AIMLESS, goal: 1.3 };

const entrant = (name: string, title: string, floor = 'raw'): Entrant => ({
  name,
  title,
  floor,
  module: '',
  node: '',
});
const ENTRANTS = [
  entrant('raw', 'floor'),
  entrant('host', 'mcp-fanout'),
  entrant('sdk', 'SDK'),
  entrant('raw-newer', 'floor on Node 24', 'raw-newer'),
  entrant('peer', 'peer', 'raw-newer'),
];

const taken = (...values: readonly number[]): readonly Sample[] =>
  values.map((value) => ({ value }));
const SAMPLES = new Map([
  ['raw', taken(210, 220, 250)],
  ['host', taken(220, 222, 260)],
  ['sdk', []],
  ['raw-newer', taken(201, 204, 202)],
  ['peer', taken(202, 202, 204)],
]);
const FAILURES = new Map([['sdk', 'a | b\nc']]);

const raced = (row: Partial<Row>) =>
  rowResults({
    row: { ...ROW, ...row },
    entrants: ENTRANTS,
    samples: SAMPLES,
    failures: FAILURES,
    taken: 13,
    takenWhileBusy: 0,
  });

test('a detailed table has the middle half of all samples, and why somebody fails', () => {
  const [head, , row] = tableOf([raced({})], { detailed: true }).split('\n');
  expect(head).toBe('| work | floor | mcp-fanout | SDK | floor on Node 24 | peer | goal |');
  // Everything is above the ideal, and every ratio is one of a round with the floor on the same Node.
  expect(row).toBe(
    '| some calls | 20 (15–35) ms | **1.20 (1.15–1.60)** | fails (a \\| b c) | 2.0 (1.5–3.0) ms | 2.00 (1.25–2.00) | 1.30 |',
  );
});

test('a short one has medians, and one floor', () => {
  const [head, , row] = tableOf([raced({})], { detailed: false }).split('\n');
  expect(head).toBe('| work | floor | mcp-fanout | SDK | peer | goal |');
  expect(row).toBe('| some calls | 20 ms | **1.20** | fails | 2.00 | 1.30 |');
});

test('a row may show what is above the floor, or the value itself', () => {
  const lines = [
    raced({ shows: 'excess', goal: 3 }),
    raced({ shows: 'value', goal: 1.5 }),
    raced({ work: 'leftByCall', idealMs: -4_000_000, shows: 'value', goal: 5_000_000 }),
  ].map((row) => tableOf([row], { detailed: false }).split('\n')[2]);
  expect(lines).toEqual([
    '| some calls | 20 ms | **10 ms** | fails | 1.0 ms | 3.0 ms above the floor (missed) |',
    '| some calls | 20 ms | **22 ms** | fails | 2.0 ms | 1.5 ms (missed) |',
    '| some calls | 4.0 MB | **4.0 MB** | fails | 4.0 MB | 5.0 MB |',
  ]);
});

test('a row without a goal misses none, and one that was not run has no figure', () => {
  const other = rowResults({
    row: { ...AIMLESS, name: 'other calls' },
    entrants: ENTRANTS.slice(0, 2),
    samples: new Map([['raw', taken(210)]]),
    failures: new Map(),
    taken: 1,
    takenWhileBusy: 0,
  });
  expect(other.reached).toBeUndefined();
  const [head, , first, second] = tableOf([raced({}), other], { detailed: true }).split('\n');
  expect(head).toContain('| mcp-fanout |');
  expect(first).toContain('| 1.30 |');
  expect(second).toBe('| other calls | 10 ms | – | – | – | – | – |');
});
