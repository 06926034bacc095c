import { expect, test } from 'vitest';
import { secretsOf } from '../../src/config/secrets.ts';
import { loadConfig } from '../../src/config/load.ts';

const ENV = {
  OPENAI_BASE_URL: 'https://me:pa%24%24word@example.com/v1',
  OPENAI_API_KEY: 'sk-openai-1234',
  DOCS_TOKEN: 'docs-token-5678',
  WORD: 'production',
  MY_PASSWORD: 'swordfish',
  HOME: '/home/somebody',
};

async function secrets(servers: object): Promise<readonly string[]> {
  return secretsOf(await loadConfig({ mcpServers: servers }, { env: ENV }), ENV);
}

test('the model’s key is a secret', async () => {
  expect(await secrets({})).toContain('sk-openai-1234');
});

test('so are the values of env, but not ordinary words', async () => {
  const found = await secrets({
    a: { command: 'x', env: { API: 'k3y-value', MODE: 'production', DB_PASSWORD: 'letmein' } },
  });
  expect(found).toContain('k3y-value');
  expect(found).toContain('letmein');
  expect(found).not.toContain('production');
});

test('so are headers, and a bearer token by itself', async () => {
  const headers = { Authorization: 'Bearer ${env:DOCS_TOKEN}' };
  const found = await secrets({ a: { url: 'https://example.com/mcp', headers } });
  expect(found).toContain('Bearer docs-token-5678');
  expect(found).toContain('docs-token-5678');
});

test('so are what proves by OAuth who we are', async () => {
  const own = { issuer: 'https://auth.example', clientId: 'us' };
  const found = await secrets({
    a: { url: 'https://a.example', oauth: { ...own, clientSecret: '${env:DOCS_TOKEN}' } },
    b: {
      url: 'https://b.example',
      oauth: { ...own, grant: 'client_credentials', privateKey: '--- a key ---' },
    },
  });
  expect(found).toEqual(expect.arrayContaining(['docs-token-5678', '--- a key ---']));
  expect(found).not.toContain('us');
});

test('so is what variables put into arguments, but not where the user’s home is', async () => {
  const args = ['--pw=${MY_PASSWORD}', '--dir=${HOME}/x', '--mode=${WORD}'];
  const found = await secrets({ a: { command: 'x', args } });
  expect(found).toContain('swordfish');
  expect(found).not.toContain('/home/somebody');
  expect(found).not.toContain('production');
});

test('so are passwords and query values of addresses', async () => {
  const found = await secrets({ a: { url: 'https://example.com/mcp?key=q-12345' } });
  expect(found).toContain('q-12345');
  expect(found).toContain('pa$$word');
});

test('a password that is not encoded is meant as it stands', async () => {
  const env = { OPENAI_BASE_URL: 'https://me:100%secret@example.com/v1' };
  expect(secretsOf(await loadConfig({ mcpServers: {} }, { env }), env)).toContain('100%secret');
});

test('a line end behind one, as files have it, is no part of it', async () => {
  const env = { ...ENV, OPENAI_API_KEY: 'sk-openai-1234\n', DOCS_TOKEN: 'docs-token-5678\n' };
  const headers = { Authorization: 'Bearer ${env:DOCS_TOKEN}' };
  const config = await loadConfig(
    { mcpServers: { a: { url: 'https://a.example', headers } } },
    { env },
  );
  expect(secretsOf(config, env)).toEqual(
    expect.arrayContaining(['sk-openai-1234', 'docs-token-5678']),
  );
});

test('an address is one for what may hide in it, not for its host', async () => {
  const found = await secrets({
    a: {
      command: 'x',
      env: {
        HOST: 'https://api.example.com:8443',
        HOOK: 'https://api.example.com/T0/B0',
        LOGIN: 'https://me@api.example.com',
        AUTH_TOKEN: 'https://token.example',
      },
    },
  });
  expect(found).not.toContain('https://api.example.com:8443');
  expect(found).toEqual(
    expect.arrayContaining([
      'https://api.example.com/T0/B0',
      'https://me@api.example.com',
      'https://token.example',
    ]),
  );
});
