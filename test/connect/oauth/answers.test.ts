import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import type { Authorize } from '../../../src/connect/oauth/ask-person.ts';
import { consent, type AuthorizationServerOptions } from '../../support/authorization-server.ts';
import { textOf } from '../../support/connections.ts';
import { verifies } from '../../support/verifies.ts';
import { oauth, Scene } from './scene.ts';

/** Where the browser is sent back to, with these parameters in place of the issuer's. */
function back(url: string, change: (query: URLSearchParams) => void): string {
  const asked = new URL(url).searchParams;
  const target = new URL(asked.get('redirect_uri') ?? '');
  target.search = new URLSearchParams({
    code: 'a code of somebody else',
    state: asked.get('state') ?? '',
  }).toString();
  change(target.searchParams);
  return target.href;
}

verifies(
  'oauth:right-answer',
  'an answer with another state is refused, and the wait goes on',
  async () => {
    await using scene = await Scene.open();
    const statuses: number[] = [];
    const authorize: Authorize = async (request) => {
      for (const state of ['wrong', '']) {
        const response = await fetch(back(request.url, (query) => query.set('state', state)));
        statuses.push(response.status);
      }
      const other = new URL('/other', new URL(request.url).searchParams.get('redirect_uri') ?? '');
      statuses.push((await fetch(other)).status);
      await consent(request);
    };
    await using server = await scene.connect({ authorize }).ready();
    expect(statuses).toEqual([400, 400, 404]);
    expect(textOf(await server.call('run'))).toBe('run 1');
  },
);

verifies(
  'oauth:right-answer',
  'an answer of another issuer, or of none, is not used, and not shown',
  async () => {
    const answers: ((query: URLSearchParams) => void)[] = [
      (query) => query.set('iss', 'https://evil.example'),
      // Advertised, so that its absence is a sign of tampering.
      () => undefined,
      (query) => {
        query.set('iss', 'https://evil.example');
        query.delete('code');
        query.set('error', 'call_this_number');
      },
    ];
    for (const change of answers) {
      await using scene = await Scene.open();
      const authorize: Authorize = async ({ url }) => {
        await fetch(back(url, change));
      };
      await using server = scene.connect({ authorize });
      const reason = await server.failure();
      expect(reason).toContain(`an answer that is not of ${scene.issuer.issuer}`);
      expect(reason).not.toContain('call_this_number');
      expect(scene.issuer.counts.code).toBe(0);
    }
  },
);

verifies(
  'oauth:right-answer',
  'a code is redeemed with the verifier of its own challenge',
  async () => {
    await using scene = await Scene.open();
    const authorize: Authorize = async ({ url }) => {
      // A code that was given out for another challenge: it was stolen, or slipped in.
      const other = new URL(url);
      other.searchParams.set('code_challenge', 'of-another-verifier');
      await consent({ url: other.href });
    };
    await using server = scene.connect({ authorize });
    expect(await server.failure()).toContain('invalid_grant');
    expect(scene.issuer.counts.code).toBe(1);
  },
);

test('metadata of another issuer is refused', async () => {
  await using scene = await Scene.open({
    issuer: { metadata: { issuer: 'https://honest.example' } },
  });
  await using server = scene.connect({ authorize: consent });
  expect(await server.failure()).toContain('could not be authorised');
  expect(scene.issuer.paths('/register')).toEqual([]);
});

test('a token for another resource is not asked for', async () => {
  await using scene = await Scene.open({
    server: { metadata: { resource: 'https://bank.example/mcp' } },
  });
  await using server = scene.connect({ authorize: consent });
  expect(await server.failure()).toContain('https://bank.example/mcp');
  expect(scene.issuer.paths('/authorize')).toEqual([]);
});

test.each([
  ['is absent', { code_challenge_methods_supported: undefined }],
  ['is another', { code_challenge_methods_supported: ['plain'] }],
])('an authorization server whose PKCE %s is refused', async (_, metadata) => {
  await using scene = await Scene.open({ issuer: { metadata } });
  await using server = scene.connect({ authorize: consent });
  expect(await server.failure()).toContain('PKCE');
  expect(scene.issuer.seen.map(({ path }) => path)).toEqual([
    '/.well-known/oauth-authorization-server',
  ]);
});

test('an authorization server of 2025-03-26 is known by its fixed places', async () => {
  await using scene = await Scene.open({ issuer: { isOld: true } });
  await using server = await scene.connect({ authorize: consent }).ready();
  expect(textOf(await server.call('run'))).toBe('run 1');
});

const DOCUMENT = 'https://fanout.example/client.json';
const CLIENTS: readonly (readonly [
  string,
  AuthorizationServerOptions,
  Readonly<Record<string, unknown>>,
  string,
])[] = [
  [
    'the address of its metadata document, where such are read',
    { metadata: { client_id_metadata_document_supported: true } },
    { clientMetadataUrl: DOCUMENT },
    DOCUMENT,
  ],
  ['the id of the config', { clients: { ours: null } }, { clientId: 'ours' }, 'ours'],
];
test.each(CLIENTS)('this program is known by %s', async (_, ...[issuer, settings, id]) => {
  await using scene = await Scene.open({ issuer });
  await using server = await scene.connect({ authorize: consent, oauth: oauth(settings) }).ready();
  scene.issuer.expireAccessTokens();
  expect(textOf(await server.call('run'))).toBe('run 1');
  expect(scene.issuer.counts).toMatchObject({ registrations: 0, code: 1, refresh: 1 });
  expect(scene.issuer.paths('/authorize')[0]?.query.get('client_id')).toBe(id);
});

test('a secret of the config goes to its issuer in a header, and a server cannot name another one', async () => {
  await using other = await Scene.open();
  await using scene = await Scene.open({
    issuer: { clients: { ours: 'the secret' } },
    server: { metadata: { authorization_servers: [other.issuer.issuer] } },
  });
  const settings = oauth({
    issuer: scene.issuer.issuer,
    clientId: 'ours',
    clientSecret: 'the secret',
  });
  await using server = await scene.connect({ authorize: consent, oauth: settings }).ready();
  expect(textOf(await server.call('run'))).toBe('run 1');
  const [request] = scene.issuer.paths('/token');
  expect(request?.headers.authorization).toMatch(/^Basic /u);
  expect(request?.body.has('client_secret')).toBe(false);
  expect(other.issuer.seen).toEqual([]);
});

test('a program that has a key signs with it', async () => {
  const { generateKeyPairSync } = await import('node:crypto');
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  await using scene = await Scene.open({
    issuer: {
      publicKeys: { robot: publicKey.export({ type: 'spki', format: 'pem' }).toString() },
    },
  });
  const settings = oauth({
    grant: 'client_credentials',
    issuer: scene.issuer.issuer,
    clientId: 'robot',
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    algorithm: 'ES256',
  });
  await using server = await scene.connect({ oauth: settings }).ready();
  expect(textOf(await server.call('run'))).toBe('run 1');
});

test('the browser comes back to the port that was registered, or, if that is taken, to one that is', async () => {
  await using scene = await Scene.open();
  {
    await using server = scene.connect({ authorize: consent });
    await server.ready();
  }
  const ports = (): readonly string[] =>
    scene.issuer
      .paths('/authorize')
      .map(({ query }) => new URL(query.get('redirect_uri') ?? '').port);
  scene.issuer.revokeAll();
  {
    await using server = scene.connect({ authorize: consent });
    await server.ready();
  }
  expect(ports()[1]).toBe(ports()[0]);
  expect(scene.issuer.counts.registrations).toBe(1);

  const squatter = createServer();
  await new Promise<void>((resolve) => {
    squatter.listen(Number(ports()[0]), '127.0.0.1', resolve);
  });
  scene.issuer.revokeAll();
  {
    await using server = scene.connect({ authorize: consent });
    await server.ready();
  }
  expect((squatter.address() as AddressInfo).port).not.toBe(Number(ports()[2]));
  expect(scene.issuer.counts.registrations).toBe(2);
  squatter.close();
});

test('a port of the config is used, and one that is taken is named', async () => {
  await using scene = await Scene.open({ issuer: { clients: { ours: null } } });
  const squatter = createServer();
  await new Promise<void>((resolve) => {
    squatter.listen(0, '127.0.0.1', resolve);
  });
  const { port } = squatter.address() as AddressInfo;
  const settings = oauth({ clientId: 'ours', redirectPort: port });
  {
    await using server = scene.connect({ authorize: consent, oauth: settings });
    expect(await server.failure()).toContain(`port ${port} of this machine`);
  }
  await new Promise((resolve) => {
    squatter.close(resolve);
  });
  await using server = await scene.connect({ authorize: consent, oauth: settings }).ready();
  expect(textOf(await server.call('run'))).toBe('run 1');
  const [asked] = scene.issuer.paths('/authorize');
  expect(asked?.query.get('redirect_uri')).toBe(`http://127.0.0.1:${port}/callback`);
});

test('secrets that an authorization server repeats are not in what is said', async () => {
  await using scene = await Scene.open({
    issuer: {
      clients: { robot: 'robots secret' },
      intercept: ({ path, headers }, response) => {
        if (path !== '/token') return false;
        const said = Buffer.from((headers.authorization ?? '').slice(6), 'base64').toString();
        response
          .writeHead(400, { 'content-type': 'application/json' })
          .end(JSON.stringify({ error: 'invalid_request', error_description: said }));
        return true;
      },
    },
  });
  const settings = oauth({
    grant: 'client_credentials',
    issuer: scene.issuer.issuer,
    clientId: 'robot',
    clientSecret: 'robots secret',
  });
  await using server = scene.connect({ oauth: settings });
  const reason = await server.failure();
  expect(reason).toContain('invalid_request');
  expect(reason).not.toContain('robots secret');
});
