import {
  chmodSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { HostEvent } from '../../src/call/events.ts';
import { redactor } from '../../src/record/redact.ts';
import { openTraceFile, type TraceFile } from '../../src/record/trace-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mcp-fanout-trace-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const EVENTS: readonly HostEvent[] = [
  { kind: 'batch-start', batch: 1 },
  { kind: 'text-delta', turn: 1, text: 'the key is sk-abcdef' },
];

const open = (path: string, warnings: string[] = []): Promise<TraceFile> => {
  const onWarning = (message: string): void => {
    warnings.push(message);
  };
  return openTraceFile(path, { redact: redactor(['sk-abcdef']), onWarning });
};

const lines = (path: string): unknown[] =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);

test('every event is one line of JSON, there at once and without secrets', async () => {
  const path = join(folder, 'trace.jsonl');
  using trace = await open(path);
  for (const event of EVENTS) trace.write(event);
  expect(lines(path)).toMatchObject([
    { kind: 'trace-start', format: 1, time: expect.any(Number) },
    { kind: 'batch-start', batch: 1, time: expect.any(Number) },
    { kind: 'text-delta', turn: 1, text: 'the key is [redacted]' },
  ]);
});

test('the file is its owner’s alone, also when it was there before', async () => {
  const path = join(folder, 'trace.jsonl');
  const older = await open(path);
  for (const event of [...EVENTS, ...EVENTS]) older.write(event);
  older[Symbol.dispose]();
  chmodSync(path, 0o644);
  using trace = await open(path);
  trace.write({ kind: 'batch-start', batch: 1 });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(lines(path)).toHaveLength(2);
});

test.each([
  '{"mcpServers": {}}\n',
  '{"level":30}\n{"kind":"trace-start"}\n',
  'null',
  '\n',
  'x'.repeat(100_000),
])('a file that is there already and is no trace is left as it was (%#)', async (text) => {
  const path = join(folder, 'precious');
  writeFileSync(path, text);
  chmodSync(path, 0o644);
  await expect(open(path)).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining('it is there already'),
  });
  expect(readFileSync(path, 'utf8')).toBe(text);
  expect(statSync(path).mode & 0o777).toBe(0o644);
});

test('a file that is there and empty is taken', async () => {
  const path = join(folder, 'empty');
  writeFileSync(path, '');
  using trace = await open(path);
  trace.write({ kind: 'batch-start', batch: 1 });
  expect(lines(path)).toHaveLength(2);
});

test('a symbolic link is not followed', async () => {
  const target = join(folder, 'precious');
  writeFileSync(target, 'precious');
  symlinkSync(target, join(folder, 'trace.jsonl'));
  await expect(open(join(folder, 'trace.jsonl'))).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining('symbolic link'),
  });
  expect(readFileSync(target, 'utf8')).toBe('precious');
});

test('a folder that is not there, and a pipe that nobody reads, are refused at once', async () => {
  await expect(open(join(folder, 'none', 'x'))).rejects.toMatchObject({
    code: 'usage',
    message: `cannot write the trace ${join(folder, 'none', 'x')}: there is no such folder: ${join(folder, 'none')}`,
  });
  execFileSync('bash', ['-c', 'mkfifo "$1"', 'bash', join(folder, 'pipe')]);
  await expect(open(join(folder, 'pipe'))).rejects.toMatchObject({ code: 'usage' });
});

test('a full disk costs one warning and never the run', async () => {
  const warnings: string[] = [];
  using trace = await open('/dev/full', warnings);
  for (const event of EVENTS) trace.write(event);
  expect(warnings).toEqual([expect.stringMatching(/^\/dev\/full: the trace ends here: .*ENOSPC/)]);
});
