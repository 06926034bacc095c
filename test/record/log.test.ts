import { expect, test } from 'vitest';
import type { HostEvent } from '../../src/call/events.ts';
import { callId, serverId } from '../../src/call/names.ts';
import { openLog, type LogLevel } from '../../src/record/log.ts';
import { redactor } from '../../src/record/redact.ts';
import { callRecord, reportOf } from './call-record.ts';

const DOCS = serverId('docs');
const EVENTS: readonly HostEvent[] = [
  {
    kind: 'connection-change',
    server: DOCS,
    state: { kind: 'ready', tools: 3, readyMs: 12, protocolVersion: '2025-11-25' },
  },
  { kind: 'connection-change', server: DOCS, state: { kind: 'failed', reason: 'gone' } },
  { kind: 'server-notice', server: DOCS, code: 'junk', message: 'junk on stdout' },
  { kind: 'call-wait-start', batch: 1, id: callId('a'), reason: 'slot', at: 1 },
  {
    kind: 'call-end',
    batch: 1,
    index: 0,
    record: callRecord({ arguments: { key: 's3cret-value' } }),
    at: 100,
  },
  { kind: 'batch-end', batch: 1, report: reportOf(callRecord()) },
  { kind: 'text-delta', turn: 1, text: 'a\u001b[2Jb s3cret-value' },
];

async function logged(level: LogLevel): Promise<string[]> {
  const written: string[] = [];
  const writeLine = (line: string): void => {
    written.push(line);
  };
  const log = await openLog({ level, redact: redactor(['s3cret-value']), writeLine });
  for (const event of EVENTS) log?.(event);
  return written;
}

/** Without the time of day. */
const words = (line: string): string => line.replace(/^\S+ /, '');

test.each(['warn', 'error', 'silent'] as const)('at %s there is no log', async (level) => {
  expect(await logged(level)).toEqual([]);
});

test('at info there are connections, but not what the person is told anyway', async () => {
  expect((await logged('info')).map(words)).toEqual([
    'info connection-change server=docs state=ready tools=3 readyMs=12 protocolVersion=2025-11-25',
  ]);
});

test('at debug there are calls, without arguments and results', async () => {
  const lines = (await logged('debug')).map(words);
  expect(lines.slice(1)).toEqual([
    'debug call-end batch=1 index=0 at=100 id=call_1 name=desk__read outcome=ok attempts=1 startedMs=0',
    'debug batch-end batch=1 calls=1 wallMs=100 sumMs=100 longestMs=100 speedup=1',
  ]);
});

test('at trace there is everything, on one line each, harmless and without secrets', async () => {
  const lines = await logged('trace');
  expect(lines.map(words)).toContain('trace call-wait-start batch=1 id=a reason=slot at=1');
  expect(lines.map(words)).toContain('trace text-delta turn=1 text=a\\x1b[2Jb [redacted]');
  for (const line of lines) expect(line).toMatch(/^\d\d:\d\d:\d\d\.\d{3} /);
});
