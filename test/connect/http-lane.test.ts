import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { CallFault } from '../../src/connect/call-fault.ts';
import { HttpFixture, type HttpExchange, type ToolScript } from '../support/http-fixture.ts';
import { eventually } from '../support/leaks.ts';
import {
  answerText,
  faultOf,
  PostingOwner,
  type PostingOwnerOptions,
} from '../support/posting-owner.ts';

const LIMIT = 200_000;
/** Made before memory is measured. */
const BOMB = gzipSync(Buffer.alloc(100_000_000, 'x'));

const echo: ToolScript = (exchange) => {
  exchange.json(exchange.answer(String(exchange.args['text'])));
};

function progressOf(exchange: HttpExchange, progress: number): object {
  const params = { progressToken: exchange.message.id, progress };
  return { jsonrpc: '2.0', method: 'notifications/progress', params };
}

async function withTools(
  tools: Record<string, ToolScript>,
  run: (owner: PostingOwner, fixture: HttpFixture) => Promise<void>,
  options: PostingOwnerOptions = {},
): Promise<void> {
  await using fixture = await HttpFixture.start({ tools: { echo, ...tools }, sessionId: 'one' });
  {
    await using owner = await PostingOwner.open(fixture.url, {
      maxMessageBytes: LIMIT,
      ...options,
    });
    await run(owner, fixture);
    // Whatever went wrong before: the connection is still of use.
    expect(answerText(await owner.call('echo', { text: 'still here' }))).toBe('still here');
    expect(owner.strays).toEqual([]);
  }
  await eventually('the end of all sockets', () => fixture.sockets === 0);
}

describe('a call beside the SDK', () => {
  test('has the headers that the SDK would send, and those of the config', () =>
    withTools(
      {},
      async (owner, fixture) => {
        await owner.call('echo', { text: 'posted' });
        await owner.send('echo', { text: 'sent' });
        const [posted, sent] = fixture.posts('tools/call').map(({ headers }) => headers);
        const { 'content-length': length, ...others } = posted ?? {};
        expect(Number(length)).toBeGreaterThan(0);
        expect({ ...others, 'content-length': sent?.['content-length'] }).toEqual(sent);
        expect(others).toMatchObject({
          'mcp-session-id': 'one',
          'mcp-protocol-version': '2025-11-25',
          accept: 'text/plain, application/json, text/event-stream',
          'x-team': 'a',
        });
        expect(Object.keys(others).filter((name) => /^mcp-(method|name)/u.test(name))).toEqual([]);
      },
      { headers: { 'X-Team': 'a', Accept: 'text/plain', 'Content-Type': 'text/plain' } },
    ));

  test.each([
    ['plain', 'plain'],
    ['with a blank', 'with a blank'],
    ['größer', '=?base64?Z3LDtsOfZXI=?='],
    [' padded', '=?base64?IHBhZGRlZA==?='],
    ['=?base64?eA==?=', '=?base64?PT9iYXNlNjQ/ZUE9PT89?='],
    ['line\nbreak', '=?base64?bGluZQpicmVhaw==?='],
  ])('of the new era names the tool %j in a header as %j', async (name, header) => {
    await using fixture = await HttpFixture.start({ tools: { [name]: echo } });
    await using owner = await PostingOwner.open(fixture.url, { version: '2026-07-28' });
    expect(answerText(await owner.call(name, { text: 'x' }))).toBe('x');
    expect(fixture.posts('tools/call')[0]?.headers).toMatchObject({
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': header,
    });
  });

  test('gets its own answer, and no other, among three hundred at once that end in any order', () =>
    withTools(
      {
        late: async (exchange) => {
          const { text, turns } = exchange.args as { text: string; turns: number };
          for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate);
          if (turns % 2 === 0) exchange.json(exchange.answer(text));
          else {
            exchange.openStream();
            exchange.event(progressOf(exchange, turns));
            exchange.event(exchange.answer(text));
            exchange.response.end();
          }
        },
      },
      async (owner) => {
        for (let round = 0; round < 3; round += 1) {
          const calls = Array.from({ length: 300 }, (_, index) => {
            return owner.post('late', { text: `${round}-${index}`, turns: (index * 7) % 40 });
          });
          const endings = await Promise.all(calls.map(({ ending }) => ending));
          expect(endings.map(answerText)).toEqual(calls.map((_, index) => `${round}-${index}`));
          for (const [index, { heard, id }] of calls.entries()) {
            const turns = (index * 7) % 40;
            const progress = { params: { progressToken: id, progress: turns } };
            expect(heard).toMatchObject(turns % 2 === 0 ? [{ id }] : [progress, { id }]);
          }
        }
      },
    ));

  test('hears what its server says on its stream, before the answer, as of itself', () =>
    withTools(
      {
        ask: (exchange) => {
          exchange.openStream();
          const question = {
            jsonrpc: '2.0',
            id: `q-${String(exchange.args['text'])}`,
            method: 'elicitation/create',
          };
          const lines = [progressOf(exchange, 1), question, exchange.answer('done')];
          exchange.response.end(
            lines.map((line) => `event: message\ndata: ${JSON.stringify(line)}\n\n`).join(''),
          );
        },
      },
      async (owner) => {
        const calls = ['a', 'b', 'c'].map((text) => owner.post('ask', { text }));
        for (const [index, call] of calls.entries()) {
          await call.ending;
          expect(call.heard).toMatchObject([
            { method: 'notifications/progress', params: { progressToken: call.id } },
            { method: 'elicitation/create', id: `q-${'abc'[index] ?? ''}` },
            { id: call.id, result: {} },
          ]);
        }
      },
    ));

  test('hears all of a batch', () =>
    withTools(
      {
        batch: (exchange) => {
          exchange.json([progressOf(exchange, 1), exchange.answer('one of two')]);
        },
      },
      async (owner) => {
        const call = owner.post('batch');
        expect(answerText(await call.ending)).toBe('one of two');
        expect(call.heard).toHaveLength(2);
      },
    ));

  test('may be answered with a mark at the beginning, and with other types than the plain one', () =>
    withTools(
      {
        marked: (exchange) => {
          exchange.raw(200, `\uFEFF${JSON.stringify(exchange.answer('marked'))}`, {
            'content-type': 'Application/JSON; charset=utf-8',
          });
        },
        events: (exchange) => {
          exchange.raw(200, `\uFEFFdata:${JSON.stringify(exchange.answer('events'))}\r\r`, {
            'content-type': 'text/event-stream;charset=utf-8',
          });
        },
        other: (exchange) => {
          const answer = `data: ${JSON.stringify(exchange.answer('events'))}\n\n`;
          exchange.raw(200, `event: ping\ndata: x\n\ndata: {"no": "message"}\n\n${answer}`, {
            'content-type': 'text/event-stream',
          });
        },
      },
      async (owner) => {
        expect(answerText(await owner.call('marked'))).toBe('marked');
        expect(answerText(await owner.call('events'))).toBe('events');
        expect(answerText(await owner.call('other'))).toBe('events');
      },
    ));

  test('lets go of a response that stays open after its answer', () =>
    withTools(
      {
        open: (exchange) => {
          exchange.openStream();
          exchange.event(exchange.answer('answered'));
        },
      },
      async (owner, fixture) => {
        expect(answerText(await owner.call('open'))).toBe('answered');
        const [call] = fixture.posts('tools/call');
        await eventually('the end of the response', () => call?.aborted === true);
      },
    ));

  test('that is answered twice on its stream is told of both, and of no fault', () =>
    withTools(
      {
        twice: (exchange) => {
          exchange.openStream();
          exchange.event(exchange.answer('first'));
          exchange.event({ ...(exchange.answer('second') as object), id: 'of nobody' });
          exchange.response.end();
        },
      },
      async (owner) => {
        const call = owner.post('twice');
        expect(answerText(await call.ending)).toBe('first');
        await eventually('the second one', () => owner.strays.length === 1);
        await owner.call('echo');
        expect(call.faults).toEqual([]);
        expect(owner.strays.splice(0)).toMatchObject([{ id: 'of nobody' }]);
      },
    ));
});

/** Every way to fail, and what to compare of it: the two ways to a server must not differ. */
const FAILING: Record<string, ToolScript> = {
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
    exchange.openStream();
    exchange.event({ jsonrpc: '2.0', id: 987_654, result: {} });
    exchange.response.end();
  },
  halfway: (exchange) => {
    exchange.response.writeHead(200, { 'content-type': 'application/json', 'content-length': 999 });
    exchange.response.write('{"jsonrpc"', () => exchange.response.destroy());
  },
  html: (exchange) => {
    exchange.raw(200, '<html>', { 'content-type': 'text/html' });
  },
  garbage: (exchange) => {
    exchange.raw(200, '{"jsonrpc', { 'content-type': 'application/json' });
  },
  nothing: (exchange) => {
    exchange.raw(200, '', { 'content-type': 'application/json' });
  },
  other: (exchange) => {
    exchange.json({ hello: 'world' });
  },
  none: (exchange) => {
    exchange.json([]);
  },
  noContent: (exchange) => {
    exchange.raw(204, '');
  },
  plain: (exchange) => {
    exchange.json(exchange.answer('x'.repeat(2 * LIMIT)));
  },
  bomb: (exchange) => {
    exchange.raw(200, BOMB, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
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
  endlessRefusal: (exchange) => {
    exchange.response.writeHead(500, { 'content-type': 'text/plain' });
    const chunk = Buffer.alloc(50_000, 'x');
    const pour = (): void => {
      if (!exchange.response.destroyed) exchange.response.write(chunk, pour);
    };
    pour();
  },
  corrupt: (exchange) => {
    exchange.raw(200, 'not compressed', {
      'content-type': 'application/json',
      'content-encoding': 'gzip',
    });
  },
  corruptEvents: (exchange) => {
    exchange.raw(200, 'not compressed', {
      'content-type': 'text/event-stream',
      'content-encoding': 'gzip',
    });
  },
  unknownEncoding: (exchange) => {
    exchange.raw(200, '{}', { 'content-type': 'application/json', 'content-encoding': 'zstd' });
  },
  twiceTooOften: (exchange) => {
    exchange.raw(200, '{}', {
      'content-type': 'application/json',
      'content-encoding': 'gzip, gzip, gzip',
    });
  },
};

for (const status of [400, 401, 403, 405, 406, 408, 413, 418, 429, 500, 502, 503]) {
  FAILING[`status${status}`] = (exchange) => {
    const words = `<html>\u001b[31mno ${'x'.repeat(100_000)}`;
    exchange.raw(status, words, { 'content-type': 'text/html', 'retry-after': '7' });
  };
}
for (const status of [301, 302, 303, 307, 308]) {
  FAILING[`elsewhere${status}`] = (exchange) => {
    exchange.raw(status, '', { location: 'http://localhost:1/mcp' });
  };
}
FAILING['refused'] = (exchange) => {
  const error = { code: -32_602, message: 'no such tool' };
  exchange.json({ jsonrpc: '2.0', id: exchange.message.id, error }, 400);
};
FAILING['later'] = (exchange) => {
  exchange.raw(429, '', { 'retry-after': 'Fri, 31 Dec 1999 23:59:59 GMT' });
};

/** What must be the same; the words of JSON parsers and schemas are their own. */
function verdict({ fault, ran, retryAfterMs, message }: CallFault): object {
  return { fault, ran, retryAfterMs, words: fault === 'invalid-reply' ? '' : message };
}

describe('a call that fails', () => {
  test.each(Object.keys(FAILING))('as "%s" fails as it would over the SDK', (name) =>
    withTools(FAILING, async (owner) => {
      const sent = faultOf(await owner.send(name));
      const call = owner.post(name);
      const posted = faultOf(await call.ending);
      owner.strays.length = 0;
      expect(verdict(posted)).toEqual(verdict(sent));
      expect(posted.message.length).toBeLessThan(600);
      expect(call.faults).toEqual([posted]);
    }),
  );

  test('as one over the size limit costs no memory', () =>
    withTools(FAILING, async (owner) => {
      const before = process.memoryUsage().rss;
      for (const name of ['plain', 'bomb', 'event', 'endless']) {
        expect(faultOf(await owner.call(name))).toMatchObject({ fault: 'too-large', ran: 'yes' });
      }
      expect(process.memoryUsage().rss - before).toBeLessThan(200_000_000);
    }));

  test('because the server has forgotten the session is news of the whole connection', async () => {
    for (const status of [404, 400]) {
      await using fixture = await HttpFixture.start({
        sessionId: 'one',
        tools: { lost: (exchange) => exchange.raw(status, '') },
        intercept: (exchange) => {
          if (exchange.message.method !== 'ping') return false;
          exchange.raw(400, 'no such session');
          return true;
        },
      });
      await using owner = await PostingOwner.open(fixture.url);
      expect(faultOf(await owner.call('lost'))).toMatchObject({ fault: 'session-lost', ran: 'no' });
      expect(await owner.transport.ended).toMatchObject({ code: 'connection-lost' });
      expect(owner.isClosed).toBe(false);
    }
  });

  test('with 400 in a session that is well has its status, and the session goes on', async () => {
    await using fixture = await HttpFixture.start({
      sessionId: 'one',
      tools: { echo, bad: (exchange) => exchange.raw(400, 'bad request') },
    });
    await using owner = await PostingOwner.open(fixture.url);
    expect(faultOf(await owner.call('bad'))).toMatchObject({
      fault: 'http-status',
      ran: 'unknown',
    });
    expect(fixture.posts('ping')).toHaveLength(1);
    expect(answerText(await owner.call('echo', { text: 'x' }))).toBe('x');
  });

  test('in the new era with 400 and an error of its own has that error', async () => {
    const error = { code: -32_020, message: 'no such header' };
    const refuse = (exchange: HttpExchange, id: unknown): void => {
      exchange.json({ jsonrpc: '2.0', id, error }, 400);
    };
    await using fixture = await HttpFixture.start({
      tools: {
        own: (exchange) => {
          refuse(exchange, exchange.message.id);
        },
        foreign: (exchange) => {
          refuse(exchange, 5);
        },
      },
    });
    await using owner = await PostingOwner.open(fixture.url, { version: '2026-07-28' });
    expect(await owner.call('own')).toMatchObject({ answer: { error } });
    expect(faultOf(await owner.call('foreign'))).toMatchObject({ fault: 'http-status', ran: 'no' });
    expect(owner.strays).toEqual([]);
  });

  test('because nobody listens is known not to have run, and is news of the whole connection', async () => {
    const fixture = await HttpFixture.start({ tools: { echo } });
    await using owner = await PostingOwner.open(fixture.url);
    await fixture[Symbol.asyncDispose]();
    // A connection that was kept may break first, of which nothing is known.
    await owner.call('echo');
    expect(faultOf(await owner.call('echo'))).toMatchObject({
      fault: 'connection-lost',
      ran: 'no',
      message: expect.stringContaining('nothing listens') as string,
    });
    expect(await owner.transport.ended).toMatchObject({ code: 'connection-lost' });
  });

  test('because the transport is closed is told so, and not within the call', async () => {
    await using fixture = await HttpFixture.start({ tools: { echo } });
    const owner = await PostingOwner.open(fixture.url);
    await owner.transport.close();
    const call = owner.post('echo');
    expect(call.faults).toEqual([]);
    expect(faultOf(await call.ending)).toMatchObject({ fault: 'not-connected', ran: 'no' });
    expect(fixture.posts('tools/call')).toEqual([]);
  });
});

describe('an answer', () => {
  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ] as const)('may be compressed with %s', (encoding, compress) =>
    withTools(
      {
        packed: (exchange) => {
          exchange.raw(200, compress(JSON.stringify(exchange.answer('x'.repeat(150_000)))), {
            'content-type': 'application/json',
            'content-encoding': encoding,
          });
        },
        twice: (exchange) => {
          exchange.raw(200, gzipSync(compress(JSON.stringify(exchange.answer('twice')))), {
            'content-type': 'application/json',
            'content-encoding': `${encoding}, x-gzip`,
          });
        },
        stream: (exchange) => {
          exchange.raw(200, compress(`data: ${JSON.stringify(exchange.answer('streamed'))}\n\n`), {
            'content-type': 'text/event-stream',
            'content-encoding': encoding,
          });
        },
        refused: (exchange) => {
          exchange.raw(500, compress('out of order'), { 'content-encoding': encoding });
        },
      },
      async (owner) => {
        expect(answerText(await owner.call('packed'))).toHaveLength(150_000);
        expect(answerText(await owner.call('twice'))).toBe('twice');
        expect(answerText(await owner.call('stream'))).toBe('streamed');
        expect(faultOf(await owner.call('refused')).message).toContain('It said: out of order');
      },
    ),
  );

  test('may come in pieces as small as can be', () =>
    withTools(
      {
        pieces: async (exchange) => {
          exchange.response.writeHead(200, { 'content-type': 'application/json' });
          for (const byte of Buffer.from(JSON.stringify(exchange.answer('süß')))) {
            exchange.response.write(Buffer.of(byte));
            await new Promise(setImmediate);
          }
          exchange.response.end();
        },
      },
      async (owner) => {
        expect(answerText(await owner.call('pieces'))).toBe('süß');
      },
    ));
});
