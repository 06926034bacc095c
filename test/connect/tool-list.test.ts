import { describe, expect, test } from 'vitest';
import { readTool } from '../../src/connect/raw-tool.ts';
import { rawServer, textOf } from '../support/connections.ts';

const object = { type: 'object' };

describe('one entry of a list of tools', () => {
  test('is taken as it is when nothing is wrong with it', () => {
    const entry = {
      name: 'get',
      title: 'Get',
      description: 'Gets',
      inputSchema: { type: 'object', properties: { a: { type: 'string', 'x-own': 1 } } },
      outputSchema: { type: 'array' },
      annotations: { readOnlyHint: true, destructiveHint: false },
      _meta: { keys: ['a'] },
    };
    expect(readTool(entry)).toEqual({ kind: 'tool', tool: entry, repairs: [] });
  });

  test.each(['icons', 'execution', '__proto__', 'x'])('is kept without its %s', (key) => {
    const text = `{"${key}":{"size":1},"name":"get","inputSchema":{"type":"object"}}`;
    const reading = readTool(JSON.parse(text));
    expect(reading).toEqual({
      kind: 'tool',
      tool: { name: 'get', inputSchema: object },
      repairs: [],
    });
    expect(reading.kind === 'tool' && Object.keys(reading.tool)).toEqual(['name', 'inputSchema']);
  });

  test('has annotations of which only those that are known are kept', () => {
    const annotations = { readOnlyHint: true, title: 'Get', secretHint: { deep: [] } };
    const { secretHint: _, ...known } = annotations;
    const tool = { name: 'get', inputSchema: object };
    expect(readTool({ ...tool, annotations })).toEqual({
      kind: 'tool',
      tool: { ...tool, annotations: known },
      repairs: [],
    });
  });

  test.each([
    [null, 'it is no object'],
    ['tool', 'it is no object'],
    [{ inputSchema: object }, 'its name is no text'],
    [{ name: 42, inputSchema: object }, 'its name is no text'],
    [{ name: '', inputSchema: object }, 'its name is no text'],
    [{ name: 'x'.repeat(600), inputSchema: object }, 'longer than 512'],
    [{ name: 'a', inputSchema: 'string' }, 'its inputSchema is no object'],
    [{ name: 'a', inputSchema: [] }, 'its inputSchema is no object'],
    [{ name: 'a', inputSchema: { type: 'string' } }, 'not for an object'],
    [
      { name: 'a', inputSchema: { type: 'object', description: 'x'.repeat(300_000) } },
      'larger than 256 KiB',
    ],
  ])('is dropped: %j', (entry, reason) => {
    expect(readTool(entry)).toMatchObject({
      kind: 'dropped',
      reason: expect.stringContaining(reason) as string,
    });
  });

  test('is dropped when its schema nests without end', () => {
    let schema: Record<string, unknown> = {};
    for (let depth = 0; depth < 50_000; depth += 1) schema = { not: schema };
    expect(readTool({ name: 'a', inputSchema: { type: 'object', ...schema } })).toMatchObject({
      kind: 'dropped',
      reason: expect.stringContaining('deeper') as string,
    });
  });

  test.each([
    [{ name: 'a' }, { name: 'a', inputSchema: object }],
    [
      { name: 'a', inputSchema: null },
      { name: 'a', inputSchema: object },
    ],
    [
      { name: 'a', inputSchema: { properties: {} } },
      { name: 'a', inputSchema: { type: 'object', properties: {} } },
    ],
    [
      { name: 'a', inputSchema: object, outputSchema: 'no' },
      { name: 'a', inputSchema: object },
    ],
    [
      { name: 'a', inputSchema: object, description: 7 },
      { name: 'a', inputSchema: object },
    ],
    [
      { name: 'a', inputSchema: object, title: {} },
      { name: 'a', inputSchema: object },
    ],
    [
      { name: 'a', inputSchema: object, annotations: 'read-only' },
      { name: 'a', inputSchema: object },
    ],
    [
      {
        name: 'a',
        inputSchema: object,
        annotations: { readOnlyHint: 'yes', idempotentHint: true },
      },
      { name: 'a', inputSchema: object, annotations: { idempotentHint: true } },
    ],
  ])('is mended, and that is told: %j', (entry, tool) => {
    expect(readTool(entry)).toMatchObject({ kind: 'tool', tool });
    expect(readTool(entry)).toHaveProperty('repairs.0', expect.any(String));
    expect(readTool(entry)).toEqual({ kind: 'tool', tool, repairs: [expect.any(String)] });
  });

  test('has a description that is cut when it is endless', () => {
    const reading = readTool({
      name: 'a',
      inputSchema: object,
      description: 'x'.repeat(1_000_000),
    });
    expect(reading).toMatchObject({
      kind: 'tool',
      tool: { description: expect.stringMatching(/^x{65536}…$/) as string },
    });
  });
});

describe('the list of a server', () => {
  test('keeps forty-nine good tools beside a bad one, which is told of by name', async () => {
    const tools: unknown[] = Array.from({ length: 49 }, (_, index) => ({
      name: `good_${index}`,
      inputSchema: object,
    }));
    tools.splice(20, 0, { name: 'bad\u001b[31m', inputSchema: 'nonsense' });
    await using server = await rawServer('good', { options: { tools } }).ready();
    expect(server.connection.tools()).toHaveLength(49);
    expect(server.notices()).toHaveLength(1);
    expect(server.notices()[0]).toMatchObject({
      code: 'tool-dropped',
      message: expect.stringContaining('bad\\x1b[31m') as string,
    });
  });

  test('is used up to a cursor that comes back', async () => {
    await using server = await rawServer('repeated-cursor').ready();
    expect(server.connection.tools().map((tool) => tool.name)).toEqual([
      'echo',
      'typed',
      'untestable',
    ]);
    expect(server.noticeCodes()).toContain('tool-list-cut');
    expect(server.wire().filter((event) => event.method === 'tools/list')).toHaveLength(2);
  });

  test('is cut when its pages do not end', async () => {
    await using server = await rawServer('endless-cursor').ready();
    expect(server.connection.tools()).toHaveLength(100);
    expect(server.notices()).toMatchObject([
      { code: 'tool-list-cut', message: expect.stringContaining('more than 100 pages') as string },
    ]);
  });

  test('is all of its pages, in their order', async () => {
    await using server = await rawServer('two-pages').ready();
    expect(server.connection.tools().map((tool) => tool.name)).toEqual([
      'echo',
      'typed',
      'untestable',
    ]);
    expect(server.noticeCodes()).toEqual([]);
  });

  test('has the first of two tools of one name', async () => {
    const tools = [
      { name: 'echo', description: 'first', inputSchema: object },
      { name: 'echo', description: 'second', inputSchema: object },
    ];
    await using server = await rawServer('good', { options: { tools } }).ready();
    expect(server.connection.tools()).toEqual([tools[0]]);
    expect(server.noticeCodes()).toEqual(['tool-duplicate']);
  });

  test('is empty for a server without tools', async () => {
    await using server = await rawServer('good', { options: { capabilities: {} } }).ready();
    expect(server.connection.state).toMatchObject({ kind: 'ready', tools: 0 });
  });

  test('may be of five thousand tools, and what is wrong with them is not told five thousand times', async () => {
    const tools = Array.from({ length: 5_000 }, (_, index) => ({
      name: `t${index}`,
      inputSchema: index % 2 === 0 ? object : null,
    }));
    await using server = await rawServer('good', { env: {}, options: {} }).ready();
    await server.call('change-list', { tools });
    const { eventually } = await import('../support/leaks.ts');
    await eventually('the new list', () => server.toolChanges > 0);
    expect(server.connection.tools()).toHaveLength(5_000);
    expect(server.notices().length).toBeLessThan(60);
    expect(server.noticeCodes().at(-1)).toBe('more-notices');
    expect(textOf(await server.call('echo', { text: 'x' }))).toBe('x');
  });

  test('with a hostile pattern costs nobody any time', async () => {
    const tools = [
      {
        name: 'typed',
        inputSchema: object,
        outputSchema: { type: 'object', properties: { n: { type: 'string', pattern: '^(a+)+$' } } },
      },
    ];
    await using server = await rawServer('good', { options: { tools } }).ready();
    const started = performance.now();
    expect(await server.call('typed', { value: { n: `${'a'.repeat(40)}!` } })).toMatchObject({
      code: 'invalid-result',
    });
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});
