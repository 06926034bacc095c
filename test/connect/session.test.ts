import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { callId, exposedName, serverId, toolName } from '../../src/call/names.ts';
import type { Authorization } from '../../src/connect/oauth/authorization.ts';
import { openSession } from '../../src/connect/open-session.ts';
import { openTransport } from '../../src/connect/open-transport.ts';
import { Session } from '../../src/connect/session.ts';
import { HttpFixture, type HttpExchange } from '../support/http-fixture.ts';
import { eventually } from '../support/leaks.ts';
import { NOTHING_OFFERED } from '../support/offers.ts';
import { life } from '../support/life.ts';

/** An authorisation of which only this much matters: when a person is asked. */
class Asking {
  readonly problem = undefined;
  readonly #listeners = new Set<(isAsking: boolean) => void>();

  onAsking(listener: (isAsking: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  covers(): boolean {
    return false;
  }

  tell(isAsking: boolean): void {
    for (const listener of this.#listeners) listener(isAsking);
  }

  get listeners(): number {
    return this.#listeners.size;
  }
}

test('the clocks of a call go on when the person has answered, also if the session was lost meanwhile', async () => {
  let answer = (): void => undefined;
  const wait = (exchange: HttpExchange): void => {
    answer = () => exchange.json(exchange.answer('late'));
  };
  const forgotten = (exchange: HttpExchange): void => exchange.raw(404, '');
  await using fixture = await HttpFixture.start({ sessionId: 'one', tools: { wait, forgotten } });
  const asking = new Asking();
  const session = await openSession({
    server: serverId('x'),
    endpoint: { kind: 'http', url: fixture.url, headers: {} },
    env: {},
    maxMessageBytes: 1_000_000,
    notify: () => undefined,
    authorization: asking as unknown as Authorization,
    protocol: 'legacy',
    version: '0',
    lane: true,
    offers: NOTHING_OFFERED,
    redact: (text) => text,
    onListChanged: () => undefined,
  });
  const { signal } = new AbortController();
  await session.connect(signal, undefined);
  let standing = 0;
  const asker = () => ({
    id: callId('1'),
    name: exposedName('wait'),
    pauseClocks: () => {
      standing += 1;
      return () => {
        standing -= 1;
      };
    },
  });
  const call = session.callTool(toolName('wait'), {}, life({ asker }));
  await eventually('the call', () => fixture.posts('tools/call').length === 1);
  asking.tell(true);
  expect(standing).toBe(1);
  await session.callTool(toolName('forgotten'), {}, life());
  const reason = await session.ended;
  expect(standing).toBe(1);
  asking.tell(false);
  expect(standing).toBe(0);
  answer();
  expect(await call).toMatchObject({ kind: 'ok' });
  await session.close(reason);
  expect(asking.listeners).toBe(0);
});

test('a program that has exited before the protocol was loaded is told of by how it ended', async () => {
  const program = 'console.error("no database"); process.exit(7)';
  const options = {
    server: serverId('x'),
    endpoint: {
      kind: 'stdio',
      command: process.execPath,
      args: ['-e', program],
      cwd: tmpdir(),
      env: {},
    },
    env: {},
    maxMessageBytes: 1_000_000,
    notify: () => undefined,
    authorization: undefined,
    protocol: 'legacy',
    version: '0',
    lane: true,
    offers: NOTHING_OFFERED,
    redact: (text: string) => text,
    onListChanged: () => undefined,
  } as const;
  const transport = await openTransport(options);
  if (transport.kind !== 'stdio') throw new Error('no pipe');
  const { ended } = await transport.wire.spawn();
  expect(await ended).toMatchObject({ code: 7 });
  const session = new Session(options, transport);
  const reason: unknown = await session
    .connect(new AbortController().signal, undefined)
    .catch((failure: unknown) => failure);
  const failure = session.explain(reason);
  expect(failure.message).toContain('it exited with code 7. Its last words on stderr: no database');
  // It may be well another time: a server of which nothing is known is not given up for ever.
  expect(failure).toMatchObject({ code: 'connect-failed', details: { passing: true } });
  await session.close(failure);
});
