import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readTrace } from '../../src/record/read-trace.ts';
import type { Trace } from '../../src/record/trace.ts';

/** An event as a line of a trace has it; `time` is ms since the recording began. */
export type Line = {
  readonly time?: number;
  readonly kind: string;
  readonly [key: string]: unknown;
};

export const START: Line = { kind: 'trace-start', format: 1 };
const BEGAN = Date.UTC(2026, 10, 20, 12);

export function traceFileText(lines: readonly Line[]): string {
  return lines
    .map(
      ({ time = 0, ...rest }) => `${JSON.stringify({ level: 30, time: BEGAN + time, ...rest })}\n`,
    )
    .join('');
}

/** A call's end, that went well unless `more` says otherwise. */
export function end(id: string, index: number, more: object = {}): Line {
  const record = {
    id,
    name: `desk__${id}`,
    server: 'desk',
    tool: id,
    arguments: { id },
    access: 'read',
    accessRule: 'default',
    outcome: { kind: 'ok', ran: 'yes', content: [{ type: 'text', text: `result of ${id}` }] },
    queuedMs: 0,
    startedMs: 0,
    endedMs: 100,
    attempts: 1,
    ...more,
  };
  return { kind: 'call-end', batch: 1, index, record, at: record.endedMs };
}

export function queue(id: string, index: number, at = 0): Line {
  return {
    kind: 'call-queue',
    batch: 1,
    id,
    index,
    name: `desk__${id}`,
    server: 'desk',
    tool: id,
    at,
  };
}

export function wait(
  id: string,
  reason: string,
  [from, to]: readonly [number, number],
): readonly Line[] {
  const fields = { batch: 1, id, reason };
  return [
    { kind: 'call-wait-start', ...fields, at: from },
    { kind: 'call-wait-end', ...fields, at: to },
  ];
}

export function sent(id: string, attempt: number, at: number): Line {
  return { kind: 'call-start', batch: 1, id, attempt, at };
}

/** Reads a text as a trace. */
export async function readText(text: string | Buffer): Promise<Trace> {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-fanout-read-'));
  const path = join(folder, 'x.jsonl');
  try {
    writeFileSync(path, text);
    return await readTrace(path, { textOf: (outcome) => JSON.stringify(outcome) });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function readLinesAsTrace(lines: readonly Line[]): Promise<Trace> {
  return readText(traceFileText([START, ...lines]));
}
