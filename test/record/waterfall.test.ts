import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import { summaryLine } from '../../src/record/summary-line.ts';
import { waterfall } from '../../src/record/waterfall.ts';
import { callRecord, deniedRecord, reportOf } from './call-record.ts';

const LOOKUPS = reportOf(
  callRecord({ tool: 'get_customer', endedMs: 400 }),
  callRecord({ tool: 'get_orders', endedMs: 500 }),
  callRecord({ tool: 'get_tickets', endedMs: 600 }),
);

describe('the summary line', () => {
  test('compares the wall time with running the calls one by one', () => {
    const report = { ...LOOKUPS, wallMs: 610, speedup: 1500 / 610 };
    expect(summaryLine(report)).toBe('3 calls · 0.61 s wall · 1.50 s one by one · 2.5x');
    // What cost more than it saved is no speed-up.
    expect(summaryLine({ ...report, wallMs: 3000, speedup: 0.5 })).toBe(
      '3 calls · 3.00 s wall · 1.50 s one by one',
    );
  });

  test('counts the failed calls', () => {
    const report = reportOf(callRecord(), callRecord(), deniedRecord());
    expect(summaryLine(report)).toBe('3 calls (1 failed) · 0.10 s wall · 0.20 s one by one · 2.0x');
  });

  test('compares nothing for a single call', () => {
    expect(summaryLine(reportOf(callRecord({ endedMs: 612 })))).toBe('1 call · 0.61 s');
  });

  test('says so when none was sent', () => {
    expect(summaryLine(reportOf(deniedRecord()))).toBe('1 call (1 failed) · none was sent');
  });

  test('is short for an empty batch', () => {
    expect(summaryLine(reportOf())).toBe('0 calls');
  });

  test('tells when the servers were ready, since that is part of the wall time', () => {
    const servers = { awaited: 5, ready: 5, ms: 350 };
    expect(summaryLine(LOOKUPS, { servers })).toMatch(/ · servers ready after 0\.35 s$/);
    expect(summaryLine(LOOKUPS, { servers: { ...servers, ready: 1 } })).toMatch(
      / · 1 of 5 servers ready after 0\.35 s$/,
    );
  });

  test('makes no comparison when a person was waited for', () => {
    expect(summaryLine(LOOKUPS, { personMs: 420 })).toBe(
      '3 calls · 0.60 s wall, 0.42 s of it for answers',
    );
  });
});

describe('the waterfall', () => {
  test('draws waiting and running over the time line of the batch', () => {
    const report = reportOf(
      callRecord({ tool: 'first', endedMs: 500 }),
      callRecord({ tool: 'second', startedMs: 500, endedMs: 1000 }),
      callRecord({ tool: 'late', queuedMs: 500, startedMs: 750, endedMs: 1000 }),
    );
    // server 4, tool 6, ms 8, state 10, gaps 8: 20 columns are left for the bar.
    expect(waterfall(report, { width: 56 })).toEqual([
      'desk  first   ██████████              500 ms  ok',
      'desk  second  ··········██████████    500 ms  ok',
      'desk  late              ·····█████    250 ms  ok',
    ]);
  });

  test('gives even the shortest call a cell', () => {
    const report = reportOf(
      callRecord({ endedMs: 10_000 }),
      callRecord({ startedMs: 9_999.9, endedMs: 10_000 }),
    );
    for (const line of waterfall(report, { width: 60 })) expect(line).toContain('█');
  });

  test('shows a call that was never sent as waiting only, without a duration', () => {
    const [, line] = waterfall(reportOf(callRecord(), deniedRecord()), { width: 56 });
    expect(line).toMatch(/^desk {2}read {2}·+ +– {2}denied$/);
  });

  test.each([20, 24, 30, 40, 60, 80, 200])('fits %i columns', (width) => {
    const records = [
      callRecord({ server: 'a-server-with-a-name', tool: 'a_tool_with_quite_a_long_name_indeed' }),
      callRecord({ tool: '名前の長い道具', endedMs: 123_456 }),
      deniedRecord(),
    ];
    const lines = waterfall(reportOf(...records), { width });
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(width);
  });

  test('keeps the failed and the slowest calls when rows are short, in call order', () => {
    const records = Array.from({ length: 50 }, (_, index) =>
      callRecord({ tool: `tool_${index}`, endedMs: index === 7 ? 900 : 10 + index }),
    );
    records[20] = deniedRecord({ tool: 'refused' });
    const lines = waterfall(reportOf(...records), { width: 80, maxRows: 3 });
    expect(lines.slice(0, 3).map((line) => line.split(/ +/)[1])).toEqual([
      'tool_7',
      'refused',
      'tool_49',
    ]);
    expect(lines[3]).toBe('… and 47 more calls');
  });

  test('makes hostile names harmless', () => {
    const report = reportOf(callRecord({ server: 'a\u001b[2J', tool: 'b\n\u202ec' }));
    const [line] = waterfall(report, { width: 80 });
    expect(line).toContain('a\\x1b[2J');
    expect(line).toContain('b \\u{202e}c');
  });
});
