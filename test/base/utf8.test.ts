import { expect, test } from 'vitest';
import { beginningOf, characterStart, isLongerThan, utf8Pieces } from '../../src/base/utf8.ts';

/** Characters of one, two, three and four bytes. */
const MIXED = 'aé€😀'.repeat(7);
const CHARACTERS = Array.from(MIXED);

test('the beginning of a text has whole characters, as many as fit', () => {
  for (let max = 0; max <= 75; max += 1) {
    const { text, bytes } = beginningOf(MIXED, max);
    expect(MIXED.startsWith(text)).toBe(true);
    expect(Buffer.byteLength(text)).toBe(bytes);
    expect(bytes).toBeLessThanOrEqual(max);
    const nextBytes = Buffer.byteLength(CHARACTERS[Array.from(text).length] ?? '');
    expect(nextBytes === 0 || bytes + nextBytes > max).toBe(true);
  }
});

test('a text is longer than a limit by its bytes, not by its units', () => {
  expect(isLongerThan('é'.repeat(10), 20)).toBe(false);
  expect(isLongerThan('é'.repeat(10), 19)).toBe(true);
  expect(isLongerThan('x'.repeat(10), 10)).toBe(false);
  expect(isLongerThan('x'.repeat(11), 10)).toBe(true);
  expect(isLongerThan('', 0)).toBe(false);
});

test('the pieces of a text are its bytes, and no pair is torn between two', () => {
  // One unit off, so that the border of the first piece lies within a pair.
  const text = `x${'😀'.repeat(300_000)}`;
  const pieces = [...utf8Pieces(text)];
  expect(pieces.length).toBeGreaterThan(1);
  expect(Buffer.concat(pieces).equals(Buffer.from(text))).toBe(true);
  expect([...utf8Pieces('')]).toEqual([]);
});

test('every byte belongs to the character that it is of', () => {
  const bytes = Buffer.from('a😀é');
  expect([...bytes.keys()].map((index) => characterStart(bytes, index))).toEqual([
    0, 1, 1, 1, 1, 5, 5,
  ]);
  expect(characterStart(bytes, bytes.length)).toBe(bytes.length);
  // What is not UTF-8 is not searched through.
  expect(characterStart(Buffer.alloc(10, 0x80), 6)).toBe(6);
});
