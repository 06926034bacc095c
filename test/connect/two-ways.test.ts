import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { describe, expect } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import type { Outcome } from '../../src/call/outcome.ts';
import {
  httpServer,
  rawServer,
  SERVERS,
  stdioServer,
  type TestConnection,
} from '../support/connections.ts';
import { HttpFixture, type ToolScript } from '../support/http-fixture.ts';
import { HttpProcess } from '../support/http-process.ts';
import { verifies } from '../support/verifies.ts';

/** How calls go: by the lane (the default), or all by the SDK's client. */
type Way = 'lane' | 'sdk';
type Env = Readonly<Record<string, string | undefined>>;

/** One call, or several at once. */
type Step =
  | readonly [tool: string, args?: JsonObject]
  | readonly (readonly [string, JsonObject?])[];

interface Seen {
  readonly outcomes: readonly (Outcome | readonly Outcome[])[];
  readonly notices: readonly string[];
}

const TOOLS = [
  'echo typed nothing untestable fails progress big both neither bad-error null-id-error list-result',
  'duplicate string-id no-version joined crlf-bom batch split-utf8 deep blocks reply rpc-error crash wait',
]
  .join(' ')
  .split(' ');
const raw = (mode: string) => (env: Env) =>
  rawServer(mode, { options: { tools: listed() }, hostEnv: env });

function listed(): readonly JsonObject[] {
  return TOOLS.map((name) => ({
    name,
    inputSchema: { type: 'object' },
    ...(name === 'typed' && {
      outputSchema: { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] },
    }),
    ...(name === 'untestable' && {
      outputSchema: { type: 'object', properties: { n: { $ref: '#/nowhere' } } },
    }),
  }));
}

function envOf(way: Way): Env {
  return { ...process.env, MCP_FANOUT_CALL_PATH: way };
}

/** What comes of the steps, one after the other. */
async function take(server: TestConnection, steps: readonly Step[]): Promise<Seen> {
  const outcomes: (Outcome | readonly Outcome[])[] = [];
  for (const step of steps) {
    outcomes.push(
      isCall(step)
        ? await server.call(step[0], step[1])
        : await Promise.all(step.map(([tool, args]) => server.call(tool, args))),
    );
  }
  return { outcomes, notices: server.noticeCodes() };
}

function isCall(step: Step): step is readonly [string, JsonObject?] {
  return typeof step[0] === 'string';
}

/** Of broken answers the SDK speaks in words of its own, which are quoted; and ids of the lane are longer, and with them the messages. */
const QUOTED: ReadonlySet<unknown> = new Set([
  'invalid-reply',
  'invalid-result',
  'unsupported-result',
]);

function comparable(seen: Seen | undefined): unknown {
  const strip = (outcome: Outcome): object => {
    if (!('message' in outcome)) return outcome;
    const { message, ...rest } = outcome;
    return QUOTED.has(rest.code) ? rest : { ...rest, message: message.replace(/\d+ bytes;/u, '') };
  };
  return {
    notices: seen?.notices,
    outcomes: seen?.outcomes.map((outcome) =>
      'kind' in outcome ? strip(outcome) : outcome.map(strip),
    ),
  };
}

/** The same steps by both ways, each to a server of its own; then both have come to the same. */
async function compare(
  open: (env: Env) => TestConnection,
  steps: readonly Step[],
): Promise<readonly (Outcome | readonly Outcome[])[]> {
  const [lane, sdk] = await Promise.all(
    (['lane', 'sdk'] as const).map(async (way) => {
      await using server = await open(envOf(way)).ready();
      // Awaited here: the server is closed with the block.
      return await take(server, steps);
    }),
  );
  expect(comparable(lane)).toEqual(comparable(sdk));
  return lane?.outcomes ?? [];
}

describe('a call by the lane comes to what it comes to by the SDK', () => {
  verifies('lane:same-outcome', 'over a pipe, whatever its server answers', async () => {
    const outcomes = await compare(raw('good'), [
      ['echo', { text: 'ż\u2028"\\' }],
      ['typed', { value: { n: 1 } }],
      ['typed', { value: { n: 'one' } }],
      ['typed', { omit: true }],
      ['nothing'],
      ['untestable'],
      ['fails'],
      ['progress', { steps: 3 }],
      ['big', { bytes: 100_000, idLast: true }],
      ['both'],
      ['neither'],
      ['bad-error'],
      ['null-id-error'],
      ['list-result'],
      ['duplicate'],
      ['string-id'],
      ['no-version'],
      ['joined'],
      ['crlf-bom'],
      ['batch'],
      ['split-utf8'],
      ['deep', { depth: 150 }],
      ['deep', { depth: 20_000 }],
      [
        'blocks',
        { content: [{ type: 'hologram' }, 7, { type: 'text', text: 'x', annotations: 1 }] },
      ],
      ['blocks', { content: 'a text' }],
      ['rpc-error', { code: -32_602, message: 'bad \u001b[5m arguments' }],
      ['rpc-error', { code: -32_601 }],
      ['rpc-error', { code: 7 }],
      ['no-such-tool'],
      [['echo', { text: 'a' }], ['both'], ['echo', { text: 'b' }]],
    ]);
    // Not all of one kind: then the comparison would say little.
    expect(new Set(outcomes.flat().map((outcome) => outcome.kind)).size).toBe(3);
  });

  verifies(
    'lane:same-outcome',
    'and too large, and when its server dies under several',
    async () => {
      const small = (env: Env): TestConnection =>
        rawServer('good', { options: { tools: listed() }, hostEnv: env, maxMessageBytes: 50_000 });
      await compare(small, [
        ['big', { bytes: 100_000 }],
        ['big', { bytes: 100_000, idLast: true }],
        [['wait'], ['crash', { code: 3 }], ['wait']],
        ['echo', { text: 'of use' }],
      ]);
    },
  );

  const part = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.constantFrom('text', 'image', 'resource', 'x', 'aGk=', true, null, 3, -32_600),
    },
    { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
  );
  const member = fc.constantFrom(
    'type',
    'text',
    'data',
    'mimeType',
    'uri',
    'resource',
    '_meta',
    'annotations',
    'size',
  );
  const block = fc.oneof(part, fc.dictionary(member, part));
  const result = fc.record(
    {
      content: fc.oneof(fc.array(block, { maxLength: 3 }), part),
      structuredContent: fc.jsonValue({ maxDepth: 2 }),
      isError: part,
      _meta: part,
      resultType: fc.constantFrom('complete', 'input_required', 'other', 1),
      inputRequests: part,
    },
    { requiredKeys: [] },
  );
  const error = fc.record({ code: part, message: part, data: part }, { requiredKeys: [] });
  const answer = fc.oneof(
    { weight: 6, arbitrary: fc.record({ result }) },
    { weight: 2, arbitrary: fc.record({ error }) },
    { weight: 1, arbitrary: fc.record({ result: part }) },
    { weight: 1, arbitrary: fc.record({ result, error }) },
  ) as fc.Arbitrary<JsonObject>;

  verifies(
    'lane:same-outcome',
    'over a pipe, for three hundred answers that nobody wrote',
    async () => {
      await using lane = await raw('good')(envOf('lane')).ready();
      await using sdk = await raw('good')(envOf('sdk')).ready();
      const kinds = new Set<string | undefined>();
      await fc.assert(
        fc.asyncProperty(answer, async (message) => {
          const [one, other] = await Promise.all(
            [lane, sdk].map((server) => server.call('reply', { message })),
          );
          expect(one).toEqual(other);
          kinds.add(one?.kind === 'failed' ? one.code : one?.kind);
        }),
        { numRuns: 300 },
      );
      expect([...kinds]).toEqual(
        expect.arrayContaining(['invalid-reply', 'invalid-result', 'ok', 'server-error']),
      );
    },
  );

  verifies(
    'lane:same-outcome',
    'in the new era, with its rounds and its kinds of result',
    async () => {
      const asker = (env: Env): TestConnection =>
        stdioServer(process.execPath, [join(SERVERS, 'asker.mjs'), 'modern'], { hostEnv: env });
      await compare(asker, [
        ['ask', { rounds: [] }],
        ['ask', { rounds: [{}] }],
        ['ask', { rounds: [{ resultType: 'task' }] }],
        ['ask', { rounds: [{ resultType: 7 }] }],
        [
          'ask',
          {
            rounds: [
              {
                error: {
                  code: -32_021,
                  message: 'no',
                  data: { requiredCapabilities: { elicitation: {} } },
                },
              },
            ],
          },
        ],
        ['ask', { rounds: [{ requests: { a: { method: 'elicitation/create', params: {} } } }] }],
      ]);
    },
  );

  const scripts: Readonly<Record<string, ToolScript>> = {
    echo: (exchange) => exchange.json(exchange.answer(String(exchange.args['text']))),
    stream: (exchange) => {
      exchange.openStream();
      exchange.event({
        jsonrpc: '2.0',
        method: 'notifications/message',
        params: { level: 'info', data: 1 },
      });
      exchange.event(exchange.answer('streamed'));
      exchange.response.end();
    },
    status: (exchange) =>
      exchange.raw(Number(exchange.args['status']), 'no \u001b[5mway', { 'retry-after': '2' }),
    'rpc-status': (exchange) => {
      const error = { code: -32_602, message: 'bad arguments' };
      exchange.json(
        { jsonrpc: '2.0', id: exchange.message.id, error },
        Number(exchange.args['status']),
      );
    },
    empty: (exchange) => exchange.raw(Number(exchange.args['status']), ''),
    page: (exchange) => exchange.raw(200, '<h1>', { 'content-type': 'text/html' }),
    junk: (exchange) => exchange.raw(200, '{"jsonrpc"', { 'content-type': 'application/json' }),
    foreign: (exchange) => exchange.json({ ...(exchange.answer('x') as object), id: 'other' }),
    'null-id': (exchange) =>
      exchange.json({ jsonrpc: '2.0', id: null, error: { code: -32_700, message: 'no' } }),
    ends: (exchange) => {
      exchange.openStream();
      exchange.response.end(': bye\n\n');
    },
    breaks: (exchange) => {
      exchange.openStream();
      exchange.response.write('data: {"jsonrpc"', () => exchange.response.socket?.destroy());
    },
    'breaks-json': (exchange) => {
      exchange.response.writeHead(200, { 'content-type': 'application/json' });
      exchange.response.write('{"jsonrpc"', () => exchange.response.socket?.destroy());
    },
    slams: (exchange) => {
      exchange.response.socket?.destroy();
    },
  };
  const statuses = [400, 401, 403, 404, 405, 413, 429, 500, 502, 503];

  verifies('lane:same-outcome', 'over HTTP, whatever its server answers', async () => {
    await using fixture = await HttpFixture.start({ tools: scripts });
    const outcomes = await compare(
      (env) => httpServer(fixture.url, { env }),
      [
        ['echo', { text: 'x' }],
        ['stream'],
        ...statuses.map((status) => ['status', { status }] as const),
        ...[400, 500].map((status) => ['rpc-status', { status }] as const),
        ...[200, 202, 204].map((status) => ['empty', { status }] as const),
        ['page'],
        ['junk'],
        ['foreign'],
        ['ends'],
        ['breaks'],
        ['breaks-json'],
        ['slams'],
        ['echo', { text: 'of use' }],
      ],
    );
    expect(new Set(outcomes.flat().map((outcome) => outcome.kind)).size).toBe(2);
  });

  verifies(
    'lane:same-outcome',
    'except that an error without an id, in response to one request, is known to be its error',
    async () => {
      await using fixture = await HttpFixture.start({ tools: scripts });
      await using lane = await httpServer(fixture.url, { env: envOf('lane') }).ready();
      await using sdk = await httpServer(fixture.url, { env: envOf('sdk') }).ready();
      expect(await lane.call('null-id')).toMatchObject({ code: 'server-error', ran: 'no' });
      expect(await sdk.call('null-id')).toMatchObject({ code: 'invalid-reply', ran: 'unknown' });
    },
  );

  verifies('lane:same-outcome', 'over HTTP, from a server that means harm', async () => {
    const path = fileURLToPath(new URL('../hostile/fixtures/hostile-http.mjs', import.meta.url));
    await using remote = await HttpProcess.printingPort([path]);
    const limits = { maxMessageBytes: 1_048_576 };
    const where = `?meet=none&elsewhere=${encodeURIComponent('http://127.0.0.1:9/')}`;
    const open = (env: Env): TestConnection =>
      httpServer(`http://127.0.0.1:${remote.port}/open${where}`, { ...limits, env });
    await compare(open, [
      ['gzip-bomb'],
      ['endless-line'],
      ['endless-body'],
      ['deep'],
      ['both'],
      ['page-500'],
      ['wrong-type'],
      ['too-large-for-it'],
      ['redirect', { status: 301 }],
      ['redirect', { status: 308 }],
      ['echo', { text: 'of use' }],
    ]);
  });
});
