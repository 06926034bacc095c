import { expect } from 'vitest';
import type { CallRecord } from '../../src/index.ts';
import { fault, hostile, type Fault, type Row, type Scene } from './beside-a-fault.ts';
import type { RowId } from './checklist.ts';

/** What the process may compute beside a fault, in ms of processor time: seconds of it are a process that answers nobody. */
const MAX_CPU_MS = 3_000;

/** A list that is read when its server is first needed, and a call of its tool `bad`. */
function list(
  rows: readonly RowId[],
  [name, title, value = 'x']: readonly [name: string, title: string, value?: unknown],
  check: (record: CallRecord, scene: Scene) => void,
): Row<readonly [CallRecord, number]> {
  const answer = { content: [], structuredContent: { n: value } };
  return {
    rows,
    title,
    atStart: true,
    servers: (stage) => ({ faulty: hostile(stage, { list: name, answer }, { start: 'lazy' }) }),
    strike: async (scene) => {
      const before = process.cpuUsage();
      const record = await scene.call('bad', { n: 'x' });
      return [record, process.cpuUsage(before).user / 1_000];
    },
    check: ([record, cpuMs], scene) => {
      expect(cpuMs).toBeLessThan(MAX_CPU_MS);
      check(record, scene);
    },
  };
}

const isJudged = (record: CallRecord): void => {
  expect(record.outcome).toMatchObject({ code: 'invalid-result', ran: 'yes' });
};
const isOk = (record: CallRecord): void => {
  expect(record.outcome.kind).toBe('ok');
};
const isUnchecked = (record: CallRecord, scene: Scene): void => {
  expect(record.outcome.kind).toBe('ok');
  expect(scene.notices()).toEqual(['output-schema']);
};
const isMended = (record: CallRecord, scene: Scene): void => {
  expect(record.outcome.kind).toBe('ok');
  expect(scene.notices()).toEqual(['tool-repaired']);
};
const isLeftOut = (record: CallRecord, scene: Scene): void => {
  expect(record.outcome).toMatchObject({ kind: 'invalid', ran: 'no' });
  expect(scene.notices()).toEqual(['tool-dropped']);
};
const isOneOfFifty = (record: CallRecord, scene: Scene): void => {
  isLeftOut(record, scene);
  const tools = scene.raw.host.tools().filter(({ server }) => server === 'faulty');
  expect(tools).toHaveLength(49);
  expect(scene.noticeText('tool-dropped')).toContain('bad');
};

let deep: unknown = 'x';
for (let level = 0; level < 90; level += 1) deep = { n: deep };

const SCHEMAS = [
  list(
    ['B1-01', 'II-23'],
    [
      'pattern-without-end',
      'a pattern that backtracks for ever is judged at once',
      `${'a'.repeat(40)}!`,
    ],
    isJudged,
  ),
  list(
    ['B1-02', 'II-23'],
    ['large-output', 'an output schema of 416 KB is dropped, not its tool'],
    isMended,
  ),
  list(
    ['B1-02', 'II-23'],
    ['fairly-large-output', 'an output schema just under the limit costs a bounded time'],
    isOk,
  ),
  list(
    ['II-23'],
    ['output-of-references', 'an output schema that names itself over and over does, too'],
    isOk,
  ),
  list(
    ['II-23'],
    ['recursive-output', 'a recursive output schema is followed as far as the answer goes', deep],
    isOk,
  ),
  list(['II-23'], ['deep-output', 'an output schema ten thousand deep is dropped'], isMended),
  list(
    ['B1-03', 'II-23'],
    [
      'output-elsewhere',
      'an output schema that points elsewhere is not fetched: its tool is not checked',
    ],
    isUnchecked,
  ),
  list(
    ['B1-03'],
    ['output-of-no-type', 'an output schema that cannot be compiled costs its own tool the check'],
    isUnchecked,
  ),
  list(
    ['II-23'],
    ['large-input', 'a tool whose input schema has a megabyte is left out'],
    isLeftOut,
  ),
  list(
    ['II-23'],
    ['deep-input', 'a tool whose input schema nests ten thousand deep is left out'],
    isLeftOut,
  ),
  list(
    ['II-23'],
    [
      'input-elsewhere',
      'an input schema that points elsewhere is not fetched: its server has to judge',
    ],
    isOk,
  ),
  list(['B1-04'], ['name-of-a-number', 'a tool whose name is a number is left out'], isLeftOut),
  list(
    ['II-23'],
    ['deep-name', 'a tool whose name nests ten thousand deep is left out'],
    isLeftOut,
  ),
  list(
    ['II-24'],
    ['one-bad-of-fifty', 'one bad tool among fifty is left out, and told by name'],
    isOneOfFifty,
  ),
];

/** Schemas that are large, deep, circular or no schemas, and tools that are none. */
export const SCHEMA_FAULTS: readonly Fault[] = SCHEMAS.map(fault);
