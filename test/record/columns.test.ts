import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import { column, fit, widest } from '../../src/record/columns.ts';

test('a text that fits stays as it is', () => {
  expect(fit('abc', 3)).toBe('abc');
});

test('a longer text is cut with an ellipsis', () => {
  expect(fit('abcdef', 4)).toBe('abc…');
});

test('wide characters count as two columns and are never cut in two', () => {
  expect(fit('日本語', 4)).toBe('日…');
  expect(stringWidth(column('日本語', 4))).toBe(4);
});

test('no width leaves nothing', () => {
  expect(fit('abc', 0)).toBe('');
});

test('a column is filled up on either side', () => {
  expect(column('ab', 4)).toBe('ab  ');
  expect(column('ab', 4, 'right')).toBe('  ab');
});

test('the widest of several texts is bounded', () => {
  expect(widest(['a', 'abc'], 10)).toBe(3);
  expect(widest(['a'.repeat(1_000_000)], 10)).toBe(10);
});
