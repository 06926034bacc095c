import { expect, test } from 'vitest';
import { configFromObject } from '../../src/config/config-text.ts';
import { normalise } from '../../src/config/normalise.ts';
import { DIRECTORY, loadText, marked, noticesOf, refusal, unusable, usable } from './load-text.ts';

/** Faults outside of servers: the whole config is refused. */
test.each([
  ['the config is a list', '‸[]', 'the config must be an object'],
  ['the config is a text', '‸"x"', 'the config must be an object'],
  [
    'the servers are a list',
    '{"mcpServers": ‸[]}',
    'mcpServers must be an object, { … }; got a list',
  ],
  ['model is a text', '{"model": ‸"gpt"}', 'model must be an object, { … }; got a text'],
  [
    'api is misspelt',
    '{"model": {"api": ‸"chatt"}}',
    'model.api must be one of "chat", "responses"; got "chatt": did you mean "chat"?',
  ],
  [
    'the key itself as apiKeyEnv',
    '{"model": {"apiKeyEnv": ‸"sk-proj-0"}}',
    'model.apiKeyEnv must be the NAME of an environment variable',
  ],
  [
    'an address that is none',
    '{"model": {"baseURL": ‸"localhost:1"}}',
    'model.baseURL begins with "localhost:"; only http: and https:',
  ],
  [
    'an address with a password',
    '{"model": {"baseURL": ‸"https://u:p@x/"}}',
    'model.baseURL has a user name or password',
  ],
  [
    'an input of VS Code',
    '{"model": {"name": ‸"${input:x}"}}',
    'model.name holds a variable that cannot be used',
  ],
  [
    'a budget of 0',
    '{"limits": {"batchMs": ‸0}}',
    'limits.batchMs must be a duration in ms: a number above 0 and at most 2147483647 (24 days), or null for no limit; got 0',
  ],
  ['a negative budget', '{"limits": {"batchMs": ‸-5}}', 'or null for no limit; got -5'],
  ['a budget that would overflow the timer', '{"limits": {"batchMs": ‸1e12}}', 'got 1000000000000'],
  ['an infinite budget', '{"limits": {"batchMs": ‸1e999}}', 'got Infinity'],
  ['a budget as a text', '{"limits": {"batchMs": ‸"30"}}', 'got "30": leave out the quotes'],
  [
    'a limit that must exist',
    '{"limits": {"maxTurns": ‸null}}',
    'limits.maxTurns must be a whole number from 1 to 2147483647; got null',
  ],
  ['half a turn', '{"limits": {"maxTurns": ‸1.5}}', 'got 1.5'],
  ['a negative patience', '{"limits": {"patienceMs": ‸-1}}', 'a number from 0 to'],
  [
    'a text as a switch',
    '{"policy": {"trustAnnotations": ‸"false"}}',
    'policy.trustAnnotations must be true or false; got "false": leave out the quotes',
  ],
  [
    'one glob without a list',
    '{"policy": {"deny": ‸"*"}}',
    'policy.deny must be a list, [ … ]; got a text: put it in [ ]',
  ],
  ['a negated glob', '{"policy": {"deny": ["a", ‸"!b"]}}', 'policy.deny[1] begins with "!"'],
  ['an empty glob', '{"policy": {"allow": [‸""]}}', 'policy.allow[0] is empty'],
  [
    'a server twice',
    '{"mcpServers": {"a": {"command": "x"}, ‸"a": {"command": "y"}}}',
    'mcpServers.a is given twice: remove one',
  ],
  [
    'a setting twice',
    '{"limits": {"maxTurns": 1, ‸"maxTurns": 2}}',
    'limits.maxTurns is given twice',
  ],
  ['the servers twice', '{"mcpServers": {}, ‸"mcpServers": {}}', 'mcpServers is given twice'],
  [
    'one name in both lists',
    '{"servers": {"a": {"command": "x"}}, "mcpServers": {‸"a": {"command": "y"}}}',
    'are one name for two servers',
  ],
  [
    'one prefix for two servers',
    '{"mcpServers": {"a": {"command": "x"}, ‸"b": {"command": "y", "prefix": "a"}}}',
    'mcpServers.b and mcpServers.a both have the prefix "a": set another "prefix"',
  ],
  [
    'two servers without a prefix',
    '{"mcpServers": {"a": {"command": "x", "prefix": ""}, ‸"b": {"command": "y", "prefix": ""}}}',
    'which at most one server may have',
  ],
])('refused: %s', (_what, text, words) => {
  const { text: plain, at } = marked(text);
  const error = refusal(plain);
  expect(error.code).toBe('config');
  expect(error.message.startsWith(`c.json:${at}: `)).toBe(true);
  expect(error.message).toContain(words);
  expect(error.message.split('\n')).toHaveLength(1);
});

/** Faults in one server's entry: only that server is lost. */
test.each([
  ['is no object', '‸"node server.js"', 'must be an object, { … }; got a text'],
  ['is null', '‸null', 'must be an object, { … }; got null'],
  [
    'has an unknown type',
    '{"type": ‸"streamableHttp", "url": "https://x"}',
    'did you mean "streamable-http"?',
  ],
  ['has an empty command', '{"command": ‸""}', 'bad.command must not be empty'],
  ['has a command of blanks', '{"command": ‸"  "}', 'bad.command is empty'],
  [
    'has a command that is a list',
    '{"command": ‸["node", "x"]}',
    'bad.command must be a text in double quotes; got a list',
  ],
  [
    'has args in one text',
    '{"command": "x", "args": ‸"a b"}',
    'bad.args must be a list, [ … ]; got a text: put it in [ ]',
  ],
  [
    'has a number among its args',
    '{"command": "x", "args": ["-p", ‸80]}',
    'bad.args[1] must be a text in double quotes; got a number: put it in quotes',
  ],
  [
    'has a number as a variable',
    '{"command": "x", "env": {"PORT": ‸80}}',
    'bad.env.PORT must be a text in double quotes; got a number: put it in quotes',
  ],
  [
    'has a variable with "=" in its name',
    '{"command": "x", "env": {"A=B": ‸"1"}}',
    'bad.env["A=B"] is no name',
  ],
  ['has a NUL in an argument', '{"command": "x", "args": [‸"a\\u0000b"]}', 'bad.args[0] has a NUL'],
  ['is http with a command', '{"type": ‸"http", "command": "x"}', 'needs a "url", not a "command"'],
  [
    'is stdio with a url',
    '{"type": ‸"stdio", "url": "https://x"}',
    'needs a "command", not a "url"',
  ],
  ['has both command and url', '{"command": "x", "url": ‸"https://x"}', 'stands beside "command"'],
  ['has an address that is none', '{"url": ‸"example.com/mcp"}', 'bad.url is no URL'],
  [
    'has an address of another scheme',
    '{"url": ‸"ws://x/mcp"}',
    'begins with "ws:"; only http: and https:',
  ],
  [
    'has a password in its address',
    '{"url": ‸"https://u:hunter2@x/mcp"}',
    'bad.url has a user name or password',
  ],
  [
    'has a header name that is none',
    '{"url": "https://x", "headers": {"A B": ‸"1"}}',
    'bad.headers["A B"] is no name that an HTTP header can have',
  ],
  [
    'has a line break in a header',
    '{"url": "https://x", "headers": {"A": ‸"1\\r\\nB: 2"}}',
    'bad.headers.A has a line break',
  ],
  ['has a prefix with "__"', '{"command": "x", "prefix": ‸"a__b"}', 'bad.prefix contains "__"'],
  ['has a prefix that ends in "_"', '{"command": "x", "prefix": ‸"a_"}', 'bad.prefix ends in "_"'],
  [
    'has a time budget of 0',
    '{"command": "x", "timeouts": {"idleMs": ‸0}}',
    'bad.timeouts.idleMs must be a duration in ms',
  ],
  [
    'has a time budget as a text',
    '{"command": "x", "timeouts": {"idleMs": ‸"30"}}',
    'got "30": leave out the quotes',
  ],
  [
    'has a limit of 0',
    '{"command": "x", "maxInFlight": ‸0}',
    'bad.maxInFlight must be a whole number from 1 to 2147483647, or null for no limit; got 0',
  ],
  [
    'has a rate without perSecond',
    '{"command": "x", ‸"rate": {"burst": 1}}',
    'bad.rate.perSecond is missing',
  ],
  [
    'has a tool with an unknown access',
    '{"command": "x", "tools": {"t": {"access": ‸"readonly"}}}',
    'bad.tools.t.access must be one of "read", "write"; got "readonly"',
  ],
  ['has tools as a list', '{"command": "x", "tools": ‸["*"]}', 'bad.tools must be an object'],
  [
    'has a faulty glob',
    '{"command": "x", "tools": {"exclude": [‸"!a"]}}',
    'bad.tools.exclude[0] begins with "!"',
  ],
  [
    'has a setting twice',
    '{"command": "x", ‸"command": "y"}',
    'bad.command is given twice: remove one',
  ],
  [
    'has a variable twice',
    '{"command": "x", "env": {"A": "1", ‸"A": "2"}}',
    'bad.env.A is given twice',
  ],
])('only its server is lost: one that %s', (_what, entry, words) => {
  const { text, at } = marked(
    `{\n  "mcpServers": {\n    "good": {"command": "x"},\n    "bad": ${entry}\n  }\n}`,
  );
  const config = loadText(text);
  expect(usable(config, 'good').kind).toBe('server');
  const { reason, intended } = unusable(config, 'bad');
  expect(intended).toBe(false);
  expect(reason.startsWith(`c.json:${at}: mcpServers.bad`)).toBe(true);
  expect(reason).toContain(words);
  expect(reason).not.toContain('hunter2');
});

test('a server with neither command nor url is lost, and unknown keys hint at why', () => {
  const text = '{\n "servers": {"a": {"comand": "x"}, "b": {}, "c": {"serverUrl": "https://x"}}}';
  const config = loadText(text);
  expect(unusable(config, 'a').reason).toContain('c.json:2:14: servers.a needs a "command"');
  expect(unusable(config, 'a').reason).toContain('did you mean "command"?');
  expect(unusable(config, 'b').reason).toBe(
    'c.json:2:36: servers.b needs a "command" (a program to start) or a "url" (a server to reach)',
  );
  expect(unusable(config, 'c').reason).toContain('here: "url"');
});

test('a server with an empty name is lost', () => {
  const config = loadText('{"mcpServers": {"": {"command": "x"}}}');
  expect(unusable(config, '').reason).toContain('has an empty name');
});

test('several faults are listed together, in the order of the text, each with its place', () => {
  const error = refusal(
    '{"policy": {"deny": "x"},\n "limits": {"maxTurns": 0, "batchMs": "1"},\n "model": 1}',
  );
  expect(error.message.split('\n').map((line) => line.slice(0, 12).trim())).toEqual([
    'c.json:1:21:',
    'c.json:2:25:',
    'c.json:2:39:',
    'c.json:3:11:',
  ]);
  expect(error.details).toEqual({ file: 'c.json', line: 1, column: 21, key: 'policy.deny' });

  const reason = unusable(
    loadText('{"servers": {"a": {"command": 1, "args": 2, "start": "x"}}}'),
    'a',
  ).reason;
  expect(reason.match(/c\.json:1:\d+: servers\.a\./g)).toHaveLength(3);
});

test('no message shows a value that could be a secret', () => {
  const secret = 'tok-4711';
  const text = `{"servers": {
    "a": {"url": "https://x/${secret}", "command": "x", "headers": ["${secret}"]},
    "b": {"url": "https://u:${secret}@x"},
    "c": {"command": "x", "env": "${secret}"},
    "d": {"url": "https://x", "headers": {"A": "${secret}\\n."}},
    "e": {"url": "ftp://${secret}"}}}`;
  const config = loadText(text);
  expect(config.servers.every(({ kind }) => kind === 'unusable')).toBe(true);
  expect(JSON.stringify(config)).not.toContain(secret);
  expect(refusal(`{"model": {"apiKeyEnv": "${secret}"}}`).message).not.toContain(secret);
});

test('unknown keys are notices with their place and the nearest known key', () => {
  const config = loadText(`{
  "polcy": {},
  "limits": {"maxturn": 3},
  "mcpServers": {
    "a": {
      "command": "x", "agrs": [],
      "timeouts": {"idlems": 1},
      "tools": {"t": {"acces": "read"}},
      "rate": {"perSecond": 1, "zzz": 1}
    }
  }
}`);
  expect(noticesOf(config)).toEqual([
    '2:3 unknown key "polcy" is ignored; did you mean "policy"?',
    '3:14 unknown key "maxturn" in limits is ignored; did you mean "maxTurns"?',
    '6:23 unknown key "agrs" in mcpServers.a is ignored; did you mean "args"?',
    '7:20 unknown key "idlems" in mcpServers.a.timeouts is ignored; did you mean "idleMs"?',
    '8:23 unknown key "acces" in mcpServers.a.tools.t is ignored; did you mean "access"?',
    '9:32 unknown key "zzz" in mcpServers.a.rate is ignored',
  ]);
  expect(usable(config, 'a').rate).toEqual({ perSecond: 1, burst: 1 });
});

test("keys of other hosts' configs are notices that say what to write here", () => {
  const config = loadText(`{
  "inputs": [],
  "servers": {"a": {"command": "x", "envFile": ".env", "autoApprove": ["t"], "enabled": true, "timeout": 5}}
}`);
  const notices = noticesOf(config);
  expect(notices).toHaveLength(5);
  expect(notices[0]).toMatch(/^2:3 unknown key "inputs" is ignored; .*\$\{env:NAME\}/u);
  expect(notices[1]).toContain('"envFile" in servers.a is ignored; no such file is read');
  expect(notices[2]).toContain('"allow" under "policy"');
  expect(notices[3]).toContain('here: "disabled"');
  expect(notices[4]).toContain('in ms');
  expect(usable(config, 'a').kind).toBe('server');
});

test('servers at the top level are found out', () => {
  const notices = noticesOf(loadText('{"files": {"command": "x"}}'));
  expect(notices).toEqual([
    '1:1 no server is named: add "mcpServers"',
    '1:2 unknown key "files" is ignored; it looks like a server, and those stand under "mcpServers"',
  ]);
});

test('server names that differ only by case are both used, with a notice', () => {
  const config = loadText('{"mcpServers": {"Docs": {"command": "x"},\n"docs": {"command": "y"}}}');
  expect(config.servers.map(({ kind }) => kind)).toEqual(['server', 'server']);
  expect(noticesOf(config)).toEqual([
    '2:1 mcpServers.docs and mcpServers.Docs differ only by upper and lower case',
  ]);
});

test('settings of the wrong kind of server are notices', () => {
  const config = loadText(
    '{"servers": {"a": {"command": "x", "headers": {"A": "1"}}, "b": {"url": "https://x", "args": ["1"], "env": {"A": "1"}, "cwd": "."}}}',
  );
  expect(noticesOf(config).map((notice) => notice.replace(/:.*/u, '').trim())).toEqual(
    Array.from({ length: 4 }, () => '1'),
  );
  expect(noticesOf(config)[0]).toContain('servers.a.headers is ignored');
  expect(noticesOf(config)[3]).toContain('servers.b.cwd is ignored');
});

test.each([
  ['http://example.com/mcp', true],
  ['http://[2001:db8::1]:8080/mcp', true],
  ['http://127.0.0.1.example.com/', true],
  ['https://example.com/mcp/', false],
  ['http://localhost:3000/mcp', false],
  ['http://127.0.0.1:3000', false],
  ['http://[::1]:3000/mcp/', false],
])('%s can be read on its way: %s', (url, told) => {
  const config = loadText(JSON.stringify({ servers: { a: { url } } }));
  expect(usable(config, 'a').endpoint).toEqual({ kind: 'http', url, headers: {} });
  expect(noticesOf(config).some((notice) => notice.includes('is http, not https'))).toBe(told);
});

test('a policy glob that can match no exposed name is a notice', () => {
  const config = loadText(
    '{"policy": {"deny": ["github.delete_*"]}, "servers": {"a": {"command": "x"}}}',
  );
  expect(noticesOf(config)).toHaveLength(1);
  expect(noticesOf(config)[0]).toContain('1:22 policy.deny[0] can match no tool');
});

test('a config that is given as an object has the same faults, without places', () => {
  const source = { path: undefined, directory: DIRECTORY, sha256: undefined };
  const read = (input: object) => normalise(configFromObject(input), source, {});
  expect(() => read({ limits: { maxTurns: 0 } })).toThrow(
    /^config: limits\.maxTurns must be a whole number .*; got 0$/u,
  );
  const config = read({ mcpServers: { a: { command: '' } }, polcy: 1 });
  expect(unusable(config, 'a').reason).toBe('config: mcpServers.a.command must not be empty');
  expect(noticesOf(config)).toContain('0:0 unknown key "polcy" is ignored; did you mean "policy"?');
  expect(() => read([])).toThrow('config: the config must be an object, { … }; got a list');
});
