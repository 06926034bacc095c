import { getEventListeners, once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import { HostError } from '../../src/base/errors.ts';
import { callId } from '../../src/call/names.ts';
import type { Message } from '../../src/model/message.ts';
import { ChatCompletionsModel } from '../../src/model/chat-completions.ts';
import type { EndpointOptions } from '../../src/model/endpoint.ts';
import type { ModelEvent, ModelRequest } from '../../src/model/model.ts';
import {
  answerOf,
  ask,
  brokenAnswerOf,
  HELLO,
  never,
  ONE_TOOL,
  settings,
  textOf,
} from '../support/asked-model.ts';
import { fakeTool } from '../support/fake-tools.ts';
import {
  breakOff,
  callParts,
  chunk,
  delta,
  done,
  finished,
  hangUp,
  message,
  plain,
  raw,
  refusal,
  scriptedEndpoint,
  stream,
  usage,
  waitFor,
  type Part,
  type Step,
} from '../support/scripted-endpoint.ts';

function modelAt(baseURL: string, options: Partial<EndpointOptions> = {}): ChatCompletionsModel {
  return new ChatCompletionsModel(settings(baseURL, options));
}

/** The events of one scripted answer. */
const answer = (step: Step, request?: ModelRequest): Promise<ModelEvent[]> =>
  answerOf(modelAt, step, request);
const brokenAnswer = (step: Step): ReturnType<typeof brokenAnswerOf> =>
  brokenAnswerOf(modelAt, step);

async function failure(promise: Promise<unknown>): Promise<HostError> {
  const reason: unknown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(reason).toBeInstanceOf(HostError);
  return reason as HostError;
}

const last = (events: readonly ModelEvent[]): ModelEvent | undefined => events.at(-1);

describe('a request', () => {
  test('carries model, messages and tools in order, asks for a stream with usage, and has the key', async () => {
    await using endpoint = await scriptedEndpoint([message({ text: 'Hi.' })]);
    const tools = [
      fakeTool('b', {}, { description: 'Does b.' }),
      fakeTool('a', { x: { type: 'string' } }, { title: 'A' }),
    ];
    await ask(modelAt(endpoint.url), { ...HELLO, tools });
    const [request] = endpoint.requests;
    expect(request).toMatchObject({ method: 'POST', path: '/v1/chat/completions' });
    expect(request?.headers.authorization).toBe('Bearer sk-secret');
    expect(request?.body).toEqual({
      model: 'some-model',
      messages: [{ role: 'user', content: 'Hello' }],
      tools: [
        {
          type: 'function',
          function: {
            name: 'fake__b',
            description: 'Does b.',
            parameters: { type: 'object', properties: {}, required: [] },
          },
        },
        {
          type: 'function',
          function: {
            name: 'fake__a',
            description: 'A',
            parameters: { type: 'object', properties: { x: { type: 'string' } }, required: ['x'] },
          },
        },
      ],
      stream: true,
      stream_options: { include_usage: true },
    });
  });

  test('without a key has no Authorization, whatever the environment holds', async () => {
    await using endpoint = await scriptedEndpoint([message({ text: 'Hi.' })]);
    const before = process.env['OPENAI_API_KEY'];
    process.env['OPENAI_API_KEY'] = 'sk-from-the-environment';
    try {
      await ask(modelAt(endpoint.url, { apiKey: undefined }));
    } finally {
      if (before === undefined) delete process.env['OPENAI_API_KEY'];
      else process.env['OPENAI_API_KEY'] = before;
    }
    expect(endpoint.requests[0]?.headers.authorization).toBeUndefined();
    expect(endpoint.requests[0]?.text).not.toContain('sk-');
  });

  test('takes user, password and query from the address', async () => {
    await using endpoint = await scriptedEndpoint([message({ text: 'Hi.' })]);
    const url = new URL(endpoint.url);
    url.username = 'me';
    url.password = 'pa:ss';
    url.search = '?api-version=7';
    await ask(modelAt(url.href, { apiKey: undefined }));
    expect(endpoint.requests[0]?.path).toBe('/v1/chat/completions?api-version=7');
    const credentials = Buffer.from('me:pa:ss').toString('base64');
    expect(endpoint.requests[0]?.headers.authorization).toBe(`Basic ${credentials}`);
  });

  test('asks for one call at a time only when it has tools', async () => {
    await using endpoint = await scriptedEndpoint([message({}), message({}), message({})]);
    const model = modelAt(endpoint.url);
    await ask(model, { ...HELLO, parallelToolCalls: false });
    await ask(model, { ...ONE_TOOL, parallelToolCalls: false });
    await ask(model, ONE_TOOL);
    expect(endpoint.requests.map(({ body }) => body.parallel_tool_calls)).toEqual([
      undefined,
      false,
      undefined,
    ]);
  });

  test('has one tool message for each call, in call order, with the server’s own text and nothing between', async () => {
    await using endpoint = await scriptedEndpoint([message({}), message({})]);
    const model = modelAt(endpoint.url);
    const messages: Message[] = [
      { kind: 'system', text: 'Be kind.' },
      { kind: 'user', text: 'Hello' },
      {
        kind: 'assistant',
        text: '',
        calls: [
          { id: callId('1'), name: 'a', arguments: '{"x" :1}' },
          { id: callId('2'), name: 'b.c/d', arguments: '' },
          { id: callId('3'), name: '', arguments: '{"broken":' },
        ],
      },
      {
        kind: 'tool-results',
        results: [
          {
            id: callId('1'),
            name: 'a',
            outcome: { kind: 'ok', ran: 'yes', content: [{ type: 'text', text: ' as is \n' }] },
          },
          {
            id: callId('2'),
            name: 'b',
            outcome: { kind: 'tool-error', ran: 'yes', content: [{ type: 'text', text: 'no' }] },
          },
          {
            id: callId('3'),
            name: '',
            outcome: { kind: 'invalid', ran: 'no', code: 'c', message: 'm' },
          },
        ],
      },
      { kind: 'assistant', text: 'So.', calls: [] },
    ];
    await ask(model, { ...HELLO, messages });
    await ask(model, { ...HELLO, messages: structuredClone(messages) });
    expect(endpoint.messages(0)).toEqual([
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: 'Hello' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          { type: 'function', id: '1', function: { name: 'a', arguments: '{"x" :1}' } },
          { type: 'function', id: '2', function: { name: 'b_c_d', arguments: '' } },
          { type: 'function', id: '3', function: { name: 'unnamed', arguments: '{"broken":' } },
        ],
      },
      { role: 'tool', tool_call_id: '1', content: ' as is \n' },
      { role: 'tool', tool_call_id: '2', content: 'Error from b: no' },
      {
        role: 'tool',
        tool_call_id: '3',
        content: 'Call of an unnamed tool is invalid (c): m. The tool did not run.',
      },
      { role: 'assistant', content: 'So.' },
    ]);
    expect(endpoint.requests[1]?.text).toBe(endpoint.requests[0]?.text);
  });

  test('offers schemas as endpoints accept them', async () => {
    await using endpoint = await scriptedEndpoint([message({})]);
    const tools = [
      fakeTool('a', {}, { inputSchema: {} }),
      fakeTool(
        'b',
        {},
        {
          inputSchema: {
            type: 'object',
            properties: { x: { type: 'string' } },
            anyOf: [
              { properties: { y: { type: 'integer' } }, required: ['y'] },
              { required: ['x'] },
            ],
            $defs: { z: {} },
          },
        },
      ),
    ];
    await ask(modelAt(endpoint.url), { ...HELLO, tools });
    expect(endpoint.requests[0]?.body.tools?.map((tool) => tool.function.parameters)).toEqual([
      { type: 'object', properties: {} },
      {
        type: 'object',
        properties: { x: { type: 'string' }, y: { type: 'integer' } },
        $defs: { z: {} },
      },
    ]);
  });

  test.each([400, 422])(
    'refused with %i at first is made once more without what not all endpoints know, and so are all later ones',
    async (status) => {
      await using endpoint = await scriptedEndpoint([
        refusal(status, 'unknown field'),
        message({ text: 'Hi.' }),
        message({ text: 'Hi again.' }),
      ]);
      const model = modelAt(endpoint.url);
      const request = { ...ONE_TOOL, parallelToolCalls: false };
      expect(textOf(await ask(model, request))).toBe('Hi.');
      expect(textOf(await ask(model, request))).toBe('Hi again.');
      const extras = endpoint.requests.map(
        ({ body }) => 'stream_options' in body || 'parallel_tool_calls' in body,
      );
      expect(extras).toEqual([true, false, false]);
    },
  );

  test('refused after another one was accepted is not made again', async () => {
    await using endpoint = await scriptedEndpoint([message({}), refusal(400, 'too long')]);
    const model = modelAt(endpoint.url);
    await ask(model);
    expect((await failure(ask(model))).details).toEqual({ status: 400 });
  });

  test('refused both ways fails, and the next one is tried in full again', async () => {
    await using endpoint = await scriptedEndpoint([
      refusal(400, 'no'),
      refusal(400, 'still no'),
      message({ text: 'Yes.' }),
    ]);
    const model = modelAt(endpoint.url);
    expect((await failure(ask(model))).message).toContain('still no');
    await ask(model);
    expect(endpoint.requests[2]?.body.stream_options).toEqual({ include_usage: true });
  });
});

describe('a message', () => {
  test('comes as text, calls, usage and its end', async () => {
    const events = await answer(
      message({ text: 'Looking it up.', calls: [{ name: 'fake__look', arguments: { n: 1 } }] }),
    );
    expect(textOf(events)).toBe('Looking it up.');
    expect(events.filter((event) => event.kind !== 'text-delta')).toEqual([
      { kind: 'tool-call', call: { id: 'call_1', name: 'fake__look', arguments: '{"n":1}' } },
      { kind: 'usage', usage: { inputTokens: 11, outputTokens: 7, cachedInputTokens: 0 } },
      { kind: 'finish', reason: 'tool-calls' },
    ]);
  });

  test('hands a call out while the next one is still being written', async () => {
    const gate = deferred<void>();
    await using endpoint = await scriptedEndpoint([
      stream([
        ...callParts({ name: 'a', arguments: { n: 1 } }, 0),
        waitFor(gate.promise),
        ...callParts({ name: 'b', arguments: { n: 2 } }, 1),
        finished('tool_calls'),
        done(),
      ]),
    ]);
    const names: string[] = [];
    for await (const event of modelAt(endpoint.url).respond(ONE_TOOL, never)) {
      if (event.kind !== 'tool-call') continue;
      names.push(event.call.name);
      // The rest is sent only now: had the first call waited for it, this would never be reached.
      gate.resolve();
    }
    expect(names).toEqual(['a', 'b']);
  });

  test.each<[string, readonly Part[], string]>([
    ['stop, with calls', [...callParts({ name: 'a' }, 0), finished('stop'), done()], 'tool-calls'],
    [
      'tool_calls, without calls',
      [delta({ content: 'x' }), finished('tool_calls'), done()],
      'stop',
    ],
    ['stop', [delta({ content: 'x' }), finished('stop'), done()], 'stop'],
    ['stop, with nothing', [delta({ role: 'assistant' }), finished('stop'), done()], 'stop'],
    ['stop, without a terminator', [delta({ content: 'x' }), finished('stop')], 'stop'],
    [
      'stop, before the connection breaks',
      [delta({ content: 'x' }), finished('stop'), breakOff()],
      'stop',
    ],
    ['length', [...callParts({ name: 'a' }, 0), finished('length'), done()], 'length'],
    [
      'content_filter',
      [delta({ content: 'x' }), finished('content_filter'), done()],
      'content-filter',
    ],
    ['tool_use', [...callParts({ name: 'a' }, 0), finished('tool_use'), done()], 'tool-calls'],
    [
      'an unknown reason, without calls',
      [delta({ content: 'x' }), finished('tired'), done()],
      'stop',
    ],
    ['no reason, but a terminator', [delta({ content: 'x' }), done()], 'stop'],
    [
      'no reason, but a terminator after whole calls',
      [...callParts({ name: 'a', arguments: { n: 1 } }, 0), done()],
      'tool-calls',
    ],
  ])('ended by %s', async (_, parts, reason) => {
    expect(last(await answer(stream(parts)))).toEqual({ kind: 'finish', reason });
  });

  test('with the calls of another age is understood', async () => {
    const events = await answer(
      stream([
        delta({ function_call: { name: 'a', arguments: '' } }),
        delta({ function_call: { arguments: '{"n":1}' } }),
        finished('function_call'),
        done(),
      ]),
    );
    expect(events).toEqual([
      { kind: 'tool-call', call: { name: 'a', arguments: '{"n":1}' } },
      { kind: 'finish', reason: 'tool-calls' },
    ]);
  });

  test('with text in parts, a refusal, or nothing of use in its chunks is understood', async () => {
    const events = await answer(
      stream([
        chunk({ choices: [] }),
        chunk({ choices: null }),
        raw('data: 7\n\n'),
        delta({
          content: [
            { type: 'thinking', thinking: 1 },
            { type: 'text', text: 'a' },
          ],
        }),
        delta({ content: null, refusal: 'b', tool_calls: null, function_call: null }),
        usage(1, 2),
        usage(1, 3),
        finished('stop'),
        done(),
      ]),
    );
    expect(textOf(events)).toBe('ab');
    expect(events.at(-2)).toMatchObject({ usage: { outputTokens: 3 } });
  });

  test('at once, though a stream was asked for, is accepted', async () => {
    const calls = [
      { id: 'x', type: 'function', function: { name: 'a', arguments: '{"n":1}' } },
      { id: 'x', type: 'function', function: { name: 'a', arguments: '{"n":1}' } },
    ];
    const events = await answer(
      plain(200, {
        choices: [
          {
            index: 0,
            message: { role: 'assistant', content: 'Hm.', tool_calls: calls },
            finish_reason: 'tool_calls',
          },
        ],
        usage: {
          prompt_tokens: 3,
          completion_tokens: 4,
          prompt_tokens_details: { cached_tokens: 2 },
        },
      }),
    );
    expect(events).toEqual([
      { kind: 'text-delta', text: 'Hm.' },
      { kind: 'tool-call', call: { id: 'x', name: 'a', arguments: '{"n":1}' } },
      { kind: 'tool-call', call: { id: 'x', name: 'a', arguments: '{"n":1}' } },
      { kind: 'usage', usage: { inputTokens: 3, outputTokens: 4, cachedInputTokens: 2 } },
      { kind: 'finish', reason: 'tool-calls' },
    ]);
  });

  test('that was read leaves its connection to later requests, though its last bytes come late', async () => {
    const gates = Array.from({ length: 6 }, () => deferred<void>());
    await using endpoint = await scriptedEndpoint(
      gates.map((gate) =>
        stream([delta({ content: 'x' }), finished('stop'), done(), waitFor(gate.promise)]),
      ),
    );
    const model = modelAt(endpoint.url);
    for (const gate of gates)
      for await (const event of model.respond(HELLO, never))
        if (event.kind === 'finish') setImmediate(gate.resolve);
    // The very next request may come before the client has taken the connection back; a machine that is busy elsewhere may lose one.
    expect(endpoint.connections).toBeLessThan(gates.length);
  });

  test('with its one call as an object instead of a list is understood', async () => {
    const call = { id: 'x', function: { name: 'a', arguments: '{"n":1}' } };
    const events = await answer(
      stream([delta({ tool_calls: call }), finished('tool_calls'), done()]),
    );
    expect(events[0]).toMatchObject({ kind: 'tool-call', call: { id: 'x' } });
  });

  test('is not read past its terminator: an endpoint that keeps the line open holds nobody up', async () => {
    const gate = deferred<void>();
    await using endpoint = await scriptedEndpoint([
      stream([delta({ content: 'x' }), finished('stop'), done(), waitFor(gate.promise)]),
    ]);
    expect(textOf(await ask(modelAt(endpoint.url)))).toBe('x');
    gate.resolve();
  });
});

describe('a message that does not come to a good end is an error, and what came before it counts', () => {
  const call = callParts({ name: 'a', arguments: { n: 1 } }, 0);
  const half = callParts({ name: 'b', arguments: '{"n":' }, 1);

  test.each<[string, readonly Part[], RegExp]>([
    ['the connection breaks', [...call, ...half, breakOff()], /broke off in the middle/u],
    ['the stream ends without a reason', [...call, ...half], /broke off in the middle/u],
    ['the stream ends without a reason after whole calls', call, /broke off in the middle/u],
    [
      'a terminator comes in the middle of a call',
      [...call, ...half, done()],
      /broke off in the middle/u,
    ],
    ['a chunk is no JSON', [...call, raw('data: {"choices":[{"delta"\n\n')], /no JSON.*choices/u],
    [
      'a chunk reports an error',
      [...call, chunk({ error: { message: 'overloaded\u001b[31m', code: 529 } })],
      /reported an error in its answer.*overloaded\\x1b/u,
    ],
    ['an unknown reason ends calls', [...call, finished('tired'), done()], /the reason "tired"/u],
    ['the reason is an error', [...call, finished('error'), done()], /the reason "error"/u],
  ])('%s', async (_, parts, words) => {
    const { events, error } = await brokenAnswer(stream(parts));
    expect(error.code).toBe('model');
    expect(error.message).toMatch(words);
    expect(error.message).toContain('http://127.0.0.1');
    expect(events).toEqual([
      { kind: 'tool-call', call: { id: 'call_1', name: 'a', arguments: '{"n":1}' } },
    ]);
  });

  test.each<[string, Step, RegExp]>([
    ['nothing at all', plain(200, ''), /answered with nothing/u],
    ['a stream of nothing', stream([done()]), /answered with nothing/u],
    [
      'a stream of empty chunks',
      stream([chunk({ choices: [] }), done()]),
      /answered with nothing/u,
    ],
    [
      'a web page',
      plain(200, '<!doctype html>\n<html><head><title>Sign in</title></head></html>'),
      /answered with a web page instead of a completion; .*\/v1\. It says: Sign in$/u,
    ],
    ['some text', plain(200, 'It works!'), /no JSON.*It works!/u],
    ['other JSON', plain(200, { detail: 'hello' }), /other JSON.*It says: hello/u],
    ['an error with a good status', plain(200, { error: 'no such model' }), /no such model/u],
    ['no body', plain(204, ''), /answered with nothing/u],
  ])('%s', async (_, step, words) => {
    const { error } = await brokenAnswer(step);
    expect(error.code).toBe('model');
    expect(error.message).toMatch(words);
  });
});

describe('an endpoint that refuses', () => {
  test.each<[number, unknown, RegExp]>([
    [
      401,
      { error: { message: 'Incorrect API key' } },
      /Incorrect API key\. Check the key in OPENAI_API_KEY\.$/u,
    ],
    [
      403,
      { error: 'not for you' },
      /not for you\. The key in OPENAI_API_KEY may not use the model some-model/u,
    ],
    [
      404,
      { detail: 'Not Found' },
      /Not Found\. Check the address \(it usually ends in \/v1\) and the model's name, some-model\.$/u,
    ],
    [404, '<html><title>404 page</title>', /404 page\. Check the address/u],
    [405, '', /answered 405\. It refused/u],
    [429, { error: { message: 'slow down.' } }, /slow down\. Its rate limit or quota/u],
    [
      500,
      'Internal\u001b]0;x\u0007\nServer Error',
      /answered 500: Internal\\x1b\]0;x\\x07\. The fault is on its side/u,
    ],
    [503, '<!doctype html>\n<p>down</p>', /answered 503: <!doctype html>\. The fault/u],
    [
      418,
      { message: `the key sk-secret is bad ${'x'.repeat(500)}` },
      /the key … is bad x+…\. It refused/u,
    ],
  ])(
    'with %i is named with address, status, its words and what to do',
    async (status, body, words) => {
      await using endpoint = await scriptedEndpoint([
        plain(status, body, { 'x-should-retry': 'false' }),
      ]);
      const error = await failure(ask(modelAt(endpoint.url)));
      expect(error.message).toMatch(words);
      expect(error.message).toContain(
        `The model endpoint ${endpoint.url} answered ${String(status)}`,
      );
      expect(error.message).not.toContain('secret');
      expect(error.details).toEqual({ status });
    },
  );

  test('is not shown with the user, password and query of its address', async () => {
    await using endpoint = await scriptedEndpoint([refusal(401, 'bad me:s3cret, t0ken')]);
    const url = new URL(endpoint.url);
    url.username = 'me';
    url.password = 's3cret';
    url.search = '?key=t0ken';
    const { message: words } = await failure(ask(modelAt(url.href)));
    expect(words).not.toMatch(/s3cret|t0ken/u);
  });

  test.each([408, 409, 429, 500, 502, 503])('with %i is asked again, twice', async (status) => {
    const again = refusal(status, 'wait', {});
    await using endpoint = await scriptedEndpoint([again, again, message({ text: 'Hi.' })]);
    expect(textOf(await ask(modelAt(endpoint.url)))).toBe('Hi.');
    const [first, ...others] = endpoint.requests.map(({ text }) => text);
    expect(others).toEqual([first, first]);
  });

  test('is asked no more than that', async () => {
    const again = refusal(500, 'wait', {});
    await using endpoint = await scriptedEndpoint([again, again, again]);
    expect((await failure(ask(modelAt(endpoint.url)))).details).toEqual({ status: 500 });
  });

  test('is given the time it asks for', async () => {
    await using endpoint = await scriptedEndpoint([
      refusal(429, 'wait', { 'retry-after': '0.2' }),
      message({ text: 'Hi.' }),
    ]);
    const before = performance.now();
    await ask(modelAt(endpoint.url));
    expect(performance.now() - before).toBeGreaterThan(195);
  });

  test.each(['3600', new Date(Date.now() + 3_600_000).toUTCString()])(
    'is not given an hour, but the error says that it asked for it',
    async (header) => {
      await using endpoint = await scriptedEndpoint([
        refusal(429, 'wait', { 'retry-after': header }),
      ]);
      const error = await failure(ask(modelAt(endpoint.url)));
      expect(error.message).toMatch(/It asks to wait 3\d\d\d s\.$/u);
      expect(error.details['retryAfterMs']).toBeGreaterThan(3_500_000);
    },
  );

  test('in the middle of its own error page is still named by its status', async () => {
    await using server = await socketServer(
      'HTTP/1.1 500 X\r\nContent-Length: 1000\r\n\r\nhalf a pa',
    );
    const error = await failure(ask(modelAt(server.url, { retries: 0 })));
    expect(error.details).toEqual({ status: 500 });
  });
});

describe('an endpoint that cannot be reached', () => {
  test('because nothing listens is named at once', async () => {
    const endpoint = await scriptedEndpoint([]);
    const { url } = endpoint;
    await endpoint[Symbol.asyncDispose]();
    const error = await failure(ask(modelAt(url)));
    expect(error.message).toContain(url);
    expect(error.message).toMatch(/could not be reached: .*Nothing listens there/u);
    expect(error).toMatchObject({ code: 'model', details: { code: 'ECONNREFUSED' } });
  });

  test('because its name is unknown is named', async () => {
    const error = await failure(ask(modelAt('http://model.invalid/v1', { retries: 0 })));
    expect(error.message).toMatch(/http:\/\/model\.invalid\/v1 could not be reached/u);
    expect(error.details['code']).toMatch(/^(?:ENOTFOUND|EAI_AGAIN)$/u);
  });

  test('because it hangs up is asked again', async () => {
    await using endpoint = await scriptedEndpoint([hangUp(), message({ text: 'Hi.' })]);
    expect(textOf(await ask(modelAt(endpoint.url)))).toBe('Hi.');
  });

  test('because it does not speak HTTP is named', async () => {
    await using server = await socketServer('SSH-2.0-hello\r\n');
    const error = await failure(ask(modelAt(server.url, { retries: 0 })));
    expect(error.message).toMatch(/could not be reached/u);
  });
});

describe('an abort', () => {
  test('before the answer ends the request', async () => {
    const abort = new AbortController();
    const gate = deferred<void>();
    await using endpoint = await scriptedEndpoint([
      () => {
        abort.abort(new HostError('aborted', 'enough'));
        return stream([waitFor(gate.promise)]);
      },
    ]);
    const error = await failure(ask(modelAt(endpoint.url), HELLO, abort.signal));
    expect(error).toMatchObject({ code: 'aborted', message: 'enough' });
    gate.resolve();
  });

  test('in the middle of the answer ends it', async () => {
    const abort = new AbortController();
    const gate = deferred<void>();
    await using endpoint = await scriptedEndpoint([
      stream([delta({ content: 'x' }), waitFor(gate.promise)]),
    ]);
    const events: ModelEvent[] = [];
    const error = await failure(
      (async () => {
        for await (const event of modelAt(endpoint.url).respond(HELLO, abort.signal)) {
          events.push(event);
          abort.abort(new HostError('aborted', 'enough'));
        }
      })(),
    );
    expect(error.code).toBe('aborted');
    expect(textOf(events)).toBe('x');
    gate.resolve();
  });

  test('during the wait before a repetition ends it at once', async () => {
    const abort = new AbortController();
    await using endpoint = await scriptedEndpoint([refusal(429, 'wait', { 'retry-after': '50' })]);
    const asked = failure(ask(modelAt(endpoint.url), HELLO, abort.signal));
    await endpoint.arrived(1);
    abort.abort(new HostError('aborted', 'enough'));
    expect((await asked).code).toBe('aborted');
  });

  test('leaves nothing on the caller’s signal, and neither does an answer', async () => {
    await using endpoint = await scriptedEndpoint([message({ text: 'Hi.' }), refusal(401, 'no')]);
    const { signal } = new AbortController();
    const model = modelAt(endpoint.url);
    await ask(model, HELLO, signal);
    await failure(ask(model, HELLO, signal));
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});

describe('an address', () => {
  test.each(['not an address', 'ftp://x/v1', ''])('that is none is refused: %j', (address) => {
    expect(() => modelAt(address)).toThrow(expect.objectContaining({ code: 'config' }));
  });

  test('that is wrong is not repeated, since it may hold a password', () => {
    expect(() => modelAt('ftp://me:s3cret@x/')).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('s3cret') }),
    );
  });

  test('may end in a slash', async () => {
    await using endpoint = await scriptedEndpoint([message({ text: 'Hi.' })]);
    await ask(modelAt(`${endpoint.url}/`));
    expect(endpoint.requests[0]?.path).toBe('/v1/chat/completions');
  });
});

/** A server that says the same to everybody, and hangs up. */
async function socketServer(words: string): Promise<AsyncDisposable & { url: string }> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(words));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${String(port)}/v1`,
    [Symbol.asyncDispose]: async () => {
      server.close();
      await once(server, 'close');
    },
  };
}
