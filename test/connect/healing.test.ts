import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { serverId, toolName } from '../../src/call/names.ts';
import { Connection } from '../../src/connect/connection.ts';
import {
  httpServer,
  rawServer,
  serverConfig,
  SERVERS,
  stdioServer,
  textOf,
} from '../support/connections.ts';
import { HttpFixture, type ToolScript } from '../support/http-fixture.ts';
import { eventually } from '../support/leaks.ts';
import { verifies } from '../support/verifies.ts';
import { NOTHING_OFFERED } from '../support/offers.ts';
import { life } from '../support/life.ts';

const folder = mkdtempSync(join(tmpdir(), 'fanout-healing-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
let counters = 0;
/** A file in which a fixture server counts its starts. */
function counter(): string {
  counters += 1;
  return join(folder, `starts-${counters}`);
}
const tool = (name: string): object => ({ name, inputSchema: { type: 'object' } });
const echo: ToolScript = (exchange) => {
  exchange.json(exchange.answer(String(exchange.args['text'])));
};

/** The timers of an hour and more that were started since: nobody else in this process has such. */
class LongTimers implements Disposable {
  readonly #timers = new Set<unknown>();
  readonly #spies = [
    vi.spyOn(globalThis, 'setTimeout').mockImplementation((task, ms) => {
      const timer = realSetTimeout(task, ms);
      // The SDK's own are of 24 days.
      if (ms !== undefined && ms >= 3_600_000 && ms <= 86_400_000) this.#timers.add(timer);
      return timer;
    }),
    vi.spyOn(globalThis, 'clearTimeout').mockImplementation((timer) => {
      this.#timers.delete(timer);
      realClearTimeout(timer);
    }),
  ];

  get running(): number {
    return this.#timers.size;
  }

  [Symbol.dispose](): void {
    for (const spy of this.#spies) spy.mockRestore();
  }
}
const { setTimeout: realSetTimeout, clearTimeout: realClearTimeout } = globalThis;

describe('a stdio server that dies', () => {
  verifies('heal:restart', 'is started again, and a call made meanwhile waits for it', async () => {
    await using server = await rawServer('good', { options: { counter: counter() } }).ready();
    const tools = server.connection.tools();
    expect(await server.call('crash')).toMatchObject({ code: 'connection-lost', ran: 'unknown' });
    expect(server.connection.state).toMatchObject({ kind: 'backing-off', attempt: 1 });
    // It is the same list: no prompt changes, and no catalogue is made anew.
    expect(server.connection.tools()).toBe(tools);
    expect(textOf(await server.call('starts'))).toBe('2');
    expect(server.connection.tools()).toBe(tools);
    expect(server.states().map(({ kind }) => kind)).toEqual([
      'connecting',
      'ready',
      'backing-off',
      'ready',
    ]);
  });

  verifies('orphans:none', 'is started only when everything of its last life is gone', async () => {
    await using server = await rawServer('deaf-family', { restart: { baseMs: 1 } }).ready();
    const before = server.living();
    expect(before).toHaveLength(2);
    await server.call('crash');
    expect(textOf(await server.call('echo', { text: 'back' }))).toBe('back');
    const after = server.living();
    expect(after).toHaveLength(2);
    expect(after.some((pid) => before.includes(pid))).toBe(false);
  });

  verifies('heal:era', 'is not asked its era again', async () => {
    await using server = await rawServer('good', { restart: { baseMs: 1 } }).ready();
    await server.call('crash');
    expect(await server.call('echo')).toMatchObject({ kind: 'ok' });
    const methods = server.wire().map(({ method }) => method);
    expect(methods.filter((method) => method === 'server/discover')).toHaveLength(1);
    expect(methods.filter((method) => method === 'initialize')).toHaveLength(2);
  });

  for (const old of ['strict', 'exit-on-probe'])
    verifies(
      'heal:era',
      `may come back as one of the other era, twice (the old one: ${old}): what is remembered fails, and it is asked anew`,
      async () => {
        const kind = counter();
        writeFileSync(kind, old);
        await using server = stdioServer(process.execPath, [join(SERVERS, 'turncoat.mjs'), kind], {
          restart: { baseMs: 1 },
        });
        await server.ready();
        const isOf = (protocolVersion: string): void => {
          expect(server.connection.state).toMatchObject({ protocolVersion });
        };
        isOf('2025-11-25');
        writeFileSync(kind, 'modern');
        await server.call('crash');
        expect(textOf(await server.call('echo', { text: 'new' }))).toBe('new');
        isOf('2026-07-28');
        writeFileSync(kind, old);
        await server.call('crash');
        expect(textOf(await server.call('echo', { text: 'old' }))).toBe('old');
        isOf('2025-11-25');
      },
    );

  test('may come back with other tools', async () => {
    const toolsByStart = [[tool('echo'), tool('crash')], [tool('brand_new')]];
    await using server = await rawServer('good', {
      options: { counter: counter(), toolsByStart },
    }).ready();
    await server.call('crash');
    await eventually('its return', () => server.connection.state.kind === 'ready');
    expect(server.connection.tools().map(({ name }) => name)).toEqual(['brand_new']);
  });

  verifies('heal:restart', 'may need several tries', async () => {
    await using server = await rawServer('good', {
      options: { counter: counter(), failStarts: [2, 3] },
      restart: { baseMs: 1 },
    }).ready();
    await server.call('crash');
    expect(textOf(await server.call('starts'))).toBe('4');
    const seen = server
      .states()
      .flatMap((state) =>
        state.kind === 'backing-off' ? [[state.attempt, state.reason.includes('code 7')]] : [],
      );
    expect(seen).toEqual([
      [1, false],
      [2, true],
      [3, true],
    ]);
  });

  verifies(
    'heal:breaker',
    'again and again is left alone: its state says how it ended last, how often, and what to do',
    async () => {
      await using server = await rawServer('short-lived', { restart: { baseMs: 1 } }).ready();
      await eventually(
        'the opening of the breaker',
        () => server.connection.state.kind === 'failed',
      );
      expect(server.starts()).toBe(5);
      expect(server.connection.state).toMatchObject({
        kind: 'failed',
        reason: expect.stringMatching(
          /it exited with code 5.*cannot stay.*5 times in a row.*left alone for 60 s/,
        ) as string,
        hint: expect.stringContaining('run its command by itself') as string,
        retryInMs: expect.any(Number) as number,
      });
      expect(server.connection.tools()).toEqual([]);
      // At once: nobody waits a minute.
      expect(await server.call('echo')).toMatchObject({ code: 'not-connected', ran: 'no' });
      expect(server.connection.recovery()).toBeUndefined();
      expect(server.living()).toEqual([]);
    },
  );

  verifies(
    'heal:breaker',
    'and was left alone is tried again after a while, or earlier when a call needs it',
    async () => {
      const options = { counter: counter(), failStarts: [2, 3] };
      const restart = { baseMs: 1, maxSetbacks: 3, minUptimeMs: 1, restMs: 86_400_000 };
      await using server = rawServer('good', { options, restart });
      // The first start is good; the two after it are not.
      await server.ready();
      await server.call('crash');
      await eventually(
        'the opening of the breaker',
        () => server.connection.state.kind === 'failed',
      );
      expect(server.starts()).toBe(3);
      // Only after it was left alone for the minimum uptime: until then there is nothing to wait for.
      await eventually('a try on demand', () => server.connection.recovery() !== undefined);
      await server.connection.recovery();
      expect(server.connection.state.kind).toBe('ready');
      expect(textOf(await server.call('starts'))).toBe('4');

      await using other = rawServer('good', {
        options: { counter: counter(), failStarts: [2, 3] },
        restart: { ...restart, restMs: 50 },
      });
      await other.ready();
      await other.call('crash');
      await eventually('the opening of the breaker', () =>
        other.states().some(({ kind }) => kind === 'failed'),
      );
      await eventually('the probe', () => other.connection.state.kind === 'ready');
    },
  );

  verifies(
    'heal:calls-wait',
    'and does not come back in time fails the calls that wait, at once the later ones',
    async () => {
      await using server = await rawServer('good', {
        restart: { baseMs: 86_400_000, maxMs: 86_400_000 },
        timeouts: { connectMs: 5_000 },
      }).ready();
      await server.call('crash', { code: 9 });
      const outcome = await server.call('echo');
      expect(outcome).toMatchObject({
        kind: 'failed',
        code: 'not-connected',
        ran: 'no',
        message: expect.stringContaining('code 9') as string,
      });
      expect(server.connection.state.kind).toBe('backing-off');
      expect(server.connection.recovery()).toBeUndefined();
      expect(await server.call('echo')).toMatchObject({ code: 'not-connected', ran: 'no' });
    },
  );

  verifies(
    'orphans:none',
    'and is closed meanwhile leaves no process, no timer, and no call behind',
    async () => {
      const server = await rawServer('good', {
        restart: { baseMs: 86_400_000, maxMs: 86_400_000 },
        timeouts: { connectMs: 3_600_000 },
      }).ready();
      using timers = new LongTimers();
      await server.call('crash');
      const call = server.call('echo');
      // The delay, and the calls' patience.
      expect(timers.running).toBe(2);
      await server.connection.close();
      expect(await call).toMatchObject({ kind: 'failed', ran: 'no' });
      expect(timers.running).toBe(0);
      expect(server.connection.state).toEqual({ kind: 'closed' });
      expect(server.living()).toEqual([]);

      const starting = rawServer('silent-list', {
        options: {},
        restart: { baseMs: 1 },
        timeouts: { connectMs: 300 },
      });
      starting.connection.start();
      await eventually('the second start', () => starting.starts() >= 2);
      await starting.connection.close();
      expect(starting.living()).toEqual([]);
    },
  );
});

describe('a server that does not come up', () => {
  test('is tried again when the cause may pass; who waits for the first try does not wait for the others', async () => {
    await using server = rawServer('good', {
      options: { counter: counter(), failStarts: [1, 2] },
      restart: { baseMs: 200 },
      // Not asked for its era, which would be another start.
      protocol: 'legacy',
    });
    expect(await server.failure()).toContain('start 1 is none');
    expect(server.connection.state).toHaveProperty('retryInMs');
    expect(server.connection.tools()).toEqual([]);
    await eventually('the third start', () => server.connection.state.kind === 'ready');
    expect(server.states().map(({ kind }) => kind)).toEqual([
      'connecting',
      'failed',
      'failed',
      'ready',
    ]);
  });

  test('is not when it cannot: no such command, no variable, no permission, no such page', async () => {
    const restart = { baseMs: 1 };
    await using missing = rawServer('good', { command: 'no-such-command-here', restart });
    await missing.failure();
    expect(missing.connection.state).not.toHaveProperty('retryInMs');
    for (const status of [401, 403, 404]) {
      await using fixture = await HttpFixture.start({
        intercept: (exchange) => {
          exchange.raw(status, '');
          return true;
        },
      });
      await using server = httpServer(fixture.url, { restart });
      await server.failure();
      expect(server.connection.state).not.toHaveProperty('retryInMs');
    }
  });

  test('over HTTP is tried again when nobody listened', async () => {
    const first = await HttpFixture.start();
    const { port, url } = first;
    await first[Symbol.asyncDispose]();
    await using server = httpServer(url, {
      restart: { baseMs: 20, maxMs: 20, maxSetbacks: 1_000 },
    });
    await server.failure();
    await using _second = await HttpFixture.start({ port, tools: { echo } });
    await eventually('the connection', () => server.connection.state.kind === 'ready');
    expect(textOf(await server.call('echo', { text: 'there' }))).toBe('there');
  });
});

/** A server that knows one session at a time, and answers `status` to others. */
async function sessionServer(status: number): Promise<{
  readonly fixture: HttpFixture;
  readonly forget: () => void;
}> {
  let current = 0;
  const fixture = await HttpFixture.start({
    tools: { echo },
    intercept: (exchange) => {
      const { method } = exchange.message;
      if (method === 'initialize') {
        const id = `session-${current}`;
        const result = {
          protocolVersion: exchange.message.params?.['protocolVersion'],
          capabilities: { tools: {} },
          serverInfo: { name: 'http', version: '1' },
        };
        exchange.json({ jsonrpc: '2.0', id: exchange.message.id, result }, 200, {
          'mcp-session-id': id,
        });
        return true;
      }
      const session = exchange.request.headers['mcp-session-id'];
      if (session === undefined || session === `session-${current}`) return false;
      exchange.json({ jsonrpc: '2.0', id: null, error: { code: -32_000, message: 'no' } }, status);
      return true;
    },
  });
  return {
    fixture,
    forget: () => {
      current += 1;
    },
  };
}

describe('an HTTP server that has forgotten the session', () => {
  for (const status of [404, 400])
    verifies(
      'heal:session',
      `(status ${status}) gets one new session, however many calls find out, none of which has run`,
      async () => {
        const { fixture, forget } = await sessionServer(status);
        await using _fixture = fixture;
        await using server = await httpServer(fixture.url).ready();
        expect(textOf(await server.call('echo', { text: 'before' }))).toBe('before');
        const tools = server.connection.tools();
        forget();
        const outcomes = await Promise.all(Array.from({ length: 30 }, () => server.call('echo')));
        for (const outcome of outcomes) {
          expect(outcome).toMatchObject({ kind: 'failed', code: 'session-lost', ran: 'no' });
        }
        expect(textOf(await server.call('echo', { text: 'after' }))).toBe('after');
        expect(fixture.posts('initialize')).toHaveLength(2);
        expect(fixture.posts('server/discover')).toHaveLength(1);
        expect(server.connection.tools()).toBe(tools);
        expect(server.states().map(({ kind }) => kind)).toEqual([
          'connecting',
          'ready',
          'backing-off',
          'ready',
        ]);
      },
    );

  test('is not given up for a 400 that is about the call', async () => {
    await using fixture = await HttpFixture.start({
      sessionId: 'abc',
      tools: {
        echo,
        refuse: (exchange) => {
          exchange.raw(400, 'no such customer');
        },
      },
    });
    await using server = await httpServer(fixture.url).ready();
    expect(await server.call('refuse')).toMatchObject({ kind: 'failed', code: 'http-status' });
    expect(textOf(await server.call('echo', { text: 'still' }))).toBe('still');
    expect(fixture.posts('initialize')).toHaveLength(1);
  });
});

test('an HTTP server that was restarted is connected to again, and calls wait for that', async () => {
  const first = await HttpFixture.start({ tools: { echo } });
  const { port } = first;
  await using server = await httpServer(first.url).ready();
  await first[Symbol.asyncDispose]();
  // A connection that was kept may break first, of which nothing is known.
  await server.call('echo');
  if (server.connection.state.kind === 'ready') await server.call('echo');
  await eventually('the loss', () => server.connection.state.kind === 'backing-off');
  expect(server.connection.state).toMatchObject({
    reason: expect.stringContaining('nothing listens') as string,
  });
  const waiting = server.call('echo', { text: 'back' });
  await using _second = await HttpFixture.start({ port, tools: { echo } });
  expect(textOf(await waiting)).toBe('back');
});

describe('an address that refuses Streamable HTTP', () => {
  for (const status of [400, 404, 405])
    verifies(
      'heal:old-transport',
      `with ${status} is asked for the transport before it`,
      async () => {
        await using fixture = await HttpFixture.start({
          intercept: (exchange) => {
            const { method, url } = exchange.request;
            if (method === 'GET') {
              exchange.openStream();
              exchange.response.write('event: endpoint\ndata: /messages\n\n');
              stream = exchange.response;
              return true;
            }
            if (url !== '/messages') {
              exchange.raw(status, '');
              return true;
            }
            exchange.raw(202, '');
            const { id, method: rpc, params } = exchange.message;
            const results: Record<string, unknown> = {
              initialize: {
                protocolVersion: params?.['protocolVersion'],
                capabilities: { tools: {} },
                serverInfo: { name: 'old', version: '1' },
              },
              'tools/list': { tools: [tool('echo')] },
              'tools/call': { content: [{ type: 'text', text: 'old' }] },
            };
            const result = results[rpc ?? ''];
            if (result !== undefined) {
              const answer = JSON.stringify({ jsonrpc: '2.0', id, result });
              stream?.write(`event: message\ndata: ${answer}\n\n`);
            }
            return true;
          },
        });
        let stream: { write: (text: string) => unknown } | undefined;
        await using server = await httpServer(fixture.url).ready();
        expect(textOf(await server.call('echo'))).toBe('old');
      },
    );
});

test('a connection that cannot be expanded any more stays failed', async () => {
  const config = serverConfig({
    name: 'x',
    endpoint: { kind: 'stdio', command: 'x', args: [], env: {}, cwd: '/' },
  });
  const connection = new Connection(
    { ...config, id: serverId('x') },
    {
      env: {},
      expand: () => {
        throw new Error('unset');
      },
      emit: () => undefined,
      version: '0',
      offers: NOTHING_OFFERED,
      redact: (text) => text,
    },
    { maxMessageBytes: 1_000, restart: { baseMs: 1 } },
  );
  expect(await connection.settled()).toEqual({ kind: 'failed', reason: 'unset' });
  expect(await connection.callTool(toolName('y'), {}, life())).toMatchObject({ ran: 'no' });
  expect(connection.recovery()).toBeUndefined();
  await connection.close();
});
