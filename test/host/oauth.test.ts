import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openHost, type AuthorizationRequest } from '../../src/index.ts';
import { AuthorizationServer, consent } from '../support/authorization-server.ts';
import { eventually } from '../support/leaks.ts';
import { ProtectedServer } from '../support/protected-server.ts';
import { rawEntry, rawTools, textOf } from '../support/raw-host.ts';

test('a person who takes time keeps no other server waiting, and the calls that need the server wait for them', async () => {
  const state = mkdtempSync(join(tmpdir(), 'fanout-oauth-'));
  try {
    await using issuer = await AuthorizationServer.start();
    await using server = await ProtectedServer.start({ authorizedBy: issuer });
    const asked: AuthorizationRequest[] = [];
    const host = await openHost(
      {
        mcpServers: {
          guarded: { url: server.url },
          good: rawEntry('good', { tools: rawTools('echo') }),
        },
        limits: { patienceMs: 100 },
      },
      {
        env: { ...process.env, XDG_STATE_HOME: state },
        onAuthorize: (request) => {
          asked.push(request);
        },
      },
    );
    try {
      await eventually('the question', () => asked.length === 1);
      const states = host.servers().map(({ state: { kind } }) => kind);
      expect(states).toEqual(['connecting', 'ready']);
      const calls = host.runBatch([
        { name: 'guarded__run', arguments: {} },
        { name: 'good__echo', arguments: { text: 'meanwhile' } },
      ]);
      await consent(asked[0] ?? { url: '' });
      expect((await calls).map(({ outcome }) => textOf(outcome))).toEqual(['run 1', 'meanwhile']);
    } finally {
      await host.close();
    }
  } finally {
    rmSync(state, { recursive: true, force: true });
  }
});

test('a token reaches no other origin, whatever the server answers', async () => {
  const seen: (string | undefined)[] = [];
  const elsewhere = createServer((request, response) => {
    seen.push(request.headers.authorization);
    response.end();
  });
  await new Promise<void>((resolve) => {
    elsewhere.listen(0, '127.0.0.1', resolve);
  });
  const { port } = elsewhere.address() as AddressInfo;
  const redirecting = createServer((_, response) => {
    response.writeHead(307, { location: `http://127.0.0.1:${port}/mcp` }).end();
  });
  await new Promise<void>((resolve) => {
    redirecting.listen(0, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(redirecting.address() as AddressInfo).port}/mcp`;
  const host = await openHost({ mcpServers: { moved: { url } } }, { onAuthorize: consent });
  expect(host.servers()[0]?.state.kind).toBe('failed');
  await host.close();
  expect(seen).toEqual([]);
  redirecting.close();
  elsewhere.close();
});
