import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileGlobs, globFault } from '../../src/config/globs.ts';

test('* matches every name there can be, whatever characters it has', () => {
  const match = compileGlobs(['*']);
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1 }), (name) => {
      expect(match(name)).toBe('*');
    }),
    { numRuns: 1000 },
  );
  for (const name of ['.', '..', '../x', './a', '.hidden', 'a/b/../c', 'a\nb', '*', 'a\\b']) {
    expect(match(name)).toBe('*');
  }
});

test.each([
  ['github__*', 'github__create_issue', true],
  ['github__*', 'gitlab__create_issue', false],
  ['*__delete_*', 'a__delete_b', true],
  ['*delete*', 'a__delete', true],
  ['a__get_?', 'a__get_x', true],
  ['a__get_?', 'a__get_xy', false],
  ['{a,b}__*', 'b__x', true],
  ['[ab]__x', 'b__x', true],
  ['[!ab]__x', 'c__x', true],
  ['[!ab]__x', 'a__x', false],
  ['files.read', 'files.read', true],
  ['files.read', 'filesxread', false],
  ['files/*', 'files/../secret', true],
  ['exact', 'exactly', false],
  ['Exact', 'exact', false],
  ['a+(b)', 'abb', false],
])('%s and %s: %s', (glob, name, wanted) => {
  expect(compileGlobs([glob])(name)).toBe(wanted ? glob : undefined);
});

test('a name matches the glob that is spelled like it', () => {
  const names = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
  fc.assert(
    fc.property(names, (name) => {
      expect(compileGlobs([name])(name)).toBe(name);
    }),
  );
});

test('the first glob that matches is given', () => {
  expect(compileGlobs(['x', 'a*', '*'])('ab')).toBe('a*');
});

test.each([
  ['', 'empty'],
  ['!read_*', 'negation'],
  ['x'.repeat(257), '256'],
  ['[z-a]', 'no glob'],
])('the glob %j is refused, never skipped', (glob, word) => {
  expect(globFault(glob)).toContain(word);
  expect(() => compileGlobs(['*', glob])).toThrow(word);
});
