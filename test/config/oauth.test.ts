import { expect, test } from 'vitest';
import { describeCommands } from '../../src/config/describe-commands.ts';
import { expandEndpoint } from '../../src/config/variables.ts';
import { loadText, unusable, usable } from './load-text.ts';

function server(oauth: string): string {
  return `{"mcpServers": {"docs": {"url": "https://mcp.example/mcp", "oauth": ${oauth}}}}`;
}

test('the settings for OAuth have defaults, and belong to the address', () => {
  const { endpoint } = usable(loadText(server('{}')), 'docs');
  expect(endpoint).toEqual({
    kind: 'http',
    url: 'https://mcp.example/mcp',
    headers: {},
    oauth: { grant: 'authorization_code', algorithm: 'RS256', scopes: [], redirectPort: 0 },
  });
});

test('their variables are expanded with the address, and those that are not set are named', () => {
  const text = server(`{
    "grant": "client_credentials", "issuer": "https://\${env:AUTH_HOST}", "clientId": "\${env:ID}",
    "clientSecret": "\${env:SECRET}", "scopes": ["\${env:SCOPE:-read}"], "redirectPort": 7777
  }`);
  const { endpoint } = usable(loadText(text), 'docs');
  const env = { AUTH_HOST: 'auth.example', ID: 'us', SECRET: 's3cret' };
  const directory = '/project';
  expect(expandEndpoint(endpoint, { env, directory })).toMatchObject({
    kind: 'ok',
    endpoint: {
      oauth: {
        issuer: 'https://auth.example',
        clientId: 'us',
        clientSecret: 's3cret',
        scopes: ['read'],
        redirectPort: 7777,
      },
    },
  });
  expect(expandEndpoint(endpoint, { env: {}, directory })).toMatchObject({
    kind: 'failed',
    unset: ['AUTH_HOST', 'ID', 'SECRET'],
  });
  const plain = expandEndpoint(endpoint, { env: { ...env, AUTH_HOST: 'x/ y' }, directory });
  expect(plain.kind).toBe('ok');
});

test.each([
  ['{"clientSecret": "s", "issuer": "https://a.example"}', 'without "clientId"'],
  ['{"clientId": "c", "clientSecret": "s"}', 'needs an "issuer"'],
  ['{"grant": "client_credentials", "clientId": "c"}', 'needs a "clientId", and a "clientSecret"'],
  [
    '{"issuer": "https://a.example", "clientId": "c", "clientSecret": "s", "privateKey": "k"}',
    'keep one of them',
  ],
  [
    '{"issuer": "https://a.example", "clientId": "c", "privateKey": "k"}',
    'for "grant": "client_credentials" only',
  ],
  ['{"issuer": "http://a.example"}', 'must be an https address'],
  ['{"issuer": "a.example"}', 'is no URL'],
  ['{"clientMetadataUrl": "ftp://a.example/x"}', 'only http: and https:'],
  ['{"redirectPort": 70000}', 'must be a port'],
  ['{"grant": "password"}', 'grant'],
  ['{"clientID": "x", "redirectPort": "80"}', 'redirectPort'],
  ['true', 'oauth'],
])('%s is refused', (oauth, words) => {
  const { reason } = unusable(loadText(server(oauth)), 'docs');
  expect(reason).toContain('oauth');
  expect(reason).toContain(words);
});

test('a program is told that it has no use for them', () => {
  const config = loadText('{"mcpServers": {"a": {"command": "x", "oauth": {}}}}');
  expect(usable(config, 'a').endpoint.kind).toBe('stdio');
  expect(config.notices.map(({ message }) => message).join()).toContain('oauth is ignored');
});

test('who is asked to trust a config sees whom it lets authorise, and no secret', () => {
  const text = describeCommands(
    loadText(
      server('{"issuer": "https://auth.example", "clientId": "c", "clientSecret": "hidden!"}'),
    ),
  );
  expect(text).toContain('gets its authorisation from https://auth.example');
  expect(text).not.toContain('hidden!');
});
