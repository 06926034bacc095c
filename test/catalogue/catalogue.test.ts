import { describe, expect, test } from 'vitest';
import { mergeCatalogue, serverTools } from '../../src/catalogue/catalogue.ts';
import { nameFilter } from '../../src/catalogue/name-filter.ts';
import { searchTools } from '../../src/catalogue/search.ts';
import { serverId } from '../../src/call/names.ts';
import type { HostConfig } from '../../src/config/host-config.ts';
import type { RawTool } from '../../src/connect/raw-tool.ts';
import { fakeTool } from '../support/fake-tools.ts';
import { serverConfig, type ScriptedServer } from '../support/scripted-host.ts';

const CONFIG: HostConfig = {
  source: { path: undefined, directory: '/', sha256: '' },
  model: { name: '', api: 'chat', baseURL: undefined, apiKeyEnv: '', batchHint: true },
  servers: [],
  limits: {
    maxInFlight: 1,
    maxMessageBytes: 1,
    maxResultBytes: 1,
    maxBatchResultBytes: 1,
    maxTurns: 1,
    batchMs: Infinity,
    patienceMs: 0,
  },
  policy: { allow: [], ask: [], deny: [], trustAnnotations: true },
  sampling: { enabled: false, maxTokens: 1, maxPerCall: 1, maxInFlight: 1, timeoutMs: Infinity },
  roots: [],
  notices: [],
};

function raw(name: string, rest: Partial<RawTool> = {}): RawTool {
  return { name, inputSchema: { type: 'object' }, ...rest };
}

function list(
  listed: readonly RawTool[],
  server: ScriptedServer = {},
  config = CONFIG,
): { readonly tools: ReturnType<typeof serverTools>; readonly dropped: readonly string[] } {
  const dropped: string[] = [];
  const tools = serverTools(config, serverConfig(serverId('s'), server), {
    listed,
    onDropped: (id, tool, reason) => dropped.push(`${id} ${tool}: ${reason}`),
  });
  return { tools, dropped };
}

describe('a server’s tools', () => {
  test('keep their order, and carry what the server says of them', () => {
    const { tools, dropped } = list([
      raw('get', {
        title: 'Get',
        description: 'Gets it.',
        annotations: { readOnlyHint: true },
        outputSchema: { type: 'object' },
      }),
      raw('put', { annotations: { title: 'Put' } }),
    ]);
    expect(tools.map(({ exposed }) => exposed)).toEqual(['s__get', 's__put']);
    expect(tools[0]).toMatchObject({
      server: 's',
      name: 'get',
      title: 'Get',
      description: 'Gets it.',
      outputSchema: { type: 'object' },
      resource: 's',
      declaredReadOnly: true,
    });
    expect(tools[1]).toMatchObject({
      title: 'Put',
      description: '',
      outputSchema: undefined,
      access: 'write',
    });
    expect(dropped).toEqual([]);
  });

  test('are those that config wants', () => {
    const { tools } = list([raw('a'), raw('b_1'), raw('b_2')], {
      include: ['b_*'],
      exclude: ['*_2'],
    });
    expect(tools.map(({ name }) => name)).toEqual(['b_1']);
  });

  test('are classed by policy and config of their own server', () => {
    const untrusting = { ...CONFIG, policy: { ...CONFIG.policy, trustAnnotations: false } };
    const hinted = raw('get', { annotations: { readOnlyHint: true } });
    expect(list([hinted], {}, untrusting).tools[0]).toMatchObject({
      declaredReadOnly: false,
      access: 'read',
    });
    const { tools } = list([hinted], {
      resource: 'store',
      tools: new Map([['get', { access: 'write' }]]),
    });
    expect(tools[0]).toMatchObject({ resource: 'store', access: 'write', declaredReadOnly: false });
  });

  test('whose names would meet: the first keeps it, the other one is told of', () => {
    const [altered] = list([raw('a b')]).tools;
    const lookalike = altered!.exposed.slice('s__'.length);
    const { tools, dropped } = list([raw('a b'), raw(lookalike), raw('c')]);
    expect(tools.map(({ name }) => name)).toEqual(['a b', 'c']);
    expect(dropped).toEqual([
      `s ${lookalike}: its exposed name ${altered!.exposed} is taken by another tool of this server`,
    ]);
  });
});

describe('the merged catalogue', () => {
  test('has the servers’ tools one after the other, and finds each by its name', () => {
    const one = [fakeTool('x', {}, { server: 'a' }), fakeTool('y', {}, { server: 'a' })];
    const two = [fakeTool('x', {}, { server: 'b' })];
    const merged = mergeCatalogue([one, two], () => expect.unreachable());
    expect(merged.tools.map(({ exposed }) => exposed)).toEqual(['a__x', 'a__y', 'b__x']);
    expect(merged.byName.get('b__x')).toBe(two[0]);
    expect(merged.byName.get('__proto__')).toBeUndefined();
  });

  test('gives a name that two servers want to the first, and tells of the other', () => {
    const dropped: string[] = [];
    const one = fakeTool('x', {}, { server: 'a' });
    const two = fakeTool('x', {}, { server: 'b', exposed: one.exposed });
    const merged = mergeCatalogue([[one], [two]], (server, tool, reason) =>
      dropped.push(`${server} ${tool}: ${reason}`),
    );
    expect(merged.tools).toEqual([one]);
    expect(dropped).toEqual(['b x: its exposed name a__x is taken by server a']);
  });
});

describe('a name filter', () => {
  test('lets everything through without globs; exclude wins over include', () => {
    expect(nameFilter([], [])('anything')).toBe(true);
    expect(nameFilter(['get_*'], [])('put_x')).toBe(false);
    expect(nameFilter(['get_*'], ['get_secret'])('get_secret')).toBe(false);
    expect(nameFilter([], ['put_*'])('get_x')).toBe(true);
  });

  test.each(['a/b', '.hidden', '..', '../up', 'a\nb', 'a.b', '-x', '读', '!x', '#x'])(
    'lets no tool escape `exclude: *` by its name: %j',
    (name) => {
      expect(nameFilter([], ['*'])(name)).toBe(false);
      expect(nameFilter(['*'], [])(name)).toBe(true);
    },
  );
});

describe('search', () => {
  const TOOLS = [
    fakeTool(
      'get_customer',
      { customer_id: { type: 'string' } },
      { description: 'Looks up one customer by id.' },
    ),
    fakeTool(
      'get_orders',
      { customer_id: { type: 'string' } },
      { description: 'Lists the orders of a customer.' },
    ),
    fakeTool(
      'readFile',
      { path: { type: 'string' } },
      { description: 'Reads one file.', server: 'files' },
    ),
    fakeTool('odd', {}, { inputSchema: { type: 'object', properties: 3 } }),
  ];
  const names = (query: string): readonly string[] =>
    searchTools(TOOLS, query).map(({ tool }) => tool.name);

  test('finds by name, words of the description, arguments, beginnings and small slips, best first', () => {
    expect(names('customer')[0]).toBe('get_customer');
    expect(names('orders')).toEqual(['get_orders']);
    expect(names('path')).toEqual(['readFile']);
    expect(names('read')).toContain('readFile');
    expect(names('custmer')).toContain('get_customer');
    expect(names('READ')).toContain('readFile');
  });

  test('finds nothing where there is nothing, and takes any query', () => {
    expect(names('zzzzzz')).toEqual([]);
    expect(names('')).toEqual([]);
    expect(names('!?* __proto__ (')).toEqual([]);
    expect(searchTools([], 'x')).toEqual([]);
  });

  test('scores fall, and equals keep the catalogue’s order', () => {
    const twins = [fakeTool('twin', {}, { server: 'a' }), fakeTool('twin', {}, { server: 'b' })];
    expect(searchTools(twins, 'twin').map(({ tool }) => tool.server)).toEqual(['a', 'b']);
    const scores = searchTools(TOOLS, 'customer file').map(({ score }) => score);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
  });
});
