import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { deferred } from '../../../src/base/deferred.ts';
import { expect, test } from 'vitest';
import { consent } from '../../support/authorization-server.ts';
import { eventually } from '../../support/leaks.ts';
import { verifies } from '../../support/verifies.ts';
import { Scene } from './scene.ts';

const CALLER = fileURLToPath(new URL('../../support/oauth-caller.mjs', import.meta.url));

/** Another host, in a process of its own. */
class Caller implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(scene: Scene, calls: number) {
    const child = spawn(process.execPath, [CALLER, scene.server.url, String(calls)], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: scene.env,
    });
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  async line(): Promise<string> {
    const next = await this.#lines.next();
    if (next.done === true) throw new Error('the process ended');
    return next.value;
  }

  go(): void {
    this.#child.stdin?.write('go\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }
}

verifies(
  'oauth:one-refresh',
  'three processes whose calls meet an expired token at once',
  async () => {
    const release = deferred<void>();
    await using scene = await Scene.open({
      issuer: {
        intercept: async ({ path, body }) => {
          if (path === '/token' && body.get('grant_type') === 'refresh_token')
            await release.promise;
          return false;
        },
      },
    });
    await using here = await scene.connect({ authorize: consent, protocol: 'legacy' }).ready();
    await using one = new Caller(scene, 5);
    await using two = new Caller(scene, 5);
    expect(await Promise.all([one.line(), two.line()])).toEqual(['ready', 'ready']);
    scene.issuer.expireAccessTokens();
    one.go();
    two.go();
    const outcomes = Promise.all(Array.from({ length: 5 }, () => here.call('run')));
    // Each has been refused before any can have refreshed.
    await eventually('all refusals', () => scene.server.calls(401).length === 15);
    release.resolve();
    const kinds = (await outcomes).map(({ kind }) => kind);
    const theirs = (await Promise.all([one.line(), two.line()])).map(
      (line) => JSON.parse(line) as string[],
    );
    expect([kinds, ...theirs].flat()).toEqual(Array.from({ length: 15 }, () => 'ok'));
    expect(scene.issuer.counts).toMatchObject({ code: 1, refresh: 1, replays: 0 });
    expect(scene.server.runs).toBe(15);
  },
);

test('the authorization server of these tests notices a second use of a refresh token', async () => {
  await using scene = await Scene.open();
  await using server = scene.connect({ authorize: consent });
  await server.ready();
  scene.issuer.expireAccessTokens();
  await server.call('run');
  const [first] = scene.issuer.paths('/token').slice(-1);
  const response = await fetch(`${scene.issuer.issuer}/token`, {
    method: 'POST',
    body: first?.body ?? null,
  });
  expect(response.status).toBe(400);
  expect(scene.issuer.counts.replays).toBe(1);
  // And what was granted is worth nothing any more, for whoever has it.
  await using other = await scene.connect({ authorize: consent }).ready();
  expect(other.connection.state.kind).toBe('ready');
  expect(scene.issuer.counts).toMatchObject({ code: 2, refresh: 3 });
});
