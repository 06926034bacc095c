import { describe, expect, test } from 'vitest';
import { HostError } from '../../src/base/errors.ts';
import type { JsonObject } from '../../src/base/json.ts';
import { CallFault } from '../../src/connect/call-fault.ts';
import { ListLane } from '../../src/connect/list-lane.ts';
import { WireGuard } from '../../src/connect/wire-guard.ts';
import { httpServer, rawServer, type TestConnection } from '../support/connections.ts';
import { HandTransport } from '../support/hand-transport.ts';
import { HttpFixture, type HttpExchange } from '../support/http-fixture.ts';
import { eventually } from '../support/leaks.ts';
import { verifies } from '../support/verifies.ts';

type Way = 'lane' | 'sdk';

const WAYS = ['lane', 'sdk'] as const;
const FIRST_ID = 900_000_000;
const TOOLS = [
  { name: 'plain', description: 'ż\u2028', inputSchema: { type: 'object' } },
  { name: 'mended', inputSchema: null },
  { name: 'more', inputSchema: { type: 'object' }, icons: [], annotations: { readOnlyHint: 1 } },
  { name: 'bad', inputSchema: 'nonsense' },
];

function envOf(way: Way): NodeJS.ProcessEnv {
  return { ...process.env, MCP_FANOUT_CALL_PATH: way };
}

/** What became of a connection, without what differs from one to the next. */
async function fateOf(server: TestConnection): Promise<unknown> {
  const state = await server.connection.settled();
  const tools = server.connection.tools();
  const notices = server.noticeCodes();
  if (state.kind !== 'failed') return { kind: state.kind, tools, notices };
  const mayPass = state.retryInMs !== undefined;
  const said = state.reason.replace(/\(while connecting.*/u, '').replaceAll(/:\d{4,5}\b/gu, '');
  return { kind: state.kind, mayPass, said, notices };
}

/** How the list is answered, and what of the words may differ: the SDK has some of its own. */
interface Case {
  readonly answer: (exchange: HttpExchange, list: JsonObject) => void;
  readonly ownWords?: true;
}

const CASES: Readonly<Record<string, Case>> = {
  'a document': {
    answer: (exchange, list) => {
      exchange.json(list);
    },
  },
  'an event stream': {
    answer: (exchange, list) => {
      exchange.openStream();
      exchange.event({ jsonrpc: '2.0', method: 'notifications/message', params: {} });
      exchange.event(list);
      exchange.response.end();
    },
  },
  'an error': {
    answer: (exchange) => {
      const error = { code: -32_603, message: 'not today' };
      exchange.json({ jsonrpc: '2.0', id: exchange.message.id, error });
    },
  },
  'no list': {
    answer: (exchange) => {
      exchange.json({ jsonrpc: '2.0', id: exchange.message.id, result: { tools: 'many' } });
    },
  },
  'a result and an error': {
    answer: (exchange, list) => {
      exchange.json({ ...list, result: { tools: [] }, error: { code: 1, message: 'and yet' } });
    },
    ownWords: true,
  },
  'half a document': {
    answer: (exchange, list) => {
      const text = JSON.stringify(list);
      exchange.raw(200, text.slice(0, 40), { 'content-type': 'application/json' });
    },
    ownWords: true,
  },
  'a page for people': {
    answer: (exchange) => {
      exchange.raw(200, '<p>Welcome', { 'content-type': 'text/html' });
    },
    ownWords: true,
  },
  'HTTP 500': {
    answer: (exchange) => {
      exchange.raw(500, 'oh no');
    },
  },
  'HTTP 404': {
    answer: (exchange) => {
      exchange.raw(404, 'where?');
    },
  },
  'HTTP 429': {
    answer: (exchange) => {
      exchange.raw(429, 'slowly', { 'retry-after': '7' });
    },
  },
  'nothing, accepted': {
    answer: (exchange) => {
      exchange.raw(202, '');
    },
  },
  'a connection that breaks': {
    answer: (exchange) => {
      exchange.response.socket?.destroy();
    },
  },
  'too much': {
    answer: (exchange, list) => {
      exchange.json({ ...list, more: 'x'.repeat(200_000) });
    },
  },
};

async function listOverHttp({ answer }: Case, way: Way): Promise<unknown> {
  await using fixture = await HttpFixture.start({
    intercept: (exchange) => {
      const { id, method } = exchange.message;
      if (method !== 'tools/list') return false;
      answer(exchange, { jsonrpc: '2.0', id: id ?? null, result: { tools: TOOLS } });
      return true;
    },
  });
  const settings = { env: envOf(way), maxMessageBytes: 100_000 };
  await using server = httpServer(fixture.url, settings);
  const fate = await fateOf(server);
  const ids = fixture.posts('tools/list').map(({ message }) => Number(message?.id) > FIRST_ID);
  expect(ids).toEqual([way === 'lane']);
  return fate;
}

describe('a list by the lane comes to what it comes to by the SDK', () => {
  for (const [name, one] of Object.entries(CASES)) {
    verifies('lane:same-list', `where it is answered with ${name}`, async () => {
      const [lane, sdk] = await Promise.all(WAYS.map((way) => listOverHttp(one, way)));
      const rest = one.ownWords === true ? { said: expect.any(String) as string } : {};
      expect(lane).toEqual({ ...(sdk as object), ...rest });
    });
  }

  for (const mode of ['good', 'two-pages', 'repeated-cursor', 'endless-cursor']) {
    verifies('lane:same-list', `over a pipe, from a server that is ${mode}`, async () => {
      const [lane, sdk] = await Promise.all(
        WAYS.map(async (way) => {
          const options = mode === 'good' ? { tools: TOOLS } : {};
          await using server = rawServer(mode, { hostEnv: envOf(way), options });
          return await fateOf(server);
        }),
      );
      expect(lane).toMatchObject({ kind: 'ready' });
      expect(lane).toEqual(sdk);
    });
  }
});

test('a list that is not waited for any more leaves no request behind', async () => {
  await using fixture = await HttpFixture.start({
    intercept: ({ message }) => message.method === 'tools/list',
  });
  const asked = (): boolean => fixture.posts('tools/list').length === 1;
  await using server = httpServer(fixture.url, { timeouts: { connectMs: 1_000 } });
  server.connection.start();
  await eventually('the list is asked for', asked);
  expect(await server.failure()).toContain('it did not finish listing its tools');
  await eventually('the request is gone', () => fixture.posts('tools/list')[0]?.aborted === true);
});

verifies(
  'lane:ends-once',
  'a list, too: each request has one end, and what comes after it finds nobody',
  async () => {
    const wire = new HandTransport();
    const guard = new WireGuard(wire, 'raw', () => undefined);
    await guard.start();
    const ended = (): HostError => new HostError('connection-lost', 'it went away');
    const lane = new ListLane({ server: 'raw', guard, notify: () => undefined, ended });
    const stop = new AbortController();
    const stopped = lane.ask({}, stop.signal);
    const other = new AbortController().signal;
    const failing = lane.ask({ cursor: 'x' }, other);
    const lost = lane.ask({}, other);
    const [first, second] = wire.posted;
    expect(JSON.parse(second?.text ?? '')).toMatchObject({
      params: { cursor: 'x' },
      id: second?.id,
    });
    stop.abort(new HostError('aborted', 'no longer wanted'));
    await expect(stopped).rejects.toThrow('no longer wanted');
    expect(wire.withdrawn).toEqual([first?.id]);
    wire.receive({ jsonrpc: '2.0', id: first?.id, result: { tools: [] } });
    wire.onfault?.(second?.id ?? 0, new CallFault('connection-lost', 'broken', { ran: 'unknown' }));
    await expect(failing).rejects.toThrow('broken');
    wire.onclose?.();
    await expect(lost).rejects.toThrow('it went away');
    expect(guard.pending).toBe(0);
    await expect(lane.ask({}, stop.signal)).rejects.toThrow('no longer wanted');
    expect(wire.posted).toHaveLength(3);
  },
);

test('a list whose answer is not there when the process ends has the words of that end', async () => {
  await using server = rawServer('silent-list', { timeouts: { connectMs: 20_000 } });
  server.connection.start();
  const isAsked = (): boolean => server.wire().some(({ method }) => method === 'tools/list');
  await eventually('the list is asked for', isAsked);
  process.kill(server.wire()[0]?.pid ?? 0, 'SIGKILL');
  const state = await server.connection.settled();
  expect(state).toMatchObject({ kind: 'failed', reason: expect.stringContaining('SIGKILL') });
});
