import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EventSizes } from '../../src/connect/sse-limit.ts';

function accepts(stream: string, maxBytes: number, chunkSize = 7): boolean {
  const sizes = new EventSizes(maxBytes);
  const bytes = Buffer.from(stream);
  for (let at = 0; at < bytes.length; at += chunkSize) {
    if (!sizes.accept(bytes.subarray(at, at + chunkSize))) return false;
  }
  return true;
}

describe('the size of an event', () => {
  test('counts from blank line to blank line, whatever ends the lines and the chunks', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.integer({ min: 1, max: 40 }),
        (end, chunkSize) => {
          const event = (chars: number): string =>
            `id: 1${end}data: ${'x'.repeat(chars)}${end}${end}`;
          // 5 of the id, 6 of `data: `.
          expect(accepts(event(89).repeat(5), 100, chunkSize)).toBe(true);
          expect(accepts(event(89) + event(90), 100, chunkSize)).toBe(false);
        },
      ),
    );
  });

  test('is the same however the stream is cut', () => {
    const part = fc.constantFrom('\n', '\r', '\r\n', ':', 'data: ', 'x', 'xxxxxxxxxx');
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 60 }),
        fc.integer({ min: 2, max: 40 }),
        (parts, size) => {
          const stream = parts.join('');
          expect(accepts(stream, 25, size)).toBe(accepts(stream, 25, 1));
        },
      ),
      { numRuns: 300 },
    );
  });

  test('does not add up over the events of an endless stream', () => {
    expect(accepts('data: 1234567890\n\n'.repeat(10_000), 20)).toBe(true);
  });

  test('is over for many short lines without a blank one', () => {
    expect(accepts('data: x\n'.repeat(1_000), 1_000)).toBe(false);
  });

  test('is not made of comments, unless one of them never ends', () => {
    expect(accepts(': keep-alive\n'.repeat(1_000), 50)).toBe(true);
    expect(accepts(`: ${'x'.repeat(100)}`, 50)).toBe(false);
  });
});
