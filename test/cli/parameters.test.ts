import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import type { Tool } from '../../src/call/tool.ts';
import { parametersLine } from '../../src/cli/parameters.ts';

const line = (inputSchema: JsonObject): string => parametersLine({ inputSchema } as Tool);

test('a tool that takes nothing says so', () => {
  expect(line({ type: 'object' })).toBe('no parameters');
  expect(line({ type: 'object', properties: {} })).toBe('no parameters');
});

test.each<[JsonObject, string]>([
  [{ type: 'string' }, 'string'],
  [{ type: ['string', 'null'] }, 'string|null'],
  [{ type: 'array', items: { type: 'integer' } }, 'integer[]'],
  [{ type: 'array', items: { enum: ['a', 1] } }, '("a"|1)[]'],
  [{ type: 'array' }, 'any[]'],
  [{ type: 'string', enum: 'abcdefgh'.split('') }, '"a"|"b"|"c"|"d"|"e"|"f"|…'],
  [{ const: true }, 'true'],
  [{ anyOf: [{ type: 'number' }, { type: 'null' }] }, 'number|null'],
  [{ $ref: '#/$defs/place' }, 'object'],
  [{ $ref: '#/$defs/loop' }, 'any'],
  [{ $ref: '#/nowhere' }, 'any'],
  [{}, 'any'],
])('a parameter of %j is shown as %s', (schema, expected) => {
  const $defs = {
    place: { properties: { row: { type: 'integer' } } },
    loop: { $ref: '#/$defs/loop' },
  };
  expect(line({ properties: { at: schema }, $defs })).toBe(`at?: ${expected}`);
});

test('a parameter that must be given has no mark', () => {
  const text = { type: 'string' };
  expect(line({ properties: { a: text, b: text }, required: ['b'] })).toBe('a?: string, b: string');
});

test('what a server puts into names, types and values is bounded and cannot reach the terminal', () => {
  const bad = 'x\u001b[2J\n';
  const properties = {
    [bad]: { type: bad },
    value: { enum: [bad.repeat(1000)] },
    ...Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`p${index}`, {}])),
  };
  const shown = line({ properties });
  // oxlint-disable-next-line no-control-regex -- control characters are what this is about
  expect(shown).not.toMatch(/[\u0000-\u001f]/u);
  expect(shown).toMatch(/, … and 462 more$/u);
  expect(shown.length).toBeLessThan(1000);
});
