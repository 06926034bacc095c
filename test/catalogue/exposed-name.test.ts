import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exposedNameOf, prefixOf, RESERVED_NAMES } from '../../src/catalogue/exposed-name.ts';
import { prefixFault } from '../../src/config/prefix.ts';

const VALID = /^[A-Za-z0-9_-]{1,64}$/u;
const wordCharacter = fc.constantFrom('a', 'b', 'z', 'A', 'Z', '0', '9', '_', '-');
const prefix = fc.oneof(
  fc.constant(''),
  fc
    .string({ unit: wordCharacter, minLength: 1, maxLength: 32 })
    .filter((text) => prefixFault(text) === undefined),
);
const tool = fc.oneof(
  fc.string({ unit: wordCharacter, minLength: 1, maxLength: 90 }),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 90 }),
  fc.constantFrom(
    ...RESERVED_NAMES,
    '__proto__',
    'a__b',
    '_a',
    '__',
    '.',
    '../x',
    'a b',
    'a_b',
    'ä',
  ),
);
/** A name that is made to look like an altered one may meet one: within one server, where the second is dropped. */
const looksAltered = /-[0-9a-f]{8}$/u;

test.each([
  ['fs', 'read_file', 'fs__read_file'],
  ['', 'read_file', 'read_file'],
  ['my-server', 'Get-Thing', 'my-server__Get-Thing'],
  ['a', '_x', 'a___x'],
])('%j and %j give %s', (server, name, expected) => {
  expect(exposedNameOf(server, name)).toBe(expected);
});

describe('a name that the API would not take', () => {
  test('is altered readably, with a hash of the original', () => {
    expect(exposedNameOf('s', 'files/read.all')).toMatch(/^s__files_read_all-[0-9a-f]{8}$/u);
    expect(exposedNameOf('s', '读')).toMatch(/^s___-[0-9a-f]{8}$/u);
    expect(exposedNameOf('s', 'a b')).not.toBe(exposedNameOf('s', 'a.b'));
  });

  test('is cut when it is too long, and long names that begin alike stay apart', () => {
    const long = 'x'.repeat(60);
    expect(exposedNameOf('serv', 'x'.repeat(58))).toHaveLength(64);
    expect(exposedNameOf('serv', 'x'.repeat(58))).not.toContain('-');
    expect(exposedNameOf('serv', `${long}1`)).toHaveLength(64);
    expect(exposedNameOf('serv', `${long}1`)).not.toBe(exposedNameOf('serv', `${long}2`));
  });
});

test('no server’s tool gets the name of a tool of the host, nor one that seems to have a prefix', () => {
  for (const reserved of RESERVED_NAMES) {
    expect(exposedNameOf('', reserved)).not.toBe(reserved);
    expect(exposedNameOf('a', reserved)).toBe(`a__${reserved}`);
  }
  expect(prefixOf(exposedNameOf('', 'a__b'))).toBe('');
});

test('any prefix and tool give a valid name, always the same, that begins with its prefix and is not reserved', () => {
  fc.assert(
    fc.property(prefix, tool, (server, name) => {
      const exposed = exposedNameOf(server, name);
      expect(exposed).toMatch(VALID);
      expect(exposedNameOf(server, name)).toBe(exposed);
      expect(prefixOf(exposed)).toBe(server);
      expect(RESERVED_NAMES.has(exposed)).toBe(false);
    }),
    { numRuns: 2_000 },
  );
});

test('different prefixes or tools give different names', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(prefix, tool), { maxLength: 60 }), (pairs) => {
      const original = new Map<string, string>();
      for (const [server, name] of pairs) {
        if (looksAltered.test(name)) continue;
        const exposed = exposedNameOf(server, name);
        const pair = JSON.stringify([server, name]);
        expect(original.get(exposed) ?? pair).toBe(pair);
        original.set(exposed, pair);
      }
    }),
    { numRuns: 500 },
  );
});

test('the prefix of a name without one is empty', () => {
  for (const name of ['', 'plain', '__x', '_']) expect(prefixOf(name)).toBe('');
  expect(prefixOf('a__b__c')).toBe('a');
});
