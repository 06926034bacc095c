import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { prefixFault, prefixFromKey } from '../../src/config/prefix.ts';

test.each(['customers', 'my-server', 'a_b', 'A1', '_x', '-', 'a'.repeat(32)])(
  'the key "%s" is its own prefix',
  (key) => {
    expect(prefixFromKey(key)).toBe(key);
  },
);

test.each([
  ['my server', /^my-server-[0-9a-f]{6}$/],
  ['example.com/mcp', /^example-com-mcp-[0-9a-f]{6}$/],
  ['a__b', /^a_b-[0-9a-f]{6}$/],
  ['tail_', /^tail-[0-9a-f]{6}$/],
  ['日本', /^server-[0-9a-f]{6}$/],
  ['', /^server-[0-9a-f]{6}$/],
  ['__proto__', /^proto-[0-9a-f]{6}$/],
  ['x'.repeat(33), /^x{25}-[0-9a-f]{6}$/],
])('the key "%s" is altered, and the prefix says so by a hash', (key, wanted) => {
  expect(prefixFromKey(key)).toMatch(wanted);
});

test.each([
  ['a__b', '"__"'],
  ['a_', 'ends in "_"'],
  ['a b', 'characters'],
  ['a.b', 'characters'],
  ['ä', 'characters'],
  ['a\n', 'characters'],
  ['x'.repeat(33), '32'],
])('the prefix %j is refused', (prefix, word) => {
  expect(prefixFault(prefix)).toContain(word);
});

const keys = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.stringMatching(/^[A-Za-z0-9_. -]{1,40}$/),
);

test('every key gives a good prefix that is not empty, and always the same', () => {
  fc.assert(
    fc.property(keys, (key) => {
      const prefix = prefixFromKey(key);
      expect(prefix).not.toBe('');
      expect(prefixFault(prefix)).toBeUndefined();
      expect(prefixFromKey(key)).toBe(prefix);
    }),
    { numRuns: 1000 },
  );
});

test('two keys that become alike keep two prefixes', () => {
  const spellings = ['a b', 'a.b', 'a/b', 'a  b', 'a b.', ' a b', 'a-b', 'a_b', 'a__b'];
  expect(new Set(spellings.map(prefixFromKey)).size).toBe(spellings.length);
  const long = 'x'.repeat(40);
  expect(prefixFromKey(`${long}1`)).not.toBe(prefixFromKey(`${long}2`));
});
