import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import { readMirrors } from '../../src/connect/mirrored-arguments.ts';
import { httpServer } from '../support/connections.ts';
import { HttpFixture } from '../support/http-fixture.ts';

const HEADER = { 'x-mcp-header': 'Region' };

function read(properties: JsonObject, rest: JsonObject = {}) {
  const told: string[] = [];
  const tool = { name: 'locate', inputSchema: { type: 'object', properties, ...rest } };
  const { tools, mirrored } = readMirrors([tool], (code) => told.push(code));
  return { used: tools.includes(tool), mirrored: mirrored.has(tool), told };
}

const LEFT_OUT = { used: false, mirrored: false, told: ['tool-dropped:locate'] };

describe('arguments that are repeated as headers', () => {
  test('may be texts, whole numbers and truth values, at any depth of objects', () => {
    const used = { used: true, mirrored: true, told: [] };
    expect(read({ a: { type: 'string', ...HEADER } })).toEqual(used);
    expect(read({ a: { type: 'integer', ...HEADER } })).toEqual(used);
    const deep = { type: 'object', properties: { b: { type: 'boolean', ...HEADER } } };
    expect(read({ a: deep })).toEqual(used);
  });

  test('are none where no schema says so, even if a name or a value looks like it', () => {
    const plain = { used: true, mirrored: false, told: [] };
    expect(read({ a: { type: 'string' } })).toEqual(plain);
    expect(read({ 'x-mcp-header': { type: 'array' } })).toEqual(plain);
    expect(read({ a: { type: 'object', default: { 'x-mcp-header': '' } } })).toEqual(plain);
    expect(read({}, { $defs: { 'x-mcp-header': { type: 'object' } } })).toEqual(plain);
  });

  test.each([
    ['an empty name', { a: { type: 'string', 'x-mcp-header': '' } }],
    ['a name with a space', { a: { type: 'string', 'x-mcp-header': 'my region' } }],
    ['a name with a line end', { a: { type: 'string', 'x-mcp-header': 'a\r\nb' } }],
    ['a name that is no text', { a: { type: 'string', 'x-mcp-header': 1 } }],
    ['an argument that is a fraction', { a: { type: 'number', ...HEADER } }],
    ['an object', { a: { type: 'object', ...HEADER } }],
    ['an argument of any type', { a: HEADER }],
    [
      'the same name twice, in whatever case',
      { a: { type: 'string', ...HEADER }, b: { type: 'string', 'x-mcp-header': 'REGION' } },
    ],
    ['elements of a list', { a: { type: 'array', items: { type: 'string', ...HEADER } } }],
    [
      'a part of such elements',
      {
        a: {
          type: 'array',
          items: { type: 'object', properties: { b: { type: 'string', ...HEADER } } },
        },
      },
    ],
    ['one of several schemas', { a: { anyOf: [{ type: 'string', ...HEADER }] } }],
  ])('leave a tool out that has them for %s', (_what, properties) => {
    expect(read(properties)).toEqual(LEFT_OUT);
  });

  test('leave a tool out that has them at the root, or in a definition', () => {
    expect(read({}, HEADER)).toEqual(LEFT_OUT);
    expect(read({}, { $defs: { a: { type: 'string', ...HEADER } } })).toEqual(LEFT_OUT);
  });

  test('cost no other tool anything', () => {
    const schema = (header: string): JsonObject => ({
      type: 'object',
      properties: { a: { type: 'string', 'x-mcp-header': header } },
    });
    const good = { name: 'good', inputSchema: schema('Region') };
    const bad = { name: 'bad', inputSchema: schema('') };
    const { tools, mirrored } = readMirrors([bad, good], () => undefined);
    expect(tools).toEqual([good]);
    expect([...mirrored]).toEqual([good]);
  });
});

test.each([
  { what: 'a server of the new era is taken at its word', modern: true, used: ['good'] },
  { what: 'to one of the old era the word means nothing', modern: false, used: ['bad', 'good'] },
])('$what', async ({ modern, used }) => {
  const tools = ['', 'Region'].map((header) => ({
    name: header === '' ? 'bad' : 'good',
    inputSchema: {
      type: 'object',
      properties: { a: { type: 'string', 'x-mcp-header': header } },
    },
  }));
  const fresh = { resultType: 'complete', ttlMs: 0, cacheScope: 'private' };
  await using fixture = await HttpFixture.start({
    intercept: (exchange) => {
      const { id, method } = exchange.message;
      const answers = new Map<string | undefined, object>([['tools/list', { ...fresh, tools }]]);
      if (modern) {
        const serverInfo = { name: 'headers', version: '1' };
        const supportedVersions = ['2026-07-28'];
        const found = { ...fresh, supportedVersions, capabilities: { tools: {} }, serverInfo };
        answers.set('server/discover', found);
      }
      const result = answers.get(method);
      if (result !== undefined) exchange.json({ jsonrpc: '2.0', id, result });
      return result !== undefined;
    },
  });
  await using server = await httpServer(fixture.url).ready();
  expect(server.connection.tools().map(({ name }) => name)).toEqual(used);
  expect(server.noticeCodes()).toEqual(modern ? ['tool-dropped'] : []);
});
