import { expect, test } from 'vitest';
import { Excerpt } from '../../src/cli/excerpt.ts';

function excerptOf(
  text: string,
  options: Partial<ConstructorParameters<typeof Excerpt>[0]> = {},
): readonly string[] {
  const excerpt = new Excerpt({ width: 20, linesPerSection: 2, lines: 6, ...options });
  const shown = text.split('\n').flatMap((line) => [...excerpt.push(line)]);
  return [...shown, ...excerpt.end()];
}

test('the beginning of each section is kept, and the rest is counted', () => {
  const text = '## one\na\nb\nc\n\n## two\n{\nd\n}\n## three\ne\nf\ng';
  expect(excerptOf(text)).toEqual([
    '## one',
    'a',
    '   … 2 more lines',
    '## two',
    'd',
    '## three',
    'e',
    '   … 2 more lines',
  ]);
});

test('what stands before the first section is limited only as a whole, and broken into rows', () => {
  expect(excerptOf('some words that do not fit\nmore\nand more\nand more')).toEqual([
    'some words that do',
    'not fit',
    'more',
    'and more',
    'and more',
  ]);
});

test('the whole is bounded, whatever its parts', () => {
  const text = Array.from({ length: 50 }, (_, index) => `## ${index}\na`).join('\n');
  expect(excerptOf(text, { lines: 4 })).toHaveLength(5);
});

test('long lines of data are cut', () => {
  expect(excerptOf(`## x\n${'y'.repeat(100)}`)[1]).toBe(`${'y'.repeat(19)}…`);
});
