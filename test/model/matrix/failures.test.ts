// What servers do wrong, row by row of the measured matrix.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HostError } from '../../../src/base/errors.ts';
import { eventually } from '../../support/leaks.ts';
import { rawEntry, rawTools } from '../../support/raw-host.ts';
import { MatrixHost, outcomesOf } from './matrix-host.ts';
import { VARIANTS } from './variants.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fanout-matrix-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A real process that dies of one of its tools, and the file in which it notes what it received. */
function mortal(log: string): object {
  const tools = rawTools(
    { name: 'crash', inputSchema: { type: 'object' }, annotations: { readOnlyHint: false } },
    { name: 'echo', inputSchema: { type: 'object' }, annotations: { readOnlyHint: true } },
  );
  return rawEntry('good', { tools }, { env: { WIRE_LOG: join(folder, log) } });
}

/** How many calls it received, over all its lives. */
function callsReceived(log: string): number {
  const lines = readFileSync(join(folder, log), 'utf8').split('\n');
  return lines.filter((line) => line.includes('"method":"tools/call"')).length;
}

describe.each(VARIANTS)('over $name', (variant) => {
  test('a tool’s own error is told as one, in its words', async () => {
    await using matrix = await MatrixHost.with(variant, [
      { name: 'a__fail', arguments: {} },
      { name: 'a__get', arguments: { key: 'x' } },
    ]);
    expect(outcomesOf(await matrix.run())).toEqual(['tool-error', 'ok']);
    expect(matrix.told()).toEqual(['Error from a__fail: no such record', 'x=0']);
  });

  test('an error of the protocol is told in the server’s words, without a stack', async () => {
    await using matrix = await MatrixHost.with(variant, [
      { name: 'a__broken', arguments: {} },
      { name: 'a__get', arguments: { key: 'x' } },
    ]);
    expect(outcomesOf(await matrix.run())).toEqual(['failed', 'ok']);
    expect(matrix.told()[0]).toMatch(/the disk is full/u);
    expect(matrix.told()[0]).not.toMatch(/\n\s*at /u);
    expect(matrix.told()[1]).toBe('x=0');
  });

  test('a call that hangs is cancelled at its server when its time is up; those behind it run then, all others before', async () => {
    await using matrix = await MatrixHost.with(
      variant,
      [
        { name: 'a__hold_write', arguments: { gate: 'never' } },
        { name: 'a__increment', arguments: { key: 'x' } },
        { name: 'b__increment', arguments: { key: 'y' } },
      ],
      { a: { tools: { hold_write: { timeoutMs: 2_000 } } } },
    );
    expect(outcomesOf(await matrix.run())).toEqual(['timeout', 'ok', 'ok']);
    expect(matrix.told()[0]).toMatch(/timeoutMs|totalMs/u);
    expect(matrix.told()[0]).toMatch(/not known whether the tool ran/u);
    await matrix.floor.heard('a.hold_write(never) gone');
    const { journal } = matrix.floor;
    expect(journal.indexOf('b.increment(y) end')).toBeLessThan(
      journal.indexOf('a.increment(x) start'),
    );
    await eventually('the cancellation', () => matrix.a.cancellations > 0);
    expect(matrix.a.cancellations).toBe(1);
  });

  test('a server that dies of a write gets it once; what became of it is not known; others notice nothing; the next turn finds it alive', async () => {
    const log = `${variant.name}.log`;
    const steps = [
      variant.message({
        calls: [
          { name: 'mortal__crash', arguments: {} },
          { name: 'b__get', arguments: { key: 'x' } },
        ],
      }),
      variant.message({ calls: [{ name: 'mortal__echo', arguments: { text: 'back' } }] }),
      variant.message({ text: 'Done.' }),
    ];
    await using matrix = await MatrixHost.open(variant, {
      steps,
      servers: { mortal: mortal(log) },
    });
    const result = await matrix.run();
    expect(result.turns[0]?.calls.map(({ outcome }) => outcome)).toMatchObject([
      { kind: 'failed', ran: 'unknown' },
      { kind: 'ok' },
    ]);
    expect(matrix.told(1)[0]).toMatch(/not known whether the tool ran/u);
    expect(matrix.told(1)[1]).toBe('x=0');
    expect(matrix.told(2)).toEqual(['back']);
    expect(callsReceived(log)).toBe(2);
  });

  test('a result of 2 MB reaches the model cut, with its start and a note', async () => {
    await using matrix = await MatrixHost.with(variant, [
      { name: 'a__big', arguments: {} },
      { name: 'b__get', arguments: { key: 'x' } },
    ]);
    await matrix.run();
    const [big = '', small] = matrix.told();
    expect(big.length).toBeLessThan(500_000);
    expect(big).toMatch(/^x{1000}/u);
    expect(big).toMatch(/2,000,000/u);
    expect(small).toBe('x=0');
  });

  test('an interruption ends the run at once, and cancels at the server what runs', async () => {
    const abort = new AbortController();
    await using matrix = await MatrixHost.open(variant, {
      steps: [
        variant.message({
          calls: [
            { name: 'a__hold', arguments: { gate: 'never' } },
            { name: 'b__hold_write', arguments: { gate: 'never' } },
            { name: 'b__increment', arguments: { key: 'x' } },
          ],
        }),
      ],
    });
    const run = matrix.run({ signal: abort.signal });
    await matrix.floor.heard('a.hold(never) start');
    await matrix.floor.heard('b.hold_write(never) start');
    abort.abort(new HostError('aborted', 'Ctrl-C'));
    const result = await run;
    expect(result.stopReason).toBe('interrupted');
    expect(result.turns[0]?.calls.map(({ outcome }) => outcome)).toMatchObject([
      { kind: 'cancelled' },
      { kind: 'cancelled', ran: 'unknown' },
      { kind: 'cancelled', ran: 'no' },
    ]);
    await matrix.floor.heard('a.hold(never) gone');
    await matrix.floor.heard('b.hold_write(never) gone');
    for (const server of [matrix.a, matrix.b])
      await eventually('the cancellation', () => server.cancellations > 0);
    expect([matrix.a.cancellations, matrix.b.cancellations]).toEqual([1, 1]);
    expect(matrix.floor.count('b.increment(x) start')).toBe(0);
  });
});
