import { expect, test } from 'vitest';
import { loadText, unusable, usable } from './load-text.ts';

test('the defaults are those that are documented', () => {
  const config = loadText('{"mcpServers": {"a": {"command": "x"}}}');
  expect(config).toEqual({
    source: { path: '/project/c.json', directory: '/project', sha256: 'hash' },
    model: {
      name: 'gpt-5.1',
      api: 'chat',
      baseURL: undefined,
      apiKeyEnv: 'OPENAI_API_KEY',
      batchHint: true,
    },
    servers: [
      {
        kind: 'server',
        id: 'a',
        prefix: 'a',
        place: 'c.json:1',
        endpoint: { kind: 'stdio', command: 'x', args: [], env: {}, cwd: '/project' },
        protocol: 'auto',
        start: 'eager',
        isolation: 'shared',
        parallel: 'auto',
        maxInFlight: 64,
        rate: undefined,
        resource: 'a',
        timeouts: {
          queueMs: 600_000,
          connectMs: 30_000,
          attemptMs: 300_000,
          idleMs: 60_000,
          totalMs: 600_000,
        },
        include: [],
        exclude: [],
        tools: new Map(),
      },
    ],
    limits: {
      maxInFlight: 256,
      maxMessageBytes: 67_108_864,
      maxResultBytes: 67_108_864,
      maxBatchResultBytes: 131_072,
      maxTurns: 25,
      batchMs: Infinity,
      patienceMs: 3000,
    },
    policy: { allow: [], ask: [], deny: [], trustAnnotations: true },
    sampling: {
      enabled: false,
      maxTokens: 4096,
      maxPerCall: 5,
      maxInFlight: 2,
      timeoutMs: 120_000,
    },
    roots: [],
    notices: [],
  });
});

test('every option is read', () => {
  const config = loadText(`{
    "$schema": "x",
    "model": {"name": "m", "api": "responses", "baseURL": "http://x/v1", "apiKeyEnv": "K", "batchHint": false},
    "mcpServers": {
      "a": {
        "command": "node", "args": ["a b", "'; rm -rf", "$(x)", "new\\nline"], "env": {"A": "\${env:B}"}, "cwd": "sub/../other",
        "prefix": "p", "protocol": "legacy", "start": "lazy", "isolation": "client", "parallel": "never",
        "maxInFlight": 3, "rate": {"perSecond": 2.5, "burst": 7}, "resource": "store", "sampling": false, "roots": [".", "/r"],
        "timeouts": {"queueMs": 1, "connectMs": 2, "attemptMs": 3, "idleMs": 4, "totalMs": 5},
        "tools": {
          "include": ["*"], "exclude": ["x*"],
          "write_file": {"access": "write", "declared": false, "keys": ["path"], "idempotent": true, "timeoutMs": 9},
          "slow": {"timeoutMs": null}, "__proto__": {"access": "read"}
        }
      }
    },
    "limits": {"maxInFlight": 1, "maxMessageBytes": 7, "maxResultBytes": 2, "maxBatchResultBytes": 8, "maxTurns": 3, "batchMs": 4, "patienceMs": 0},
    "policy": {"allow": ["a"], "ask": ["b"], "deny": ["c"], "trustAnnotations": false},
    "sampling": {"enabled": true, "maxTokens": 1, "maxPerCall": 2, "maxInFlight": 3, "timeoutMs": 4},
    "roots": ["../x"]
  }`);
  expect(config.model).toEqual({
    name: 'm',
    api: 'responses',
    baseURL: 'http://x/v1',
    apiKeyEnv: 'K',
    batchHint: false,
  });
  const server = usable(config, 'a');
  expect(server).toMatchObject({
    prefix: 'p',
    protocol: 'legacy',
    start: 'lazy',
    isolation: 'client',
    parallel: 'never',
    maxInFlight: 3,
    rate: { perSecond: 2.5, burst: 7 },
    resource: 'store',
    timeouts: { queueMs: 1, connectMs: 2, attemptMs: 3, idleMs: 4, totalMs: 5 },
    include: ['*'],
    exclude: ['x*'],
    sampling: false,
    roots: ['/project', '/r'],
  });
  expect(server.endpoint).toEqual({
    kind: 'stdio',
    command: 'node',
    args: ['a b', "'; rm -rf", '$(x)', 'new\nline'],
    env: { A: '${env:B}' },
    cwd: '/project/other',
  });
  expect(server.tools.get('write_file')).toEqual({
    access: 'write',
    declared: false,
    keys: ['path'],
    idempotent: true,
    timeoutMs: 9,
  });
  expect(server.tools.get('slow')).toEqual({ timeoutMs: Infinity });
  expect(config.limits).toEqual({
    maxInFlight: 1,
    maxMessageBytes: 7,
    maxResultBytes: 2,
    maxBatchResultBytes: 8,
    maxTurns: 3,
    batchMs: 4,
    patienceMs: 0,
  });
  expect(config.policy).toEqual({ allow: ['a'], ask: ['b'], deny: ['c'], trustAnnotations: false });
  expect(config.sampling).toEqual({
    enabled: true,
    maxTokens: 1,
    maxPerCall: 2,
    maxInFlight: 3,
    timeoutMs: 4,
  });
  expect(config.roots).toEqual(['/x']);
  expect(config.notices).toEqual([]);
});

test('null means no limit', () => {
  const nothing =
    '{"queueMs": null, "connectMs": null, "attemptMs": null, "idleMs": null, "totalMs": null}';
  const config = loadText(
    `{"servers": {"a": {"command": "x", "maxInFlight": null, "timeouts": ${nothing}}}, "limits": {"batchMs": null}, "sampling": {"timeoutMs": null}}`,
  );
  const server = usable(config, 'a');
  expect(server.maxInFlight).toBe(Infinity);
  expect(new Set(Object.values(server.timeouts))).toEqual(new Set([Infinity]));
  expect(config.limits.batchMs).toBe(Infinity);
  expect(config.sampling.timeoutMs).toBe(Infinity);
});

test('a rate without a burst gets one that it can live on', () => {
  const config = loadText(
    '{"servers": {"a": {"command": "x", "rate": {"perSecond": 0.2}}, "b": {"command": "x", "rate": {"perSecond": 2.5}}}}',
  );
  expect(usable(config, 'a').rate).toEqual({ perSecond: 0.2, burst: 1 });
  expect(usable(config, 'b').rate).toEqual({ perSecond: 2.5, burst: 3 });
});

test.each([
  ['{"command": "x"}', 'stdio'],
  ['{"type": "stdio", "command": "x"}', 'stdio'],
  ['{"url": "https://x"}', 'http'],
  ['{"type": "http", "url": "https://x"}', 'http'],
  ['{"type": "streamable-http", "url": "https://x"}', 'http'],
  ['{"type": "sse", "url": "https://x"}', 'sse'],
  ['{"url": "${env:DOCS}/mcp"}', 'http'],
])('%s is reached over %s', (entry, kind) => {
  expect(usable(loadText(`{"servers": {"a": ${entry}}}`), 'a').endpoint.kind).toBe(kind);
});

test('mcpServers and servers are merged, in the order of the file, numbers included', () => {
  const config = loadText(
    '{"servers": {"b": {"command": "x"}, "10": {"command": "x"}, "9": {"command": "x"}}, "mcpServers": {"a": {"command": "x"}}}',
  );
  expect(config.servers.map(({ id }) => id)).toEqual(['b', '10', '9', 'a']);
});

test('a disabled server is unusable on purpose, whatever is in its entry, and owns no prefix', () => {
  const config = loadText(
    '{"servers": {"a": {"disabled": true, "command": 1}, "b": {"command": "x", "disabled": true, "prefix": "p"}, "c": {"command": "x", "prefix": "p"}}}',
  );
  expect(unusable(config, 'a')).toEqual({
    kind: 'unusable',
    id: 'a',
    reason: 'disabled in the config',
    intended: true,
  });
  expect(unusable(config, 'b').intended).toBe(true);
  expect(usable(config, 'c').prefix).toBe('p');
});

test('a server called __proto__ is a server like any other', () => {
  const server = usable(loadText('{"mcpServers": {"__proto__": {"command": "x"}}}'), '__proto__');
  expect(server.prefix).toMatch(/^proto-[0-9a-f]{6}$/);
});

test('a variable under model counts as not given when it is unset or empty', () => {
  const text =
    '{"model": {"name": "${env:MODEL}", "baseURL": "${env:OPENAI_BASE_URL}", "apiKeyEnv": "${KEY_NAME}"}}';
  const unset = { name: 'gpt-5.1', baseURL: undefined, apiKeyEnv: 'OPENAI_API_KEY' };
  expect(loadText(text).model).toMatchObject(unset);
  expect(loadText(text, { MODEL: '', OPENAI_BASE_URL: '' }).model).toMatchObject(unset);
  const set = { MODEL: 'm', OPENAI_BASE_URL: 'http://localhost:1/v1', KEY_NAME: 'K' };
  expect(loadText(text, set).model).toMatchObject({
    name: 'm',
    baseURL: 'http://localhost:1/v1',
    apiKeyEnv: 'K',
  });
  expect(loadText('{"model": {"name": "${X:-other}"}}').model.name).toBe('other');
});

test('variables of servers stay as they are written', () => {
  const config = loadText(
    '{"servers": {"a": {"command": "${A}", "args": ["${B}"], "cwd": "${env:HOME}/x"}}}',
    { A: '1', B: '2' },
  );
  expect(usable(config, 'a').endpoint).toEqual({
    kind: 'stdio',
    command: '${A}',
    args: ['${B}'],
    env: {},
    cwd: '${env:HOME}/x',
  });
});
