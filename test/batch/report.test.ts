import { expect, test } from 'vitest';
import { batchReport } from '../../src/batch/report.ts';
import type { CallRecord } from '../../src/call/call.ts';
import { callId } from '../../src/call/names.ts';
import { OK } from '../support/fake-batch.ts';

function record(startedMs: number, endedMs: number): CallRecord {
  return {
    id: callId('c'),
    name: 'n',
    server: 's',
    tool: 't',
    arguments: {},
    access: 'read',
    accessRule: 'default',
    outcome: OK,
    queuedMs: 0,
    startedMs,
    endedMs,
    attempts: 1,
  };
}

test('adds up what the calls took, and how much their overlap saved', () => {
  const report = batchReport([record(0, 400), record(0, 500), record(100, 700.000_44)], 700);
  expect(report).toMatchObject({ wallMs: 700, sumMs: 1_500, longestMs: 600, speedup: 2.14 });
});

test('an empty batch, and one in which nothing was sent, saved nothing', () => {
  expect(batchReport([], 0.2)).toEqual({
    results: [],
    wallMs: 0.2,
    sumMs: 0,
    longestMs: 0,
    speedup: 1,
  });
  expect(batchReport([record(5, 5)], 5)).toMatchObject({ sumMs: 0, speedup: 1 });
});

test('takes any number of calls', () => {
  const one = record(0, 1);
  expect(
    batchReport(
      Array.from({ length: 300_000 }, () => one),
      1,
    ).longestMs,
  ).toBe(1);
});
