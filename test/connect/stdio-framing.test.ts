import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { splitJsonValues } from '../../src/connect/json-values.ts';
import { findAnswerId } from '../../src/connect/message-id.ts';
import { LineFraming, type Line } from '../../src/connect/stdio-framing.ts';
import { collectGarbage, heapGrowth } from '../support/garbage.ts';

function frame(chunks: readonly (string | Buffer)[], maxBytes = 1_000): readonly Line[] {
  const lines: Line[] = [];
  const framing = new LineFraming(maxBytes, (line) => lines.push(line));
  for (const chunk of chunks) framing.push(Buffer.from(chunk));
  framing.end();
  return lines;
}

describe('a stream of lines', () => {
  test('is cut at its newlines, wherever the chunks end', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc
            .string({ unit: 'grapheme' })
            .map((text) => `x${text.replaceAll(/[\r\n\uFEFF]/g, '')}x`),
        ),
        fc.array(fc.nat({ max: 50 })),
        (texts, sizes) => {
          const bytes = Buffer.from(texts.map((text) => `${text}\n`).join(''));
          const chunks: Buffer[] = [];
          let at = 0;
          for (const size of sizes) chunks.push(bytes.subarray(at, (at += size)));
          chunks.push(bytes.subarray(at));
          expect(frame(chunks, 100_000)).toEqual(texts.map((text) => ({ kind: 'line', text })));
        },
      ),
    );
  });

  test('may end its lines with CRLF, begin with a byte order mark, hold blank lines, and end without a newline', () => {
    expect(frame(['\uFEFFa\r\n\r\n  \nb\n', 'c'])).toEqual(
      ['a', 'b', 'c'].map((text) => ({ kind: 'line', text })),
    );
  });

  test('goes on after a line over the limit, of which the two ends are kept', () => {
    const long = `{"id":1${'x'.repeat(5_000)}"id":2}`;
    const lines = frame(
      [`a\n${long.slice(0, 700)}`, long.slice(700, 3_000), `${long.slice(3_000)}\nb\n`],
      1_000,
    );
    expect(lines).toEqual([
      { kind: 'line', text: 'a' },
      {
        kind: 'oversize',
        bytes: long.length,
        head: long.slice(0, 1_024),
        tail: long.slice(-1_024),
      },
      { kind: 'line', text: 'b' },
    ]);
  });

  test('accepts a line of exactly the limit', () => {
    expect(frame([`${'x'.repeat(1_000)}\n`])).toMatchObject([{ kind: 'line' }]);
    expect(frame([`${'x'.repeat(1_001)}\n`])).toMatchObject([{ kind: 'oversize', bytes: 1_001 }]);
  });

  test('keeps no more in memory than the limit, however long a line is', () => {
    const framing = new LineFraming(1_000, () => undefined);
    const chunk = Buffer.alloc(1_000_000, 'x');
    collectGarbage();
    const before = process.memoryUsage().arrayBuffers;
    for (let count = 0; count < 300; count += 1) framing.push(Buffer.from(chunk));
    expect(framing.pendingBytes).toBe(300_000_000);
    collectGarbage();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(150_000_000);
    expect(framing.pendingBytes).toBeGreaterThan(0);
  });

  test('costs not much more than it holds, also when it comes byte by byte', () => {
    let whole = '';
    const framing = new LineFraming(10_000_000, (line) => {
      whole = line.kind === 'line' ? line.text : '';
    });
    const written = '0123456789'.repeat(100_000);
    const grown = heapGrowth(() => {
      for (const character of written) framing.push(Buffer.from(character));
    });
    expect(grown).toBeLessThan(30_000_000);
    framing.push(Buffer.from('\n'));
    expect(whole).toBe(written);
  });

  test.each([1, 7, 1_000, 65_536, 700_000, 3_000_000])(
    'may be long, and come in pieces of %i bytes',
    (size) => {
      // Characters of one to four bytes, so that pieces end in the middle of some.
      const length = Math.min(2_000_000, size * 40_000);
      const long = 'aé€😀'.repeat(length / 10);
      const bytes = Buffer.from(`${long}\r\n${long}\nshort\n`);
      const texts: string[] = [];
      const framing = new LineFraming(2_000_001, (line) => {
        texts.push(line.kind === 'line' ? line.text : 'too large');
      });
      for (let at = 0; at < bytes.length; at += size) framing.push(bytes.subarray(at, at + size));
      expect(texts.map((text) => text === long)).toEqual([true, true, false]);
      expect(texts[2]).toBe('short');
    },
  );

  test('keeps the two ends of one that is over the limit after it has become long', () => {
    const long = Array.from({ length: 300_000 }, (_, index) => `${index},`).join('');
    const chunks = Array.from({ length: Math.ceil(long.length / 10_000) }, (_, index) =>
      long.slice(index * 10_000, (index + 1) * 10_000),
    );
    expect(frame([...chunks, '\nb\n'], long.length - 1)).toEqual([
      {
        kind: 'oversize',
        bytes: long.length,
        head: long.slice(0, 1_024),
        tail: long.slice(-1_024),
      },
      { kind: 'line', text: 'b' },
    ]);
    expect(frame([...chunks, '\nb\n'], long.length)).toEqual([
      { kind: 'line', text: long },
      { kind: 'line', text: 'b' },
    ]);
  });

  test('takes time in proportion to its length', () => {
    const timeOf = (bytes: number): number => {
      const chunk = Buffer.alloc(65_536, 'x');
      let lines = 0;
      const framing = new LineFraming(Number.MAX_SAFE_INTEGER, () => (lines += 1));
      const started = performance.now();
      for (let sent = 0; sent < bytes; sent += chunk.length) framing.push(chunk);
      framing.push(Buffer.from('\n'));
      expect(lines).toBe(1);
      return performance.now() - started;
    };
    timeOf(4_000_000);
    // Quadratic would be 256 times as long.
    expect(timeOf(64_000_000)).toBeLessThan(Math.max(2_000, timeOf(4_000_000) * 100));
  });
});

describe('the id of an answer of which only the two ends are known', () => {
  const middle = 'x'.repeat(2_000);
  const ends = (text: string): [string, string] => [text.slice(0, 500), text.slice(-500)];

  test.each([
    ['as most write it', { jsonrpc: '2.0', id: 7, result: { text: middle } }, 7],
    ['last, as the SDK of old writes it', { result: { text: middle }, jsonrpc: '2.0', id: 7 }, 7],
    ['before the version', { result: { text: middle }, id: 'abc', jsonrpc: '2.0' }, 'abc'],
    ['alone at the end', { result: { text: middle }, id: 7 }, 7],
    ['an id with quotes in it', { id: 'a"b', result: { text: middle } }, 'a"b'],
    ['zero', { id: 0, result: { text: middle } }, 0],
  ])('is found: %s', (_, message, id) => {
    expect(findAnswerId(...ends(JSON.stringify(message)))).toBe(id);
    expect(
      findAnswerId(...ends(` ${JSON.stringify(message, null, 1).replaceAll('\n', ' ')} `)),
    ).toBe(id);
  });

  test.each([
    ['of something inside', { jsonrpc: '2.0', result: { id: 9, text: middle } }],
    ['of something inside, at its end', { jsonrpc: '2.0', result: { text: middle, id: 9 } }],
    ['in a text that looks like it', { result: { text: `${middle},"id":9}` } }],
    ['in a text that looks like it and ends the message', { result: middle, text: `,"id":9` }],
    [
      'of a request of the server',
      { jsonrpc: '2.0', id: 9, method: 'sampling/createMessage', params: { text: middle } },
    ],
    [
      'of a request of the server, written last',
      { method: 'sampling/createMessage', params: { text: middle }, jsonrpc: '2.0', id: 9 },
    ],
    ['between other things', { a: { x: 1 }, id: 9, b: { text: middle } }],
    ['null', { jsonrpc: '2.0', id: null, error: { message: middle } }],
  ])('is not mistaken: %s', (_, message) => {
    expect(findAnswerId(...ends(JSON.stringify(message)))).toBeUndefined();
  });

  test('is looked for in bounded time', () => {
    for (const hostile of [
      '{"a":"b",'.repeat(120),
      '"'.repeat(1_024),
      ',"\\'.repeat(300),
      '{'.repeat(1_024),
      ',"a":1'.repeat(170),
    ]) {
      const started = performance.now();
      findAnswerId(hostile.slice(0, 1_024), `${hostile.slice(0, 1_023)}}`);
      expect(performance.now() - started).toBeLessThan(1_000);
    }
  });
});

describe('several values on one line', () => {
  test('are taken apart', () => {
    expect(splitJsonValues('{"a":"}{"}{"b":[1,"]"]} [2]')).toEqual([
      '{"a":"}{"}',
      '{"b":[1,"]"]}',
      '[2]',
    ]);
    fc.assert(
      fc.property(
        fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { minLength: 1 }),
        (objects) => {
          const parts = splitJsonValues(objects.map((object) => JSON.stringify(object)).join(' '));
          expect(parts?.map((part) => JSON.parse(part) as unknown)).toEqual(
            objects.map((object) => JSON.parse(JSON.stringify(object)) as unknown),
          );
        },
      ),
    );
  });

  test.each(['hello {"a":1}', '{"a":1} bye', '{"a":1', '}', '', '42', '{"a":"b'])(
    'are not seen in %j',
    (line) => {
      expect(splitJsonValues(line)).toBeUndefined();
    },
  );
});
