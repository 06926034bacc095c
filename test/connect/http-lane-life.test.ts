import { describe, expect, test } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import type { Authorization } from '../../src/connect/oauth/authorization.ts';
import type { Refusal } from '../../src/connect/oauth/credentials.ts';
import { HttpFixture, type HttpExchange, type ToolScript } from '../support/http-fixture.ts';
import { eventually } from '../support/leaks.ts';
import { answerText, faultOf, PostingOwner, type Ending } from '../support/posting-owner.ts';

const echo: ToolScript = (exchange) => {
  exchange.json(exchange.answer(String(exchange.args['text'])));
};
const openStream: ToolScript = (exchange) => {
  exchange.openStream();
};

/** Tokens by hand. */
class Tokens {
  readonly refusals: Refusal[] = [];
  gaveUpOn: Refusal | undefined;
  token_: string | undefined;
  /** Whether there is something better than what was refused. */
  next: string | undefined;
  /** Whoever wants a token waits for this. */
  gate: Promise<unknown> | undefined;
  readonly problem = undefined;

  covers(): boolean {
    return true;
  }

  tokenNow(): { readonly token: string | undefined } | 'wait' {
    return this.gate === undefined ? { token: this.token_ } : 'wait';
  }

  async token(): Promise<string | undefined> {
    await this.gate;
    return this.token_;
  }

  async refused(refusal: Refusal): Promise<boolean> {
    this.refusals.push(refusal);
    await this.gate;
    this.token_ = this.next;
    return this.next !== undefined;
  }

  gaveUp(refusal: Refusal): void {
    this.gaveUpOn = refusal;
  }
}

/** A server that wants a token for its calls. */
function guarded(accepted: string): (exchange: HttpExchange) => boolean {
  return ({ message, request, response }) => {
    if (message.method !== 'tools/call') return false;
    if (request.headers.authorization === `Bearer ${accepted}`) return false;
    response.writeHead(401, { 'www-authenticate': 'Bearer scope="x"' }).end('who are you?');
    return true;
  };
}

function withTokens(fixture: HttpFixture, tokens: Tokens): Promise<PostingOwner> {
  return PostingOwner.open(fixture.url, { authorization: tokens as unknown as Authorization });
}

describe('a call that is refused for want of authorisation', () => {
  test('goes out again with a better token, and the next one has it', async () => {
    const tokens = new Tokens();
    tokens.token_ = 'old';
    tokens.next = 'new';
    let ran = 0;
    await using fixture = await HttpFixture.start({
      tools: {
        count: (exchange) => {
          ran += 1;
          exchange.json(exchange.answer('counted'));
        },
      },
      intercept: guarded('new'),
    });
    await using owner = await withTokens(fixture, tokens);
    expect(answerText(await owner.call('count'))).toBe('counted');
    expect(answerText(await owner.call('count'))).toBe('counted');
    expect(ran).toBe(2);
    expect(fixture.posts('tools/call').map(({ headers }) => headers.authorization)).toEqual([
      'Bearer old',
      'Bearer new',
      'Bearer new',
    ]);
    expect(tokens.refusals).toEqual([{ status: 401, token: 'old', challenge: 'Bearer scope="x"' }]);
  });

  test('goes out once more, not for ever', async () => {
    const tokens = new Tokens();
    tokens.next = 'wrong';
    await using fixture = await HttpFixture.start({ intercept: guarded('right') });
    await using owner = await withTokens(fixture, tokens);
    expect(faultOf(await owner.call('any'))).toMatchObject({ fault: 'http-status', ran: 'no' });
    expect(fixture.posts('tools/call')).toHaveLength(2);
    expect(tokens.gaveUpOn).toMatchObject({ status: 401, token: 'wrong' });
  });

  test('fails where there is nothing better', async () => {
    const tokens = new Tokens();
    await using fixture = await HttpFixture.start({ intercept: guarded('right') });
    await using owner = await withTokens(fixture, tokens);
    expect(faultOf(await owner.call('any'))).toMatchObject({
      fault: 'http-status',
      ran: 'no',
      message: expect.stringContaining('It said: who are you?') as string,
    });
    expect(fixture.posts('tools/call')).toHaveLength(1);
  });

  test('and whose token cannot be sent as a header fails, without an end of the process', async () => {
    const tokens = new Tokens();
    await using fixture = await HttpFixture.start({ tools: { echo } });
    await using owner = await withTokens(fixture, tokens);
    tokens.token_ = 'no\nheader';
    const call = owner.post('echo');
    expect(call.faults).toEqual([]);
    expect(faultOf(await call.ending)).toMatchObject({ fault: 'connection-lost', ran: 'no' });
  });

  test('is not sent any more when it was withdrawn while its token was waited for', async () => {
    const tokens = new Tokens();
    await using fixture = await HttpFixture.start({ tools: { echo } });
    await using owner = await withTokens(fixture, tokens);
    const gate = deferred<void>();
    tokens.gate = gate.promise;
    const call = owner.post('echo', { text: 'withdrawn' });
    const other = owner.post('echo', { text: 'other' });
    expect(call.posted.withdraw('enough')).toBe(false);
    gate.resolve();
    expect(answerText(await other.ending)).toBe('other');
    expect(fixture.posts('tools/call')).toHaveLength(1);
    expect(fixture.posts('notifications/cancelled')).toEqual([]);
    expect([call.heard, call.faults]).toEqual([[], []]);
  });
});

describe('a redirect', () => {
  test('within the origin is followed, with the message', async () => {
    await using fixture = await HttpFixture.start({
      tools: { echo },
      intercept: ({ message, request, response }) => {
        if (message.method !== 'tools/call' || request.url !== '/mcp') return false;
        response.writeHead(307, { location: './new?place=1' }).end('moved');
        return true;
      },
    });
    await using owner = await PostingOwner.open(fixture.url);
    expect(answerText(await owner.call('echo', { text: 'found' }))).toBe('found');
    expect(fixture.posts('tools/call').map(({ path }) => path)).toEqual(['/mcp', '/new?place=1']);
  });

  test('to itself is not followed for ever', async () => {
    await using fixture = await HttpFixture.start({
      intercept: ({ message, response }) => {
        if (message.method !== 'tools/call') return false;
        response.writeHead(308, { location: '/mcp' }).end();
        return true;
      },
    });
    await using owner = await PostingOwner.open(fixture.url);
    expect(faultOf(await owner.call('any'))).toMatchObject({ fault: 'http-status', ran: 'no' });
    expect(fixture.posts('tools/call')).toHaveLength(6);
  });

  test('to another origin is not followed, and gets no credentials', async () => {
    await using other = await HttpFixture.start({ tools: { echo } });
    await using fixture = await HttpFixture.start({
      tools: { away: (exchange) => exchange.raw(307, '', { location: other.url }) },
    });
    await using owner = await PostingOwner.open(fixture.url, { headers: { 'x-key': 'secret' } });
    expect(faultOf(await owner.call('away'))).toMatchObject({
      fault: 'http-status',
      ran: 'no',
      message: expect.stringContaining('a redirect') as string,
    });
    expect(other.seen).toEqual([]);
  });
});

/** A server that begins an answer, and has it resumed as `resume` says. */
function resumable(resume: (exchange: HttpExchange, pending: unknown) => void): {
  readonly start: () => Promise<HttpFixture>;
  readonly asked: (string | undefined)[];
} {
  const asked: (string | undefined)[] = [];
  let pending: unknown;
  const begun: ToolScript = (exchange) => {
    exchange.openStream();
    exchange.response.end('retry: 10\nid: 1\ndata:\n\ndata: {"half of an ev');
    pending = exchange.answer('resumed');
  };
  const start = (): Promise<HttpFixture> =>
    HttpFixture.start({
      sessionId: 'one',
      tools: { echo, begun },
      intercept: (exchange) => {
        if (exchange.request.method !== 'GET') return false;
        asked.push(exchange.request.headers['last-event-id'] as string | undefined);
        resume(exchange, pending);
        return true;
      },
    });
  return { start, asked };
}

describe('an answer whose stream ends before it', () => {
  test('is gone on with after the last event, as often as it takes', async () => {
    const { start, asked } = resumable((exchange, pending) => {
      exchange.openStream();
      if (asked.length === 1) exchange.response.end('data: {}\n\nid: 2\n\n');
      else if (asked.length === 2) exchange.response.destroy();
      else {
        exchange.event(pending, '3');
        exchange.response.end();
      }
    });
    await using fixture = await start();
    await using owner = await PostingOwner.open(fixture.url, { headers: { 'x-team': 'a' } });
    expect(answerText(await owner.call('begun'))).toBe('resumed');
    expect(asked).toEqual(['1', '2', '2']);
    expect(fixture.posts('tools/call')).toHaveLength(1);
    const { accept, ...headers } = fixture.seen.at(-1)?.headers ?? {};
    expect(accept).toBe('text/event-stream');
    expect(headers).toMatchObject({
      'mcp-session-id': 'one',
      'mcp-protocol-version': '2025-11-25',
      'x-team': 'a',
    });
  });

  test.each([
    [404, 1],
    [405, 1],
    [501, 2],
    [503, 2],
  ])(
    'that the server refuses to go on with (%i) ends as one that may have run',
    async (...[status, tries]) => {
      const { start, asked } = resumable((exchange) => {
        exchange.raw(status, '');
      });
      await using fixture = await start();
      await using owner = await PostingOwner.open(fixture.url);
      const call = owner.post('begun');
      expect(faultOf(await call.ending)).toMatchObject({ fault: 'stream-ended', ran: 'unknown' });
      expect(asked).toHaveLength(tries);
      expect(call.faults).toHaveLength(1);
    },
  );

  test('of a session that the server has forgotten meanwhile is news of the whole connection', async () => {
    const { start } = resumable((exchange) => {
      exchange.raw(404, '');
    });
    await using fixture = await start();
    await using owner = await PostingOwner.open(fixture.url);
    expect(faultOf(await owner.call('begun'))).toMatchObject({ fault: 'stream-ended' });
    expect(await owner.transport.ended).toMatchObject({ fault: 'session-lost' });
  });

  test('ends as one that may have run when the server is gone', async () => {
    const { start } = resumable((exchange) => exchange.request.socket.destroy());
    const fixture = await start();
    await using owner = await PostingOwner.open(fixture.url);
    const call = owner.post('begun');
    await eventually('the first try', () => fixture.seen.some(({ method }) => method === 'GET'));
    await fixture[Symbol.asyncDispose]();
    expect(faultOf(await call.ending)).toMatchObject({ fault: 'stream-ended', ran: 'unknown' });
    expect(await owner.transport.ended).toMatchObject({ code: 'connection-lost' });
  });

  test('is asked for no more once the call is withdrawn, or the transport closed', async () => {
    const { start, asked } = resumable((exchange) => {
      exchange.openStream();
      exchange.response.end('retry: 0\n\n');
    });
    await using fixture = await start();
    await using owner = await PostingOwner.open(fixture.url);
    const startedAt = performance.now();
    const calls = [owner.post('begun'), owner.post('begun')];
    await eventually('a few tries', () => asked.length > 6);
    calls[0]?.posted.withdraw('enough');
    await owner.transport.close();
    // No oftener than is good, whatever the server wants.
    expect(asked.length / 2).toBeLessThanOrEqual((performance.now() - startedAt) / 40 + 1);
    await eventually('the end of all sockets', () => fixture.sockets === 0);
    expect(calls.map(({ heard, faults }) => [heard, faults])).toEqual([
      [[], []],
      [[], []],
    ]);
  });
});

describe('a call that is withdrawn', () => {
  test.each(['stream', 'whole'])('is taken back at a server of the old era (%s)', async (tool) => {
    let answer: () => void = () => undefined;
    await using fixture = await HttpFixture.start({
      tools: {
        echo,
        stream: (exchange) => {
          exchange.openStream();
          answer = () => exchange.event(exchange.answer('too late'));
        },
        whole: (exchange) => {
          answer = () => exchange.json(exchange.answer('too late'));
        },
      },
      intercept: ({ message }) => {
        // What it says before it has heard of it is not heard.
        if (message.method === 'notifications/cancelled') answer();
        return false;
      },
    });
    await using owner = await PostingOwner.open(fixture.url);
    const call = owner.post(tool);
    await eventually('the call', () => fixture.posts('tools/call').length === 1);
    expect(call.posted.withdraw('enough')).toBe(true);
    await eventually('the word of it', () => {
      return fixture.posts('notifications/cancelled').length === 1;
    });
    expect(fixture.posts('notifications/cancelled').map(({ message }) => message)).toMatchObject([
      { params: { requestId: call.id, reason: 'enough' } },
    ]);
    expect(call.posted.withdraw('again')).toBe(true);
    await owner.call('echo');
    await owner.transport.close();
    expect([call.heard, call.faults, owner.strays]).toEqual([[], [], []]);
  });

  test.each(['refuses', 'never answers'] as const)(
    'is let go of also where the server %s the word of it',
    async (how) => {
      await using fixture = await HttpFixture.start({
        tools: { wait: openStream },
        intercept: (exchange) => {
          if (exchange.message.method !== 'notifications/cancelled') return false;
          if (how === 'refuses') exchange.raw(500, '');
          return true;
        },
      });
      await using owner = await PostingOwner.open(fixture.url);
      const call = owner.post('wait');
      await eventually('the call', () => fixture.posts('tools/call').length === 1);
      call.posted.withdraw('enough');
      await eventually('the end of the response', () => {
        return fixture.posts('tools/call')[0]?.aborted === true;
      });
      expect(call.faults).toEqual([]);
      // Neither is the word itself waited for.
      await eventually('the end of it', () => {
        const [word] = fixture.posts('notifications/cancelled');
        return word !== undefined && (how === 'refuses' || word.aborted);
      });
    },
  );

  test('ends its response in the new era, which is the word of it', async () => {
    await using fixture = await HttpFixture.start({ tools: { echo, wait: openStream } });
    await using owner = await PostingOwner.open(fixture.url, { version: '2026-07-28' });
    const call = owner.post('wait');
    await eventually('the call', () => fixture.posts('tools/call').length === 1);
    expect(call.posted.withdraw('enough')).toBe(true);
    await eventually('the end of the response', () => {
      return fixture.posts('tools/call')[0]?.aborted === true;
    });
    expect(answerText(await owner.call('echo', { text: 'x' }))).toBe('x');
    expect(fixture.posts('notifications/cancelled')).toEqual([]);
    expect([call.heard, call.faults]).toEqual([[], []]);
  });

  test('before its connection was made is not sent', async () => {
    await using fixture = await HttpFixture.start({ tools: { echo } });
    await using owner = await PostingOwner.open(fixture.url);
    // The one connection that there is has its own to do.
    const calls = Array.from({ length: 8 }, (_, index) => owner.post('echo', { text: `${index}` }));
    const withdrawn = calls.slice(4).map(({ posted }) => posted.withdraw('enough'));
    expect(withdrawn).toEqual([false, false, false, false]);
    const endings = await Promise.all(calls.slice(0, 4).map(({ ending }) => ending));
    expect(endings.map(answerText)).toEqual(['0', '1', '2', '3']);
    expect(answerText(await owner.call('echo', { text: 'x' }))).toBe('x');
    expect(fixture.posts('tools/call')).toHaveLength(5);
    expect(calls.slice(4).flatMap(({ heard, faults }) => [...heard, ...faults])).toEqual([]);
  });
});

describe('a call that is answered on the stream of another one', () => {
  test('is let go of, though its own request is not answered', async () => {
    await using fixture = await HttpFixture.start({ tools: { silent: () => undefined } });
    await using owner = await PostingOwner.open(fixture.url);
    const call = owner.post('silent');
    await eventually('the call', () => fixture.posts('tools/call').length === 1);
    owner.transport.settled(call.id);
    await eventually('the end of the request', () => {
      return fixture.posts('tools/call')[0]?.aborted === true;
    });
    expect(call.faults).toEqual([]);
  });

  test('does not go on with a stream of its own', async () => {
    const begun: ToolScript = (exchange) => {
      exchange.openStream();
      const id = String(exchange.args['text']);
      exchange.response.end(`id: ${id}\nretry: 100\ndata: {"jsonrpc":"2.0","method":"x"}\n\n`);
    };
    const asked: unknown[] = [];
    await using fixture = await HttpFixture.start({
      tools: { begun },
      intercept: (exchange) => {
        const id = exchange.request.headers['last-event-id'];
        if (id !== undefined) asked.push(id);
        return false;
      },
    });
    await using owner = await PostingOwner.open(fixture.url);
    const call = owner.post('begun', { text: 'answered' });
    await eventually('the end of its stream', () => call.heard.length === 1);
    owner.transport.settled(call.id);
    // By the time that this one is asked for, that one would have been.
    await owner.call('begun', { text: 'open' });
    expect(asked).toEqual(['open']);
    expect(call.faults).toEqual([]);
  });
});

describe('the end of the transport', () => {
  test('is the end of its calls, of which nothing more is told, and of all sockets', async () => {
    await using fixture = await HttpFixture.start({
      sessionId: 'one',
      tools: { silent: () => undefined, wait: openStream, begun: openStream },
    });
    const owner = await PostingOwner.open(fixture.url);
    const calls = ['silent', 'wait', 'begun'].map((tool) => owner.post(tool));
    await eventually('the calls', () => fixture.posts('tools/call').length === 3);
    const ended: Ending[] = [];
    for (const { ending } of calls) void ending.then((how) => ended.push(how));
    const closed = owner.transport.close();
    expect(owner.isClosed).toBe(true);
    await closed;
    await eventually('the end of all sockets', () => fixture.sockets === 0);
    expect(ended).toEqual([]);
    expect(calls.flatMap(({ heard, faults }) => [...heard, ...faults])).toEqual([]);
    expect(fixture.seen.at(-1)).toMatchObject({ method: 'DELETE' });
  });
});
