import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Authorize } from '../../../src/connect/oauth/ask-person.ts';
import { consent } from '../../support/authorization-server.ts';
import { textOf } from '../../support/connections.ts';
import { eventually } from '../../support/leaks.ts';
import { verifies } from '../../support/verifies.ts';
import { oauth, Scene } from './scene.ts';

/** A person who allows it, and says how often that was. */
function counting(): { readonly authorize: Authorize; readonly urls: string[] } {
  const urls: string[] = [];
  return {
    urls,
    authorize: async (request) => {
      urls.push(request.url);
      await consent(request);
    },
  };
}

describe.each(['legacy', 'modern'] as const)('a guarded server of the %s era', (protocol) => {
  test('is connected to once a person has allowed it, and that is remembered', async () => {
    await using scene = await Scene.open();
    const person = counting();
    {
      await using server = await scene.connect({ protocol, ...person }).ready();
      expect(textOf(await server.call('run'))).toBe('run 1');
    }
    await using again = await scene.connect({ protocol }).ready();
    expect(textOf(await again.call('run'))).toBe('run 2');
    expect(scene.issuer.counts).toMatchObject({ registrations: 1, code: 1, refresh: 0 });
    expect(person.urls).toHaveLength(1);
    expect(new URL(person.urls[0] ?? '').searchParams.get('resource')).toBe(scene.server.url);
  });

  verifies(
    'oauth:one-refresh',
    `twenty calls that meet an expired token (${protocol})`,
    async () => {
      await using scene = await Scene.open();
      await using server = await scene.connect({ protocol, authorize: consent }).ready();
      for (const round of [1, 2, 3]) {
        scene.issuer.expireAccessTokens();
        const outcomes = await Promise.all(Array.from({ length: 20 }, () => server.call('run')));
        expect(outcomes.map(({ kind }) => kind)).toEqual(Array.from({ length: 20 }, () => 'ok'));
        expect(scene.issuer.counts).toMatchObject({ code: 1, refresh: round, replays: 0 });
        // B5: refused ones were sent again, and nothing ran twice.
        expect(scene.server.runs).toBe(20 * round);
      }
    },
  );

  test('whose token is over by its own date is not asked with it', async () => {
    await using scene = await Scene.open();
    {
      await using server = scene.connect({ protocol, authorize: consent });
      await server.ready();
    }
    const store = readFileSync(scene.storePath, 'utf8');
    writeFileSync(scene.storePath, store.replace(/"expiresAt": \d+/u, '"expiresAt": 1'));
    scene.server.requests.length = 0;
    await using server = await scene.connect({ protocol }).ready();
    expect(textOf(await server.call('run'))).toBe('run 1');
    expect(scene.issuer.counts).toMatchObject({ refresh: 1, replays: 0 });
    expect(scene.server.requests.filter(({ status }) => status === 401)).toEqual([]);
  });

  verifies(
    'oauth:reauthorise',
    `a person is asked again after a revocation (${protocol})`,
    async () => {
      await using scene = await Scene.open();
      const person = counting();
      await using server = await scene.connect({ protocol, ...person }).ready();
      scene.issuer.revokeAll();
      const outcomes = await Promise.all(Array.from({ length: 5 }, () => server.call('run')));
      expect(outcomes.map(({ kind }) => kind)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
      expect(person.urls).toHaveLength(2);
      expect(scene.issuer.counts).toMatchObject({
        code: 2,
        refresh: 1,
        registrations: 1,
        replays: 0,
      });
      expect(scene.server.runs).toBe(5);
    },
  );

  verifies(
    'oauth:reauthorise',
    `without a person the call says what to do (${protocol})`,
    async () => {
      await using scene = await Scene.open();
      {
        await using server = scene.connect({ protocol, authorize: consent });
        await server.ready();
      }
      await using server = await scene.connect({ protocol }).ready();
      scene.issuer.revokeAll();
      const outcomes = await Promise.all(Array.from({ length: 5 }, () => server.call('run')));
      for (const outcome of outcomes) {
        expect(outcome).toMatchObject({ kind: 'failed', code: 'unauthorised', ran: 'no' });
        expect('message' in outcome && outcome.message).toContain(
          'mcp-fanout doctor --server guarded',
        );
      }
      expect(scene.issuer.counts).toMatchObject({ refresh: 1, replays: 0 });
      expect(scene.server.runs).toBe(0);
      // Somebody allows it elsewhere: that is noticed.
      await using other = scene.connect({ protocol, authorize: consent });
      await other.ready();
      expect(textOf(await server.call('run'))).toBe('run 1');
    },
  );

  test('fails with the command that authorises where nobody is there, and is tried again', async () => {
    await using scene = await Scene.open();
    await using server = scene.connect({ protocol });
    expect(await server.failure()).toContain('wants a person to allow the access');
    const { state } = server.connection;
    expect(state).toHaveProperty('retryInMs');
    expect(state.kind === 'failed' && state.hint).toContain('mcp-fanout doctor --server guarded');
    // Nobody is bothered for nothing.
    expect(scene.issuer.seen).toEqual([]);
  });

  test('that wants more for one tool gets it, with what was allowed before', async () => {
    await using scene = await Scene.open({
      server: { scope: 'read', toolScopes: { write: 'write' } },
    });
    const person = counting();
    await using server = await scene.connect({ protocol, ...person }).ready();
    const [write, run] = await Promise.all([server.call('write'), server.call('run')]);
    expect([write.kind, run.kind]).toEqual(['ok', 'ok']);
    const scopes = person.urls.map((url) => new URL(url).searchParams.get('scope'));
    expect(scopes).toEqual(['read', 'read write']);
    expect(scene.server.runs).toBe(2);
  });

  test('that wants more, where nobody is there, says so, and the next person is asked at once', async () => {
    await using scene = await Scene.open({
      server: { scope: 'read', toolScopes: { write: 'write' } },
    });
    {
      await using server = scene.connect({ protocol, authorize: consent });
      await server.ready();
    }
    {
      await using server = await scene.connect({ protocol }).ready();
      const outcome = await server.call('write');
      expect(outcome).toMatchObject({ kind: 'failed', code: 'unauthorised', ran: 'no' });
      expect(textOf(await server.call('run'))).toBe('run 1');
    }
    const person = counting();
    await using server = await scene.connect({ protocol, ...person }).ready();
    expect(person.urls).toHaveLength(1);
    expect(textOf(await server.call('write'))).toBe('run 2');
    expect(person.urls).toHaveLength(1);
  });

  verifies('oauth:bounded', `a server that is never content (${protocol})`, async () => {
    await using scene = await Scene.open({
      issuer: { grants: () => 'read' },
      server: { scope: 'read', toolScopes: { write: 'write' } },
    });
    const person = counting();
    await using server = await scene.connect({ protocol, ...person }).ready();
    for (let time = 0; time < 5; time += 1) {
      expect(await server.call('write')).toMatchObject({ code: 'unauthorised', ran: 'no' });
    }
    expect(person.urls).toHaveLength(2);
    expect(textOf(await server.call('run'))).toBe('run 1');
  });

  test('is given credentials of our own, once for all calls', async () => {
    await using scene = await Scene.open({
      issuer: { clients: { robot: 'robots secret' } },
      server: { scope: 'read', toolScopes: { write: 'write' } },
    });
    const settings = oauth({
      grant: 'client_credentials',
      issuer: scene.issuer.issuer,
      clientId: 'robot',
      clientSecret: 'robots secret',
    });
    await using server = await scene.connect({ protocol, oauth: settings }).ready();
    scene.issuer.expireAccessTokens();
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => server.call('run')));
    expect(outcomes.every(({ kind }) => kind === 'ok')).toBe(true);
    expect(scene.issuer.counts.credentials).toBe(2);
    expect(textOf(await server.call('write'))).toBe('run 11');
    expect(scene.issuer.paths('/token').at(-1)?.body.get('scope')).toBe('read write');
  });
});

test('connecting waits for a person longer than for a server', async () => {
  await using scene = await Scene.open();
  const authorize: Authorize = async (request) => {
    await new Promise((resolve) => {
      setTimeout(resolve, 4_500);
    });
    await consent(request);
  };
  await using server = scene.connect({ authorize, timeouts: { connectMs: 4_000 } });
  expect((await server.connection.settled()).kind).toBe('ready');
});

test('closing ends the question, and its listener is gone', async () => {
  await using scene = await Scene.open();
  let address = '';
  let isOver = false;
  const authorize: Authorize = ({ url }, signal) => {
    address = new URL(url).searchParams.get('redirect_uri') ?? '';
    signal.addEventListener('abort', () => {
      isOver = true;
    });
  };
  {
    await using server = scene.connect({ authorize });
    server.connection.start();
    await eventually('the question', () => address !== '');
    expect((await fetch(address)).status).toBe(400);
  }
  expect(isOver).toBe(true);
  await expect(fetch(address)).rejects.toThrow('fetch failed');
});

test('a person who does not allow it is told why the server failed, and not asked for ever', async () => {
  await using scene = await Scene.open({
    issuer: {
      intercept: ({ path, query }, response) => {
        if (path !== '/authorize') return false;
        const back = new URL(query.get('redirect_uri') ?? '');
        back.search = new URLSearchParams({
          error: 'access_denied',
          error_description: 'not today',
          state: query.get('state') ?? '',
          iss: scene.issuer.issuer,
        }).toString();
        response.writeHead(302, { location: back.href }).end();
        return true;
      },
    },
  });
  await using server = scene.connect({ authorize: consent });
  const reason = await server.failure();
  expect(reason).toContain('access_denied: not today');
  expect(server.connection.state).not.toHaveProperty('retryInMs');
});

test('an authorization server that is out of order is an outage: calls may be sent again', async () => {
  let isOut = false;
  await using scene = await Scene.open({
    issuer: {
      intercept: ({ path }, response) => {
        if (path !== '/token' || !isOut) return false;
        response.writeHead(503).end('back soon');
        return true;
      },
    },
  });
  await using server = await scene.connect({ authorize: consent }).ready();
  scene.issuer.expireAccessTokens();
  isOut = true;
  expect(await server.call('run')).toMatchObject({ code: 'http-outage', ran: 'no' });
  isOut = false;
  expect(textOf(await server.call('run'))).toBe('run 1');
});

test('a token of the config is used as it is, and OAuth can be turned off', async () => {
  await using scene = await Scene.open();
  const headers = { authorization: 'Bearer mine' };
  for (const options of [{ headers }, { oauth: oauth({ grant: 'none' }) }]) {
    await using server = scene.connect({ ...options, authorize: consent });
    expect(await server.failure()).toContain('"Authorization" header under "headers"');
  }
  expect(scene.issuer.seen).toEqual([]);
});
