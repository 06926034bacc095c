import { createServer } from 'node:http';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { compileSchema, type CompiledSchema, type Validation } from '../../src/base/json-schema.ts';

function check(schema: unknown, value: unknown): Validation {
  const compiled = compileSchema(schema);
  if (compiled.kind !== 'ok') throw new Error(compiled.reason);
  return compiled.validate(value);
}

function reasonOf(compiled: CompiledSchema): string {
  return compiled.kind === 'unusable' ? compiled.reason : 'usable';
}

describe('a schema from a server', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  test('tells everything that is wrong with a value, each with its place', () => {
    const schema = {
      type: 'object',
      properties: { path: { type: 'string' }, mode: { enum: ['r', 'w'] } },
      required: ['path'],
      additionalProperties: false,
    };
    expect(check(schema, { path: 'a', mode: 'r' })).toEqual({ valid: true });
    expect(check(schema, { mode: 'x', extra: 1 })).toEqual({
      valid: false,
      errors: [
        { path: '', message: "must have required property 'path'" },
        { path: '', message: 'must NOT have additional properties: "extra"' },
        { path: '/mode', message: 'must be equal to one of the allowed values: ["r","w"]' },
      ],
    });
  });

  test('may be of draft-07, 2019-09 or 2020-12, and each means what its dialect says', () => {
    const tuple = { type: 'array', items: [{ type: 'string' }], additionalItems: false };
    for (const dialect of [
      'http://json-schema.org/draft-07/schema#',
      'https://json-schema.org/draft/2019-09/schema',
    ]) {
      expect(check({ $schema: dialect, ...tuple }, ['a', 'b']).valid).toBe(false);
      expect(check({ $schema: dialect, ...tuple }, ['a']).valid).toBe(true);
    }
    const modern = { type: 'array', prefixItems: [{ type: 'string' }], items: false };
    expect(check(modern, ['a']).valid).toBe(true);
    expect(check(modern, ['a', 'b']).valid).toBe(false);
    expect(
      reasonOf(compileSchema({ $schema: 'http://json-schema.org/draft-04/schema#' })),
    ).toContain('dialect');
  });

  test('checks formats, and ignores the ones it does not know', () => {
    expect(check({ type: 'string', format: 'email' }, 'nobody').valid).toBe(false);
    expect(check({ type: 'string', format: 'a-format-of-our-own' }, 'anything').valid).toBe(true);
  });

  test('cannot stall the process with a pattern: matching is linear', () => {
    const started = performance.now();
    expect(check({ type: 'string', pattern: '^(a+)+$' }, `${'a'.repeat(50_000)}!`).valid).toBe(
      false,
    );
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  test('is unusable, with the reason, when a pattern needs look-around or back-references', () => {
    expect(reasonOf(compileSchema({ pattern: '(?=a)b' }))).toContain('(?=');
    expect(reasonOf(compileSchema({ properties: { x: { pattern: '(a)\\1' } } }))).toContain('\\1');
  });

  test('with several patterns, keeps them apart', () => {
    const schema = { properties: { a: { pattern: '^a$' }, b: { pattern: '^b$' } } };
    expect(check(schema, { a: 'a', b: 'b' }).valid).toBe(true);
    expect(check(schema, { a: 'b', b: 'b' }).valid).toBe(false);
    expect(check(schema, { a: 'a', b: 'a' }).valid).toBe(false);
  });

  test('cannot stall the process with references that multiply', () => {
    const $defs: Record<string, unknown> = { d0: { type: 'object', minProperties: 1 } };
    for (let level = 1; level <= 40; level += 1) {
      const below = { $ref: `#/$defs/d${level - 1}` };
      $defs[`d${level}`] = { allOf: [below, { ...below }] };
    }
    const compiled = compileSchema({ $defs, $ref: '#/$defs/d40' });
    if (compiled.kind !== 'ok') throw new Error(compiled.reason);
    const started = performance.now();
    // Whether the value fits cannot be found out; the second time nobody tries.
    expect(compiled.validate({ a: 1 })).toEqual({ valid: true });
    expect(compiled.validate({})).toEqual({ valid: true });
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  test('may refer to itself, and is followed as deep as the value goes', () => {
    const tree = {
      type: 'object',
      properties: { name: { type: 'string' }, children: { type: 'array', items: { $ref: '#' } } },
      required: ['name'],
    };
    expect(check(tree, { name: 'a', children: [{ name: 'b', children: [] }] }).valid).toBe(true);
    expect(check(tree, { name: 'a', children: [{ children: [] }] })).toMatchObject({
      valid: false,
      errors: [{ path: '/children/0' }],
    });
  });

  test('that refers to the network is unusable, and nothing is fetched', async () => {
    const requests: string[] = [];
    const server = createServer((request, response) => {
      requests.push(request.url ?? '');
      response.end('{}');
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const reason = reasonOf(compileSchema({ $ref: `http://127.0.0.1:${port}/schema.json` }));
    await new Promise((resolve) => {
      server.close(resolve);
    });
    expect(reason).toContain(`127.0.0.1:${port}`);
    expect(requests).toEqual([]);
  });

  test('is unusable when it is too large, too deep, or no schema at all, and says nothing on the console', () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    let deep: Record<string, unknown> = {};
    for (let level = 0; level < 20_000; level += 1) deep = { not: deep };
    expect(reasonOf(compileSchema(deep))).toContain('deeper');
    expect(reasonOf(compileSchema({ description: 'x'.repeat(300_000) }))).toContain('larger');
    for (const value of [null, 42, 'string', []]) {
      expect(reasonOf(compileSchema(value))).toContain('object or a boolean');
    }
    expect(reasonOf(compileSchema({ type: 'nonsense' }))).toContain('nonsense');
    expect(log).not.toHaveBeenCalled();
  });

  test('may have the `$id` of another server’s schema, or of JSON Schema itself, without mixing them up', () => {
    const first = { $id: 'https://example.com/tool', type: 'object', required: ['a'] };
    const second = { $id: 'https://example.com/tool', type: 'object', required: ['b'] };
    expect(check(first, { a: 1 }).valid).toBe(true);
    expect(check(second, { a: 1 }).valid).toBe(false);
    expect(check(first, { a: 1 }).valid).toBe(true);
    compileSchema({ $id: 'https://json-schema.org/draft/2020-12/schema', type: 'string' });
    expect(check({ type: 'object' }, {}).valid).toBe(true);
  });

  test('is compiled once, whatever the order of its keys', () => {
    const one = compileSchema({ type: 'object', required: ['x'] });
    const two = compileSchema({ required: ['x'], type: 'object' });
    expect(two).toBe(one);
  });

  test('may be a boolean', () => {
    expect(check(true, 1).valid).toBe(true);
    expect(check(false, 1).valid).toBe(false);
  });

  test('tells of at most twenty errors, in short messages', () => {
    const schema = { type: 'array', items: { type: 'string' } };
    const verdict = check(
      schema,
      Array.from({ length: 5_000 }, (_, index) => index),
    );
    expect(verdict.valid ? [] : verdict.errors).toHaveLength(20);
  });

  test('that cannot be compiled in time is given up', () => {
    const properties = Object.fromEntries(
      Array.from({ length: 4_000 }, (_, index) => [
        `p${index}`,
        { anyOf: [{ type: 'string' }, { type: 'number' }] },
      ]),
    );
    const started = performance.now();
    compileSchema({ properties });
    expect(performance.now() - started).toBeLessThan(10_000);
    // The next one is not harmed by what was left half done.
    expect(check({ type: 'object', required: ['x'] }, {}).valid).toBe(false);
  });
});
