import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { OwnStream } from '../../src/connect/own-stream.ts';
import { httpServer, SERVERS, textOf, type TestConnection } from '../support/connections.ts';
import { CutProxy } from '../support/cut-proxy.ts';
import { HttpFixture, type HttpExchange, type ToolScript } from '../support/http-fixture.ts';
import { HttpProcess } from '../support/http-process.ts';
import { eventually } from '../support/leaks.ts';
import { verifies } from '../support/verifies.ts';

const echo: ToolScript = (exchange) => {
  exchange.json(exchange.answer(String(exchange.args['text'])));
};

function names(server: TestConnection): readonly string[] {
  return server.connection.tools().map(({ name }) => name);
}

/** A server of the old era with a stream of its own, which it can break off, and refuse. */
class SpeakingServer implements AsyncDisposable {
  readonly tools: Record<string, ToolScript> = { echo };
  readonly streams: ServerResponse[] = [];
  /** Statuses with which the next streams are refused. */
  refusals: number[] = [];
  refused = 0;
  /** The next list is begun, and has to be resumed. */
  isListBroken = false;
  #broken: string | number | undefined;
  #fixture: HttpFixture | undefined;

  static async start(): Promise<SpeakingServer> {
    const server = new SpeakingServer();
    server.#fixture = await HttpFixture.start({
      tools: server.tools,
      sessionId: 'one',
      intercept: (exchange) => server.#takes(exchange),
    });
    return server;
  }

  get fixture(): HttpFixture {
    if (this.#fixture === undefined) throw new Error('not started');
    return this.#fixture;
  }

  #takes(exchange: HttpExchange): boolean {
    const { method, headers } = exchange.request;
    if (this.isListBroken && exchange.message.method === 'tools/list') {
      this.isListBroken = false;
      this.#broken = exchange.message.id;
      exchange.openStream();
      exchange.response.end('retry: 60\nid: list\ndata:\n\n');
      return true;
    }
    if (headers['last-event-id'] === 'list') {
      const list = Object.keys(this.tools).map((name) => ({
        name,
        inputSchema: { type: 'object' },
      }));
      exchange.openStream();
      exchange.event({ jsonrpc: '2.0', id: this.#broken, result: { tools: list } });
      exchange.response.end();
      return true;
    }
    if (method !== 'GET') return false;
    const status = this.refusals.shift();
    if (status === undefined) {
      exchange.openStream();
      this.streams.push(exchange.response);
    } else {
      this.refused += 1;
      exchange.raw(status, '');
    }
    return true;
  }

  async opened(count: number): Promise<void> {
    await eventually(`stream ${count}`, () => this.streams.length === count, 20_000);
  }

  say(method: string): void {
    this.streams.at(-1)?.write(`data: ${JSON.stringify({ jsonrpc: '2.0', method })}\n\n`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.fixture[Symbol.asyncDispose]();
  }
}

describe('the stream on which a server of the old era speaks by itself', () => {
  verifies(
    'heal:list-changed',
    'is opened again when it breaks off, and what the server could not say is found out',
    async () => {
      await using remote = await SpeakingServer.start();
      await using server = await httpServer(remote.fixture.url).ready();
      await remote.opened(1);
      expect(names(server)).toEqual(['echo']);
      remote.streams[0]?.socket?.resetAndDestroy();
      // Nobody hears of this one.
      remote.tools['extra'] = echo;
      await remote.opened(2);
      await eventually('the new list', () => server.toolChanges === 1);
      expect(names(server)).toEqual(['echo', 'extra']);
      // It is the same session, and the new stream is as good as the first.
      expect(remote.fixture.posts('initialize')).toHaveLength(1);
      remote.tools['another'] = echo;
      remote.say('notifications/tools/list_changed');
      await eventually('the next list', () => server.toolChanges === 2);
      expect(names(server)).toEqual(['echo', 'extra', 'another']);
    },
  );

  verifies(
    'heal:list-changed',
    'is asked for until it is there again, longer than the SDK would',
    async () => {
      await using remote = await SpeakingServer.start();
      await using server = await httpServer(remote.fixture.url).ready();
      await remote.opened(1);
      remote.refusals = [503, 503];
      remote.streams[0]?.end();
      remote.tools['extra'] = echo;
      await remote.opened(2);
      expect(remote.refused).toBe(2);
      await eventually('the new list', () => server.toolChanges === 1);
      expect(names(server)).toEqual(['echo', 'extra']);
      expect(textOf(await server.call('echo', { text: 'still' }))).toBe('still');
      expect(server.states().map(({ kind }) => kind)).not.toContain('backing-off');
    },
  );

  test('has nothing to do with a list that it made us read, and whose own stream breaks off', async () => {
    await using remote = await SpeakingServer.start();
    const { tools } = remote;
    await using server = await httpServer(remote.fixture.url).ready();
    await remote.opened(1);
    tools['extra'] = echo;
    remote.isListBroken = true;
    remote.say('notifications/tools/list_changed');
    await eventually('the new list', () => server.toolChanges === 1);
    expect(names(server)).toEqual(['echo', 'extra']);
    expect(remote.streams).toHaveLength(1);
  });

  test('of a server that says on it that it does not know us any more is the news of a lost session', async () => {
    await using remote = await SpeakingServer.start();
    await using server = await httpServer(remote.fixture.url).ready();
    await remote.opened(1);
    remote.refusals = [404];
    remote.streams[0]?.end();
    await remote.opened(2);
    expect(remote.fixture.posts('initialize')).toHaveLength(2);
    await eventually('the new session', () => server.connection.state.kind === 'ready');
  });
});

verifies(
  'heal:list-changed',
  'a subscription of the new era that breaks off is made again, and what was missed is found out',
  async () => {
    await using host = await HttpProcess.printingPort([join(SERVERS, 'modern.mjs'), 'http']);
    await using proxy = await CutProxy.to(host.port);
    await using server = await httpServer(`http://127.0.0.1:${proxy.port}/`).ready();
    expect(server.connection.state).toMatchObject({ protocolVersion: '2026-07-28' });
    expect(names(server)).not.toContain('extra');
    proxy.cut();
    await using direct = await httpServer(`http://127.0.0.1:${host.port}/`).ready();
    expect(textOf(await direct.call('grow'))).toBe('grown');
    proxy.mend();
    await eventually('the new list', () => server.toolChanges === 1, 20_000);
    expect(names(server)).toContain('extra');
    expect(server.states().map(({ kind }) => kind)).not.toContain('backing-off');
  },
);

const STREAM = { status: 200, contentType: 'text/event-stream; charset=utf-8' };
const PAGE = { status: 200, contentType: 'text/html' };
const refusal = (status: number): typeof PAGE => ({ status, contentType: '' });

/** Opens a stream whose GETs are answered so, in turn, and end at once. Returns how many were made, and what was told, when no more come. */
async function asked(
  ...answers: readonly (typeof PAGE)[]
): Promise<{ readonly gets: number; readonly told: readonly string[] }> {
  const told: string[] = [];
  let gets = 0;
  const open = async (): Promise<void> => {
    const observer = stream.observer(new Headers({ accept: 'text/event-stream' }));
    const answer = answers[gets];
    gets += 1;
    await Promise.resolve();
    if (answer === undefined) stream.close();
    else observer?.onResponse({ ...answer, retryAfterMs: undefined, location: undefined });
    observer?.onEnd(undefined);
  };
  const stream = new OwnStream({
    open,
    onOpened: () => told.push('opened'),
    onRefused: () => told.push('none'),
    onLost: () => told.push('lost'),
    backoff: { baseMs: 1, maxMs: 2 },
  });
  await stream.run(open);
  let before: number;
  do {
    before = gets;
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
  } while (gets !== before);
  return { gets, told };
}

describe('a server', () => {
  test.each([refusal(405), refusal(404), refusal(400), refusal(501), PAGE])(
    'that has no stream of its own ($status $contentType) is asked for it once',
    async (answer) => {
      expect(await asked(answer)).toEqual({ gets: 1, told: ['none'] });
    },
  );

  test('that fails whenever it is asked for a stream, and never had one, is asked five times', async () => {
    const failing = Array.from({ length: 9 }, () => refusal(500));
    expect(await asked(...failing)).toEqual({ gets: 5, told: [] });
  });

  test('that had one is asked for as long as it takes, and each one is told of', async () => {
    const failing = Array.from({ length: 9 }, () => refusal(503));
    expect(await asked(STREAM, ...failing, STREAM, refusal(429), STREAM)).toEqual({
      gets: 14,
      told: ['opened', 'opened', 'opened'],
    });
  });

  test('that does not know the session any more says so by 404 or 400', async () => {
    expect(await asked(STREAM, refusal(404))).toEqual({
      gets: 2,
      told: ['opened', 'lost', 'none'],
    });
    expect(await asked(STREAM, refusal(400))).toEqual({
      gets: 2,
      told: ['opened', 'lost', 'none'],
    });
  });
});
