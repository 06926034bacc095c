import { describe, expect, test } from 'vitest';
import { readPrompt } from '../../../src/model/offline/prompt.ts';
import { shapeOf } from '../../../src/model/offline/shape.ts';
import { stem, wordsOf } from '../../../src/model/offline/words.ts';

describe('the shape of a piece', () => {
  test.each([
    ['1234', 'number'],
    ['#12', 'number'],
    ['-1.5', 'number'],
    ['2026-01-31', 'date'],
    ['2026-01-31T10:00:00Z', 'date'],
    ['a.b+c@example.org', 'email'],
    ['https://example.org/a?b=c', 'url'],
    ['example.com', 'domain'],
    ['src/host.ts', 'path'],
    ['package.json', 'path'],
    ['README.md', 'path'],
    ['.gitignore', 'path'],
    ['src/', 'path'],
    ['/etc/hosts', 'path'],
    ['**/*.ts', 'glob'],
    ['runBatch', 'identifier'],
    ['HostError', 'identifier'],
    ['max_size', 'identifier'],
    ['Host.runBatch', 'identifier'],
    ['Host.dispose', 'identifier'],
    ['Button.tsx', 'path'],
    ['ORD-5521', 'code'],
    ['a1b2c3d', 'code'],
    ['order', 'word'],
    ['kube-system', 'word'],
    ['e.g', 'word'],
    ['i.e.', 'word'],
    ['3/4', 'word'],
    ['and/or', 'word'],
    ['v1.2.3', 'word'],
  ])('of %j is %s', (piece, shape) => {
    expect(shapeOf(piece)).toBe(shape);
  });
});

test.each([
  ['orders', 'order'],
  ['policies', 'policy'],
  ['addresses', 'address'],
  ['status', 'status'],
  ['shipped', 'ship'],
  ['shipping', 'ship'],
  ['files', 'fil'],
  ['file', 'fil'],
  ['updates', 'updat'],
  ['updating', 'updat'],
  ['7s', '7s'],
])('the stem of %j is %j', (word, expected) => {
  expect(stem(word)).toBe(expected);
});

test.each([
  ['getPodLogs', ['get', 'pod', 'logs']],
  ['read_HTTPBody', ['read', 'http', 'body']],
  ['look-up.x', ['look', 'up', 'x']],
])('the words of %j are %j', (name, words) => {
  expect(wordsOf(name)).toEqual(words);
});

describe('a prompt', () => {
  const valuesOf = (text: string): string[] =>
    readPrompt(text).values.map((value) => `${value.shape} ${value.text}`);

  test('gives its values in order, without the punctuation of the sentence', () => {
    expect(valuesOf('Is "a b" in `x.ts`, or in src/y.ts? Ask Ada Lovelace: she knows #7.')).toEqual(
      ['text a b', 'path x.ts', 'path src/y.ts', 'proper Ada Lovelace', 'number #7'],
    );
  });

  test('does not take the first word of a sentence for a name', () => {
    expect(valuesOf('Paris is nice. Rome, too. I like Oslo.')).toEqual(['proper Oslo']);
  });

  test('takes an apostrophe for none of its quotes', () => {
    expect(valuesOf("Ada's and Bob's orders aren't 'open now'")).toEqual([
      'proper Bob',
      'text open now',
    ]);
  });

  test('has clauses, and lists do not end them', () => {
    const { tokens } = readPrompt(
      'Where is it, and what says a.txt? List orders 7, 8 and 9 and read b.txt',
    );
    const clauses: string[] = [];
    for (const { word, clause } of tokens)
      clauses[clause] = `${clauses[clause] ?? ''} ${word}`.trim();
    expect(clauses).toEqual([
      'where is it',
      'and what says a.txt',
      'list orders 7 8 and 9',
      'and read b.txt',
    ]);
  });

  test.each([
    ['Where is aB, and who calls it?', ['aB']],
    ['Where are aB and cD, and who calls it?', ['cD']],
    ['Where are aB and cD, and who calls them?', ['aB', 'cD']],
    ['Is aB used in src/x.ts, and what is its type?', ['aB']],
    ['Where is aB, who calls it, and what is its type?', ['aB', 'aB']],
    ['Where is aB, and who calls that?', ['aB']],
    ['Where is aB, and which tests that exist fail?', []],
    ['Where is aB, and is it in b.ts?', []],
    ['Where is aB? Well. Who calls it?', []],
    ['It is nice. Where is aB?', []],
  ])('%j has pronouns for %j', (text, expected) => {
    expect(readPrompt(text).backReferences.map(({ value }) => value.text)).toEqual(expected);
  });

  test('gives the phrases that prepositions introduce, but not the noun of a value', () => {
    const phrases = readPrompt(
      'Books about space travel in winter today, and on customer 7',
    ).phrases;
    expect(phrases.map(({ introducedBy, text }) => `${String(introducedBy)}: ${text}`)).toEqual([
      'about: space travel',
      'in: winter',
    ]);
  });
});
