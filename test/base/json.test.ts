import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  canonicalJson,
  excessOf,
  isJsonObject,
  isSameJson,
  nestsDeeperThan,
} from '../../src/base/json.ts';

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
    const shallow: unknown = JSON.parse(`${'['.repeat(200)}${']'.repeat(200)}`);
    expect(nestsDeeperThan(shallow, 200)).toBe(false);
    expect(nestsDeeperThan(shallow, 199)).toBe(true);
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

  test('keeps apart what goes out as different JSON, though it has no keys', () => {
    expect(canonicalJson({ at: new Date(0) })).not.toBe(canonicalJson({ at: new Date(1) }));
    expect(canonicalJson({ b: 1, a: undefined })).toBe(canonicalJson({ b: 1 }));
  });

  test('keeps a key named __proto__', () => {
    expect(canonicalJson(JSON.parse('{"b":1,"__proto__":{"a":1}}'))).toBe(
      '{"__proto__":{"a":1},"b":1}',
    );
  });
});

describe('isSameJson', () => {
  test('agrees with the texts of two values, whatever the order of keys', () => {
    const value = fc.jsonValue({ maxDepth: 2 });
    fc.assert(
      fc.property(value, value, (a, b) => {
        expect(isSameJson(a, reversed(a))).toBe(true);
        expect(isSameJson(a, b)).toBe(canonicalJson(a) === canonicalJson(b));
      }),
    );
  });

  test.each([
    [[], {}],
    [{}, []],
    [[1], [1, 2]],
    [{ a: 1 }, { a: 1, b: 2 }],
    [{ a: 1 }, { b: 1 }],
    [{ a: [{ b: 1 }] }, { a: [{ b: 2 }] }],
    [{ a: null }, { a: {} }],
    [JSON.parse('{"__proto__":{}}'), { a: {} }],
    [JSON.parse('{"__proto__":{"a":1}}'), JSON.parse('{"__proto__":{"a":2}}')],
  ])('tells %j from %j', (a: unknown, b: unknown) => {
    expect(isSameJson(a, b)).toBe(false);
    expect(isSameJson(b, a)).toBe(false);
  });
});

describe('excessOf', () => {
  const roomy = { depth: 100, chars: 1_000_000 };

  test('counts depth as nestsDeeperThan does', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.nat({ max: 6 }), (value, depth) => {
        const excess = excessOf(value, { ...roomy, depth });
        expect(excess === 'depth').toBe(nestsDeeperThan(value, depth));
      }),
    );
  });

  test('counts about as many characters as the value has in JSON', () => {
    const value = { name: 'x'.repeat(100), list: Array.from({ length: 100 }, () => ({ a: 'bc' })) };
    const { length } = JSON.stringify(value);
    expect(excessOf(value, { ...roomy, chars: length * 1.2 })).toBeUndefined();
    expect(excessOf(value, { ...roomy, chars: length * 0.8 })).toBe('chars');
  });

  test.each([
    ['a text', 'x'.repeat(1_000)],
    ['many members', Object.fromEntries(Array.from({ length: 300 }, (_, key) => [key, 1]))],
    ['long names', { ['x'.repeat(1_000)]: 1 }],
    ['many items', Array.from({ length: 300 }, () => 1)],
    ['empty objects', Array.from({ length: 400 }, () => ({}))],
  ])('finds what is too large in %s', (_, value: unknown) => {
    expect(excessOf(value, { depth: 5, chars: 800 })).toBe('chars');
    expect(excessOf(value, { depth: 5, chars: 8_000 })).toBeUndefined();
  });

  test('looks no further once a bound is broken, and needs no stack for hostile depth', () => {
    const deep: unknown = JSON.parse(`${'['.repeat(500_000)}${']'.repeat(500_000)}`);
    expect(excessOf(deep, roomy)).toBe('depth');
    const untouchable = new Proxy([] as unknown[], {
      get: () => {
        throw new Error('it was looked at');
      },
    });
    expect(excessOf(['x'.repeat(100), untouchable], { depth: 5, chars: 50 })).toBe('chars');
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
