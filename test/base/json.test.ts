import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson, isJsonObject, nestsDeeperThan } from '../../src/base/json.ts';

test('an object is what is neither null nor an array', () => {
  expect(isJsonObject({})).toBe(true);
  expect(isJsonObject(JSON.parse('{"__proto__":1}'))).toBe(true);
  for (const other of [null, [], 'x', 1, true, undefined]) expect(isJsonObject(other)).toBe(false);
});

describe('nestsDeeperThan', () => {
  test('counts arrays and objects alike', () => {
    expect(nestsDeeperThan('x', 0)).toBe(false);
    expect(nestsDeeperThan([], 0)).toBe(true);
    expect(nestsDeeperThan([], 1)).toBe(false);
    expect(nestsDeeperThan({ a: [1, 2, { b: null }] }, 3)).toBe(false);
    expect(nestsDeeperThan({ a: [1, 2, { b: null }] }, 2)).toBe(true);
  });

  test('needs no stack for hostile depth, and ends on a cycle', () => {
    const deep: unknown = JSON.parse(`${'['.repeat(500_000)}${']'.repeat(500_000)}`);
    expect(nestsDeeperThan(deep, 128)).toBe(true);
    expect(nestsDeeperThan(deep, 600_000)).toBe(false);
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    expect(nestsDeeperThan(cycle, 128)).toBe(true);
  });
});

describe('canonicalJson', () => {
  test('is the same text whatever the order of keys, and JSON of the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        expect(canonicalJson(reversed(value))).toBe(text);
        // -0 is 0 in JSON.
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test('keeps different values apart', () => {
    const different = [
      1,
      '1',
      true,
      'true',
      null,
      'null',
      [],
      {},
      [null],
      ['a,b'],
      ['a', 'b'],
      { a: 1 },
      { a: '1' },
    ];
    expect(new Set(different.map(canonicalJson)).size).toBe(different.length);
  });

  test('keeps a key named __proto__', () => {
    expect(canonicalJson(JSON.parse('{"b":1,"__proto__":{"a":1}}'))).toBe(
      '{"__proto__":{"a":1},"b":1}',
    );
  });
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (!isJsonObject(value)) return value;
  // Defined, not assigned: a key may be `__proto__`.
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, inner]) => [key, reversed(inner)] as const)
      .toReversed(),
  );
}
