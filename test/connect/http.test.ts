import { gzipSync, brotliCompressSync, deflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { httpServer, textOf, type TestConnection } from '../support/connections.ts';
import { HttpFixture, type HttpExchange, type ToolScript } from '../support/http-fixture.ts';
import { eventually } from '../support/leaks.ts';

const LIMIT = 200_000;
/** Made before memory is measured. */
const BOMB = gzipSync(Buffer.alloc(100_000_000, 'x'));

async function withTools(
  tools: Record<string, ToolScript>,
  run: (server: TestConnection, fixture: HttpFixture) => Promise<void>,
): Promise<void> {
  await using fixture = await HttpFixture.start({ tools: { echo, ...tools } });
  {
    await using server = await httpServer(fixture.url, { maxMessageBytes: LIMIT }).ready();
    await run(server, fixture);
    // Whatever went wrong before: the server is still of use.
    expect(textOf(await server.call('echo', { text: 'still here' }))).toBe('still here');
  }
  await eventually('the end of all sockets', () => fixture.sockets === 0);
}

const echo: ToolScript = (exchange) => {
  exchange.json(exchange.answer(String(exchange.args['text'])));
};
const echoStream: ToolScript = (exchange) => {
  exchange.openStream();
  exchange.event(exchange.answer(String(exchange.args['text'])));
  exchange.response.end();
};

describe('a call over Streamable HTTP', () => {
  test('comes back, as JSON or as a stream', () =>
    withTools({ stream: echoStream }, async (server, fixture) => {
      expect(textOf(await server.call('echo', { text: 'one' }))).toBe('one');
      expect(textOf(await server.call('stream', { text: 'two' }))).toBe('two');
      expect(server.connection.state).toMatchObject({
        kind: 'ready',
        protocolVersion: '2025-11-25',
      });
      const [call] = fixture.posts('tools/call');
      expect(call?.headers['mcp-protocol-version']).toBe('2025-11-25');
      expect(Object.keys(call?.headers ?? {}).filter((name) => name.startsWith('x-'))).toEqual([]);
    }));

  test('is matched to its answer among fifty at once, without a warning of listeners', async () => {
    const warnings: string[] = [];
    const onWarning = (warning: Error): void => {
      warnings.push(warning.name);
    };
    process.on('warning', onWarning);
    const wait: ToolScript = (exchange) => exchange.openStream();
    await withTools({ stream: echoStream, wait }, async (server, fixture) => {
      for (const name of ['echo', 'stream']) {
        const outcomes = await Promise.all(
          Array.from({ length: 50 }, (_, index) => server.call(name, { text: `n${index}` })),
        );
        expect(outcomes.map(textOf)).toEqual(Array.from({ length: 50 }, (_, index) => `n${index}`));
      }
      // Fifty cancellations at once are fifty requests on the one signal of the connection.
      const controllers = Array.from({ length: 50 }, () => new AbortController());
      const calls = controllers.map(({ signal }) => server.call('wait', {}, { signal }));
      await eventually('the calls', () => fixture.posts('tools/call').length === 150);
      for (const controller of controllers) controller.abort(new Error('enough'));
      expect((await Promise.all(calls)).every((outcome) => outcome.kind === 'cancelled')).toBe(
        true,
      );
      await eventually(
        'the cancellations',
        () => fixture.posts('notifications/cancelled').length === 50,
      );
    });
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    process.off('warning', onWarning);
    expect(warnings).toEqual([]);
  });

  test('gets its progress before its answer', () =>
    withTools(
      {
        steps: (exchange) => {
          exchange.openStream();
          const progressToken = exchange.message.params?._meta?.['progressToken'];
          const lines = [1, 2, 3].map((progress) => ({
            jsonrpc: '2.0',
            method: 'notifications/progress',
            params: { progressToken, progress },
          }));
          exchange.response.end(
            [...lines, exchange.answer('done')]
              .map((line) => `data: ${JSON.stringify(line)}\n\n`)
              .join(''),
          );
        },
      },
      async (server) => {
        const seen: unknown[] = [];
        const outcome = await server.call(
          'steps',
          {},
          { onProgress: ({ progress }) => seen.push(progress) },
        );
        expect([...seen, outcome.kind]).toEqual([1, 2, 3, 'ok']);
      },
    ));

  test('fails at once when the stream ends without an answer, or breaks', () =>
    withTools(
      {
        empty: (exchange) => {
          exchange.openStream();
          exchange.response.end();
        },
        broken: (exchange) => {
          exchange.openStream();
          exchange.response.write('data: {"jsonrpc"', () => exchange.response.destroy());
        },
        reset: (exchange) => {
          exchange.request.socket.destroy();
        },
        accepted: (exchange) => {
          exchange.raw(202, '');
        },
        foreign: (exchange) => {
          exchange.json({ jsonrpc: '2.0', id: 987_654, result: {} });
        },
        halfway: (exchange) => {
          exchange.response.writeHead(200, {
            'content-type': 'application/json',
            'content-length': '1000',
          });
          exchange.response.write('{"jsonrpc"', () => exchange.response.destroy());
        },
      },
      async (server) => {
        for (const name of ['empty', 'broken', 'accepted', 'foreign']) {
          expect(await server.call(name)).toMatchObject({
            kind: 'failed',
            code: 'stream-ended',
            ran: 'unknown',
          });
        }
        expect(await server.call('reset')).toMatchObject({
          kind: 'failed',
          code: 'connection-lost',
          ran: 'unknown',
        });
        expect(await server.call('halfway')).toMatchObject({ kind: 'failed', ran: 'unknown' });
      },
    ));

  test('is resumed where the server offers it', async () => {
    let calls = 0;
    let pending: unknown;
    await using fixture = await HttpFixture.start({
      tools: {
        resumable: (exchange) => {
          calls += 1;
          exchange.openStream();
          exchange.response.write('id: 1\nretry: 10\ndata:\n\n', () => exchange.response.end());
          pending = exchange.answer('resumed');
        },
      },
      intercept: (exchange) => {
        if (exchange.request.headers['last-event-id'] !== '1') return false;
        exchange.openStream();
        exchange.event(pending, '2');
        exchange.response.end();
        return true;
      },
    });
    await using server = await httpServer(fixture.url).ready();
    expect(textOf(await server.call('resumable'))).toBe('resumed');
    expect(calls).toBe(1);
  });

  test.each([
    [401, 'http-status', 'no', 'Authorization'],
    [403, 'http-status', 'no', 'forbidden'],
    [404, 'http-status', 'no', 'check "url"'],
    [405, 'http-status', 'no', '"type": "sse"'],
    [413, 'http-status', 'no', 'HTTP 413'],
    [429, 'rate-limited', 'no', 'too many requests'],
    [400, 'http-status', 'unknown', 'HTTP 400'],
    [500, 'http-outage', 'unknown', 'HTTP 500'],
    [502, 'http-outage', 'unknown', 'HTTP 502'],
  ] as const)('with status %i fails as %s, ran: %s', (...[status, code, ran, words]) =>
    withTools(
      {
        refuse: (exchange) => {
          exchange.raw(status, `<html>\u001b[31mno ${'x'.repeat(100_000)}`, {
            'content-type': 'text/html',
            'retry-after': '7',
          });
        },
      },
      async (server) => {
        const outcome = await server.call('refuse');
        expect(outcome).toMatchObject({ kind: 'failed', code, ran, retryAfterMs: 7_000 });
        const { message } = outcome as { message: string };
        expect(message).toContain(words);
        expect(message).toContain('\\x1b[31mno');
        expect(message.length).toBeLessThan(600);
      },
    ),
  );

  test('takes the date of Retry-After, too, and the JSON-RPC error in a body', () =>
    withTools(
      {
        later: (exchange) => {
          exchange.raw(429, '', { 'retry-after': new Date(Date.now() + 60_000).toUTCString() });
        },
        invalid: (exchange) => {
          exchange.json(
            {
              jsonrpc: '2.0',
              id: exchange.message.id,
              error: { code: -32_020, message: 'no such header' },
            },
            400,
          );
        },
        internal: (exchange) => {
          exchange.json(
            { jsonrpc: '2.0', id: exchange.message.id, error: { code: -32_020, message: 'odd' } },
            500,
          );
        },
      },
      async (server) => {
        const later = await server.call('later');
        expect(later).toMatchObject({ code: 'rate-limited' });
        expect((later as { retryAfterMs: number }).retryAfterMs).toBeGreaterThan(30_000);
        expect(await server.call('invalid')).toMatchObject({
          kind: 'failed',
          ran: 'no',
          message: expect.stringContaining('no such header') as string,
        });
        expect(await server.call('internal')).toMatchObject({ kind: 'failed', ran: 'unknown' });
      },
    ));

  test('fails with a body that is no JSON, or no JSON-RPC', () =>
    withTools(
      {
        html: (exchange) => {
          exchange.raw(200, '<html>', { 'content-type': 'text/html' });
        },
        garbage: (exchange) => {
          exchange.raw(200, '{"jsonrpc', { 'content-type': 'application/json' });
        },
        other: (exchange) => {
          exchange.json({ hello: 'world' });
        },
        both: (exchange) => {
          exchange.json({
            jsonrpc: '2.0',
            id: exchange.message.id,
            result: {},
            error: { code: 1, message: 'x' },
          });
        },
        empty: (exchange) => {
          exchange.raw(204, '');
        },
      },
      async (server) => {
        for (const name of ['html', 'garbage', 'other', 'both', 'empty']) {
          const outcome = await server.call(name);
          expect(outcome).toMatchObject({
            kind: 'failed',
            code: 'invalid-reply',
            ran: 'unknown',
          });
          expect((outcome as { message: string }).message.length).toBeLessThan(500);
        }
      },
    ));

  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ] as const)('may be compressed with %s', (encoding, compress) =>
    withTools(
      {
        packed: (exchange) => {
          exchange.raw(200, compress(JSON.stringify(exchange.answer('x'.repeat(100_000)))), {
            'content-type': 'application/json',
            'content-encoding': encoding,
          });
        },
        stream: (exchange) => {
          exchange.raw(200, compress(`data: ${JSON.stringify(exchange.answer('streamed'))}\n\n`), {
            'content-type': 'text/event-stream',
            'content-encoding': encoding,
          });
        },
        corrupt: (exchange) => {
          exchange.raw(200, 'not compressed', {
            'content-type': 'application/json',
            'content-encoding': encoding,
          });
        },
      },
      async (server) => {
        expect(textOf(await server.call('packed'))).toHaveLength(100_000);
        expect(textOf(await server.call('stream'))).toBe('streamed');
        expect(await server.call('corrupt')).toMatchObject({ kind: 'failed', ran: 'unknown' });
      },
    ),
  );

  test('over the size limit fails alone and at once: plain, compressed, as one event, as an endless line', () =>
    withTools(
      {
        plain: (exchange) => {
          exchange.json(exchange.answer('x'.repeat(2 * LIMIT)));
        },
        bomb: (exchange) => {
          exchange.raw(200, BOMB, {
            'content-type': 'application/json',
            'content-encoding': 'gzip',
          });
        },
        event: (exchange) => {
          exchange.openStream();
          exchange.event(exchange.answer('x'.repeat(2 * LIMIT)));
        },
        // Would be resumed for ever, were it not given up.
        resumable: (exchange) => {
          exchange.openStream();
          exchange.response.write('id: 1\ndata:\n\n');
          exchange.event(exchange.answer('x'.repeat(2 * LIMIT)), '2');
        },
        endless: (exchange) => {
          exchange.openStream();
          const chunk = Buffer.alloc(50_000, 'x');
          const pour = (): void => {
            if (!exchange.response.destroyed) exchange.response.write(chunk, pour);
          };
          exchange.response.write('data: ', pour);
        },
      },
      async (server) => {
        const before = process.memoryUsage().rss;
        for (const name of ['plain', 'bomb', 'event', 'resumable', 'endless']) {
          const outcome = await server.call(name);
          expect(outcome).toMatchObject({ kind: 'failed', code: 'too-large', ran: 'yes' });
          expect(outcome).toHaveProperty(
            'message',
            `server "raw" sent an answer of more than ${LIMIT} bytes (limits.maxMessageBytes)`,
          );
        }
        expect(process.memoryUsage().rss - before).toBeLessThan(200_000_000);
      },
    ));

  test('that is cancelled is cancelled at the server, and its response is let go', () =>
    withTools({ wait: (exchange) => exchange.openStream() }, async (server, fixture) => {
      const controller = new AbortController();
      const call = server.call('wait', {}, { signal: controller.signal });
      await eventually('the call', () => fixture.posts('tools/call').length === 1);
      controller.abort(new Error('enough'));
      expect(await call).toMatchObject({ kind: 'cancelled', ran: 'unknown' });
      await eventually(
        'the cancellation',
        () => fixture.posts('notifications/cancelled').length === 1,
      );
      const [sent] = fixture.posts('tools/call');
      expect(fixture.posts('notifications/cancelled')[0]?.message?.params?.['requestId']).toBe(
        sent?.message?.id,
      );
      await eventually('the end of the response', () => sent?.aborted === true);
    }));

  test.each(['refuses', 'never answers'] as const)(
    'that is cancelled lets its response go also where the server %s the word of it',
    async (how) => {
      await using fixture = await HttpFixture.start({
        tools: { wait: (exchange) => exchange.openStream() },
        intercept: (exchange) => {
          if (exchange.message.method !== 'notifications/cancelled') return false;
          if (how === 'refuses') exchange.raw(500, '');
          return true;
        },
      });
      await using server = await httpServer(fixture.url).ready();
      const controller = new AbortController();
      const call = server.call('wait', {}, { signal: controller.signal });
      await eventually('the call', () => fixture.posts('tools/call').length === 1);
      controller.abort(new Error('enough'));
      expect(await call).toMatchObject({ kind: 'cancelled', ran: 'unknown' });
      const [sent] = fixture.posts('tools/call');
      await eventually('the end of the response', () => sent?.aborted === true);
    },
  );

  test('whose server wants it resumed at once, again and again, is resumed no oftener than is good', async () => {
    let resumed = 0;
    const again = (exchange: HttpExchange): void => {
      exchange.openStream();
      exchange.response.end('retry: 0\nid: 1\ndata:\n\n');
    };
    await using fixture = await HttpFixture.start({
      tools: { again },
      intercept: (exchange) => {
        if (exchange.request.headers['last-event-id'] === undefined) return false;
        resumed += 1;
        again(exchange);
        return true;
      },
    });
    await using server = await httpServer(fixture.url).ready();
    const startedAt = performance.now();
    const controller = new AbortController();
    const call = server.call('again', {}, { signal: controller.signal });
    await eventually('a few resumptions', () => resumed > 3);
    controller.abort(new Error('enough'));
    await call;
    expect(resumed).toBeLessThanOrEqual((performance.now() - startedAt) / 40);
  });

  test('to a server that has gone is known not to have run', async () => {
    const fixture = await HttpFixture.start({ tools: { echo } });
    await using server = await httpServer(fixture.url).ready();
    await fixture[Symbol.asyncDispose]();
    // A connection that was kept may break first, of which nothing is known.
    await server.call('echo');
    expect(await server.call('echo')).toMatchObject({
      kind: 'failed',
      code: 'connection-lost',
      ran: 'no',
      message: expect.stringContaining('nothing listens') as string,
    });
  });

  test('ends when the connection is closed, and the server is told farewell', async () => {
    await using fixture = await HttpFixture.start({
      sessionId: 'abc',
      tools: { wait: (exchange) => exchange.openStream() },
    });
    const server = await httpServer(fixture.url, {
      headers: { authorization: 'Bearer t' },
    }).ready();
    const call = server.call('wait');
    await eventually('the call', () => fixture.posts('tools/call').length === 1);
    const closed = server.connection.close();
    expect(await call).toMatchObject({ kind: 'cancelled', code: 'host-closed' });
    await closed;
    expect(fixture.seen.at(-1)).toMatchObject({
      method: 'DELETE',
      headers: { 'mcp-session-id': 'abc', authorization: 'Bearer t' },
    });
    await eventually('the end of all sockets', () => fixture.sockets === 0);
  });

  test('whose server does not listen to the farewell is closed soon all the same', async () => {
    await using fixture = await HttpFixture.start({
      sessionId: 'abc',
      intercept: (exchange) => exchange.request.method === 'DELETE',
    });
    const server = await httpServer(fixture.url).ready();
    const started = performance.now();
    await server.connection.close();
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});

describe('connecting over HTTP', () => {
  const refusing = (respond: (exchange: HttpExchange) => void): Promise<HttpFixture> =>
    HttpFixture.start({
      intercept: (exchange) => {
        respond(exchange);
        return true;
      },
    });

  test.each([
    [401, 'not authorised: put a valid "Authorization" header'],
    [403, 'forbidden'],
    [404, 'check "url" in the config'],
    [405, '"type": "sse"'],
    [500, 'HTTP 500'],
  ])('fails for status %i with what to do', async (status, words) => {
    await using fixture = await refusing((exchange) => exchange.raw(status, 'go away'));
    await using server = httpServer(`${fixture.url}?token=secret`);
    const reason = await server.failure();
    expect(reason).toContain(`server "raw": ${fixture.origin}/mcp`);
    expect(reason).toContain(words);
    expect(reason).not.toContain('secret');
  });

  test('fails for a page that is no MCP endpoint', async () => {
    await using fixture = await refusing((exchange) =>
      exchange.raw(200, '<html>hello</html>', { 'content-type': 'text/html' }),
    );
    await using server = httpServer(fixture.url);
    expect(await server.failure()).toContain('it must be the address of an MCP endpoint');
  });

  test('fails when nobody listens, or the host has no address', async () => {
    const fixture = await HttpFixture.start();
    const { url } = fixture;
    await fixture[Symbol.asyncDispose]();
    await using gone = httpServer(url);
    expect(await gone.failure()).toContain(
      'nothing listens at that address (ECONNREFUSED). Is it running, and is "url" right?',
    );
    await using nowhere = httpServer('http://no-such-host.invalid/mcp');
    expect(await nowhere.failure()).toMatch(/ENOTFOUND|EAI_AGAIN/);
    await using nonsense = httpServer('file:///etc/passwd');
    expect(await nonsense.failure()).toContain('is no http or https address');
  });

  test('fails after the time limit when the server takes the request and says nothing', async () => {
    await using fixture = await refusing(() => undefined);
    await using server = httpServer(fixture.url, { timeouts: { connectMs: 500 } });
    expect(await server.failure()).toContain('was not ready within 500 ms');
    await eventually('the end of all sockets', () => fixture.sockets === 0);
  });

  test('does not follow a redirect to another origin, and sends no credentials there', async () => {
    await using other = await HttpFixture.start({ tools: { echo } });
    await using fixture = await refusing((exchange) =>
      exchange.raw(307, '', { location: other.url }),
    );
    await using server = httpServer(fixture.url, { headers: { authorization: 'Bearer secret' } });
    expect(await server.failure()).toContain('a redirect');
    expect(other.seen).toEqual([]);
  });

  test('follows a redirect within the origin', async () => {
    await using fixture = await HttpFixture.start({
      tools: { echo },
      intercept: (exchange) => {
        if (exchange.request.url !== '/old') return false;
        exchange.raw(307, '', { location: '/mcp' });
        return true;
      },
    });
    await using server = await httpServer(`${fixture.origin}/old`).ready();
    expect(textOf(await server.call('echo', { text: 'x' }))).toBe('x');
  });

  test('sends the headers of the config with every request', async () => {
    await using fixture = await HttpFixture.start({ tools: { echo } });
    await using server = await httpServer(fixture.url, { headers: { 'X-Team': 'a' } }).ready();
    await server.call('echo');
    expect(fixture.seen.every((request) => request.headers['x-team'] === 'a')).toBe(true);
  });

  test('tries once and does not wait when a handshake is over the size limit', async () => {
    await using fixture = await refusing((exchange) =>
      exchange.json({
        jsonrpc: '2.0',
        id: exchange.message.id,
        result: { x: 'x'.repeat(500_000) },
      }),
    );
    await using server = httpServer(fixture.url, { maxMessageBytes: LIMIT });
    expect(await server.failure()).toContain(`more than ${LIMIT} bytes`);
  });
});
