import { describe, expect, test } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import { HostError } from '../../src/base/errors.ts';
import { callId } from '../../src/call/names.ts';
import type { ContentBlock } from '../../src/call/outcome.ts';
import type { EndpointOptions } from '../../src/model/endpoint.ts';
import type { Message, MessageOutput } from '../../src/model/message.ts';
import type { ModelEvent, ModelRequest } from '../../src/model/model.ts';
import { ResponsesModel } from '../../src/model/responses.ts';
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
  done,
  plain,
  raw,
  refusal,
  scriptedEndpoint,
  stream,
  waitFor,
  type Part,
  type Step,
} from '../support/scripted-endpoint.ts';
import {
  argumentsDelta,
  argumentsDone,
  callItem,
  created,
  ended,
  event,
  functionCallAdded,
  functionCallDone,
  functionCallParts,
  response,
  responseDocument,
} from '../support/scripted-responses.ts';

function modelAt(baseURL: string, options: Partial<EndpointOptions> = {}): ResponsesModel {
  return new ResponsesModel(settings(baseURL, options));
}

/** The events of one scripted answer. */
const answer = (step: Step): Promise<ModelEvent[]> => answerOf(modelAt, step);
const brokenAnswer = (step: Step): ReturnType<typeof brokenAnswerOf> =>
  brokenAnswerOf(modelAt, step);

/** What is told of calls: `a{"n":1}`, revised ones with their index before them. */
const callsOf = (events: readonly ModelEvent[]): string[] =>
  events.flatMap((one) => {
    if (one.kind !== 'tool-call' && one.kind !== 'tool-call-revise') return [];
    const { name, arguments: args } = one.call;
    const shown = `${name}${typeof args === 'string' ? args : JSON.stringify(args)}`;
    return [one.kind === 'tool-call' ? shown : `${String(one.index)}:${shown}`];
  });

const outputOf = (events: readonly ModelEvent[]): MessageOutput => {
  const found = events.find((one) => one.kind === 'output');
  if (found === undefined) throw new Error('no output');
  return found.output;
};

const text = (words: string): ContentBlock => ({ type: 'text', text: words });

/** A conversation with one call and the given result. */
function withResult(...content: ContentBlock[]): ModelRequest {
  const messages: Message[] = [
    { kind: 'user', text: 'Hello' },
    { kind: 'assistant', text: '', calls: [{ id: callId('1'), name: 'a', arguments: '{}' }] },
    {
      kind: 'tool-results',
      results: [{ id: callId('1'), name: 'a', outcome: { kind: 'ok', ran: 'yes', content } }],
    },
  ];
  return { ...HELLO, messages };
}

describe('a request', () => {
  test('carries model, input and tools in order, stores nothing, asks for encrypted reasoning, and has the key', async () => {
    await using endpoint = await scriptedEndpoint([response({ text: 'Hi.' })]);
    const tools = [
      fakeTool('b', {}, { description: 'Does b.' }),
      fakeTool('a', {}, { title: 'A' }),
    ];
    await ask(modelAt(endpoint.url), { ...HELLO, tools });
    const [request] = endpoint.requests;
    expect(request).toMatchObject({ method: 'POST', path: '/v1/responses' });
    expect(request?.headers.authorization).toBe('Bearer sk-secret');
    const parameters = { type: 'object', properties: {}, required: [] };
    expect(request?.asked).toEqual({
      model: 'some-model',
      input: [{ role: 'user', content: 'Hello' }],
      tools: [
        { type: 'function', name: 'fake__b', description: 'Does b.', parameters, strict: false },
        { type: 'function', name: 'fake__a', description: 'A', parameters, strict: false },
      ],
      include: ['reasoning.encrypted_content'],
      store: false,
      stream: true,
    });
  });

  test('asks for one call at a time only when it has tools', async () => {
    await using endpoint = await scriptedEndpoint([response({}), response({}), response({})]);
    const model = modelAt(endpoint.url);
    await ask(model, { ...HELLO, parallelToolCalls: false });
    await ask(model, { ...ONE_TOOL, parallelToolCalls: false });
    await ask(model, ONE_TOOL);
    expect(endpoint.requests.map(({ asked }) => asked.parallel_tool_calls)).toEqual([
      undefined,
      false,
      undefined,
    ]);
  });

  test('has the whole conversation, one output for each call in call order, arguments as the model wrote them', async () => {
    await using endpoint = await scriptedEndpoint([response({}), response({})]);
    const messages: Message[] = [
      { kind: 'system', text: 'Be kind.' },
      { kind: 'user', text: 'Hello' },
      {
        kind: 'assistant',
        text: 'Well.',
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
            outcome: { kind: 'ok', ran: 'yes', content: [text(' as is \n')] },
          },
          {
            id: callId('2'),
            name: 'b',
            outcome: { kind: 'tool-error', ran: 'yes', content: [text('no')] },
          },
          {
            id: callId('3'),
            name: '',
            outcome: { kind: 'invalid', ran: 'no', code: 'c', message: 'm' },
          },
        ],
      },
    ];
    const model = modelAt(endpoint.url);
    await ask(model, { ...HELLO, messages });
    await ask(model, { ...HELLO, messages: structuredClone(messages) });
    expect(endpoint.input(0)).toEqual([
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: 'Well.' },
      { type: 'function_call', call_id: '1', name: 'a', arguments: '{"x" :1}' },
      { type: 'function_call', call_id: '2', name: 'b_c_d', arguments: '' },
      { type: 'function_call', call_id: '3', name: 'unnamed', arguments: '{"broken":' },
      { type: 'function_call_output', call_id: '1', output: ' as is \n' },
      { type: 'function_call_output', call_id: '2', output: 'Error from b: no' },
      {
        type: 'function_call_output',
        call_id: '3',
        output: 'Call of an unnamed tool is invalid (c): m. The tool did not run.',
      },
    ]);
    expect(endpoint.requests[1]?.text).toBe(endpoint.requests[0]?.text);
  });

  test('has images and PDFs inside the output of their call, and a line for what it cannot carry', async () => {
    await using endpoint = await scriptedEndpoint([response({})]);
    await ask(
      modelAt(endpoint.url),
      withResult(
        text('before'),
        { type: 'image', mimeType: 'image/PNG; q=1', data: 'AAAA' },
        { type: 'audio', mimeType: 'audio/wav', data: 'AAAA' },
        { type: 'image', mimeType: 'image/svg+xml', data: 'AAAA' },
        {
          type: 'resource',
          resource: {
            uri: 'file:///x/the%20plan.pdf?v=1',
            mimeType: 'application/pdf',
            blob: 'AAAA',
          },
        },
      ),
    );
    const lines = [
      'before',
      '[image image/PNG; q=1, 3 bytes, attachment 1]',
      '[audio audio/wav, 3 bytes]',
      '[image image/svg+xml, 3 bytes]',
      '[resource file:///x/the%20plan.pdf?v=1 application/pdf, 3 bytes, attachment 2]',
    ];
    expect(endpoint.input(0).at(-1)?.output).toEqual([
      { type: 'input_text', text: lines.join('\n') },
      { type: 'input_text', text: 'Attachment 1:' },
      { type: 'input_image', image_url: 'data:image/png;base64,AAAA', detail: 'auto' },
      { type: 'input_text', text: 'Attachment 2:' },
      {
        type: 'input_file',
        filename: 'the_20plan.pdf',
        file_data: 'data:application/pdf;base64,AAAA',
      },
    ]);
  });
});

describe('a message goes back as it came', () => {
  const content = {
    reasoning: 'gAAAA',
    text: 'Looking.',
    calls: [{ id: 'x', name: 'fake__look', arguments: '{"n": 1}' }],
  };
  const result: Message = {
    kind: 'tool-results',
    results: [
      { id: callId('x'), name: 'fake__look', outcome: { kind: 'ok', ran: 'yes', content: [] } },
    ],
  };

  function said(output: MessageOutput, id = 'x'): Message[] {
    const calls = [{ id: callId(id), name: 'fake__look', arguments: '{"n": 1}' }];
    return [...HELLO.messages, { kind: 'assistant', text: 'Looking.', calls, output }, result];
  }

  test.each([
    ['streamed', response(content)],
    ['at once', responseDocument(content)],
  ])('with its encrypted reasoning unchanged and in its place: %s', async (_, step) => {
    await using endpoint = await scriptedEndpoint([step, response({})]);
    const model = modelAt(endpoint.url);
    const output = outputOf(await ask(model, ONE_TOOL));
    await ask(model, { ...ONE_TOOL, messages: said(output) });
    const [, thought, words, call, answered] = endpoint.input(1);
    expect(thought).toEqual({
      id: 'rs_1',
      type: 'reasoning',
      summary: [],
      encrypted_content: 'gAAAA',
    });
    expect(words).toMatchObject({ id: 'msg_1', type: 'message', status: 'completed' });
    expect(call).toEqual(callItem({ id: 'x', name: 'fake__look', arguments: '{"n": 1}' }, 0));
    expect(answered).toMatchObject({ type: 'function_call_output', call_id: 'x' });
    expect(endpoint.input(1)).toHaveLength(5);
  });

  test('but for a call that was given another id, which it carries in both places', async () => {
    await using endpoint = await scriptedEndpoint([response(content), response({})]);
    const model = modelAt(endpoint.url);
    const output = outputOf(await ask(model, ONE_TOOL));
    await ask(model, { ...ONE_TOOL, messages: said(output, 'fresh') });
    expect(endpoint.input(1)[3]).toMatchObject({ id: 'fc_0', call_id: 'fresh' });
  });

  test('without reasoning that is only a reference to what the endpoint did not keep, and without the ids that ask for it', async () => {
    await using endpoint = await scriptedEndpoint([
      response({ ...content, reasoning: '' }),
      response({}),
    ]);
    const model = modelAt(endpoint.url);
    const output = outputOf(await ask(model, ONE_TOOL));
    await ask(model, { ...ONE_TOOL, messages: said(output) });
    expect(endpoint.requests[1]?.text).not.toContain('rs_1');
    expect(endpoint.input(1).map(({ id }) => id)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(endpoint.input(1)[2]).toMatchObject({ type: 'function_call', call_id: 'x' });
  });

  test('not to another model, which gets it in plain words', async () => {
    await using endpoint = await scriptedEndpoint([response(content), response({})]);
    const output = outputOf(await ask(modelAt(endpoint.url), ONE_TOOL));
    const other = modelAt(endpoint.url, { model: 'another' });
    await ask(other, { ...ONE_TOOL, messages: said(output) });
    expect(endpoint.input(1)[1]).toEqual({ role: 'assistant', content: 'Looking.' });
    expect(endpoint.requests[1]?.text).not.toContain('gAAAA');
  });

  test('without its ids once the endpoint looks them up in vain, and in plain words once it refuses its own items', async () => {
    await using endpoint = await scriptedEndpoint([
      response(content),
      refusal(404, "Item with id 'rs_1' not found."),
      response({}),
      refusal(400, 'Unsupported content type'),
      response({}),
      response({}),
    ]);
    const model = modelAt(endpoint.url);
    const messages = said(outputOf(await ask(model, ONE_TOOL)));
    for (let time = 0; time < 3; time += 1) await ask(model, { ...ONE_TOOL, messages });
    const carried = endpoint.requests.map(({ text: body }) => [
      body.includes('rs_1'),
      body.includes('gAAAA'),
    ]);
    expect(carried).toEqual([
      [false, false],
      [true, true],
      [false, true],
      [false, true],
      [false, false],
      [false, false],
    ]);
  });

  test('with the text that was streamed and of which no item tells', async () => {
    const call = { id: 'x', name: 'fake__look', arguments: '{"n": 1}' };
    await using endpoint = await scriptedEndpoint([
      stream([
        event('response.output_text.delta', { output_index: 0, delta: 'Looking.' }),
        ...functionCallParts(call, 1),
        event('response.completed', { response: { status: 'completed', output: [] } }),
      ]),
      response({}),
    ]);
    const model = modelAt(endpoint.url);
    const events = await ask(model, ONE_TOOL);
    expect(textOf(events)).toBe('Looking.');
    await ask(model, { ...ONE_TOOL, messages: said(outputOf(events)) });
    expect(endpoint.input(1).slice(1)).toEqual([
      { role: 'assistant', content: 'Looking.' },
      callItem(call, 1),
      expect.objectContaining({ type: 'function_call_output', call_id: 'x' }),
    ]);
  });

  test('with all its items, each once, though one is told twice and the end of the response lists none', async () => {
    const call = { id: 'x', name: 'a', arguments: { n: 1 } };
    const events = await answer(
      stream([
        ...functionCallParts(call, 0),
        functionCallDone(call, 0),
        event('response.completed', { response: { status: 'completed', output: [] } }),
      ]),
    );
    expect(outputOf(events).items).toEqual([{ item: callItem(call, 0), call: 0 }]);
  });
});

describe('an endpoint that refuses a request', () => {
  test.each([400, 422])(
    'with %i is asked without encrypted reasoning, and so it is from then on',
    async (status) => {
      await using endpoint = await scriptedEndpoint([
        refusal(status, 'Encrypted content is not supported with this model.'),
        response({ text: 'Hi.' }),
        response({ text: 'Hi again.' }),
      ]);
      const model = modelAt(endpoint.url);
      const request = { ...ONE_TOOL, parallelToolCalls: false };
      expect(textOf(await ask(model, request))).toBe('Hi.');
      expect(textOf(await ask(model, request))).toBe('Hi again.');
      const fields = endpoint.requests.map(({ asked }) => [
        asked.include !== undefined,
        asked.parallel_tool_calls,
        asked.store,
      ]);
      expect(fields).toEqual([
        [true, false, false],
        [false, false, false],
        [false, false, false],
      ]);
    },
  );

  test('for an image is asked without it, and the call’s text says what was there', async () => {
    const image = { type: 'image', mimeType: 'image/png', data: 'AAAA' };
    await using endpoint = await scriptedEndpoint([
      response({}),
      refusal(400, 'this model sees nothing'),
      response({ text: 'Fine.' }),
    ]);
    const model = modelAt(endpoint.url);
    await ask(model);
    expect(textOf(await ask(model, withResult(image)))).toBe('Fine.');
    expect(endpoint.input(2).at(-1)?.output).toBe('[image image/png, 3 bytes]');
  });

  test('for arguments that are no JSON is shown some that are', async () => {
    await using endpoint = await scriptedEndpoint([
      response({}),
      refusal(400, 'cannot parse arguments'),
      response({}),
    ]);
    const model = modelAt(endpoint.url);
    await ask(model);
    const calls = ['{"x": ', '', '{ "y":1 }'].map((args, at) => ({
      id: callId(String(at)),
      name: 'a',
      arguments: args,
    }));
    const messages: Message[] = [...HELLO.messages, { kind: 'assistant', text: '', calls }];
    await ask(model, { ...HELLO, messages });
    const shown = (at: number): unknown[] =>
      endpoint.input(at).flatMap((item) => item.arguments ?? []);
    expect(shown(1)).toEqual(['{"x": ', '', '{ "y":1 }']);
    expect(shown(2)).toEqual(['{"unreadable_arguments":"{\\"x\\": "}', '{}', '{ "y":1 }']);
  });

  test('for good fails with its words', async () => {
    await using endpoint = await scriptedEndpoint([refusal(400, 'no'), refusal(400, 'still no')]);
    await expect(ask(modelAt(endpoint.url))).rejects.toThrow(/still no/u);
  });

  test('with 404 has no such API, and is asked once', async () => {
    await using endpoint = await scriptedEndpoint([refusal(404, 'Not Found')]);
    await expect(ask(modelAt(endpoint.url))).rejects.toMatchObject({
      details: { status: 404 },
      message: expect.stringMatching(/--api chat/u),
    });
  });
});

describe('a message', () => {
  test.each([
    ['streamed', response],
    ['at once', responseDocument],
  ])('comes as text, calls, usage and its end: %s', async (_, made) => {
    const events = await answer(
      made({
        text: 'Looking it up.',
        calls: [
          { id: 'x', name: 'fake__look', arguments: '{"n": 1}' },
          { id: 'x', name: 'fake__look', arguments: '{"n": 1}' },
        ],
      }),
    );
    expect(textOf(events)).toBe('Looking it up.');
    const call = { id: 'x', name: 'fake__look', arguments: '{"n": 1}' };
    expect(events.filter(({ kind }) => kind !== 'text-delta' && kind !== 'output')).toEqual([
      { kind: 'tool-call', call },
      { kind: 'tool-call', call },
      { kind: 'usage', usage: { inputTokens: 11, outputTokens: 7, cachedInputTokens: 2 } },
      { kind: 'finish', reason: 'tool-calls' },
    ]);
  });

  test('hands a call out while the next one is still being written', async () => {
    const gate = deferred<void>();
    const calls = [
      { name: 'a', arguments: { n: 1 } },
      { name: 'b', arguments: { n: 2 } },
    ];
    await using endpoint = await scriptedEndpoint([
      stream([
        ...functionCallParts({ name: 'a', arguments: { n: 1 } }, 0),
        waitFor(gate.promise),
        ...functionCallParts({ name: 'b', arguments: { n: 2 } }, 1),
        ended({ calls }),
      ]),
    ]);
    const names: string[] = [];
    for await (const one of modelAt(endpoint.url).respond(ONE_TOOL, never)) {
      if (one.kind !== 'tool-call') continue;
      names.push(one.call.name);
      // The rest is sent only now: had the first call waited for it, this would never be reached.
      gate.resolve();
    }
    expect(names).toEqual(['a', 'b']);
  });

  test('is not read past its end: an endpoint that keeps the line open holds nobody up', async () => {
    const gate = deferred<void>();
    await using endpoint = await scriptedEndpoint([
      stream([ended({ text: 'x' }), waitFor(gate.promise)]),
    ]);
    expect(textOf(await ask(modelAt(endpoint.url)))).toBe('x');
    gate.resolve();
  });

  test.each<[string, Step, string]>([
    ['completed, with calls', response({ calls: [{ name: 'a' }] }), 'tool-calls'],
    ['completed', response({ text: 'x' }), 'stop'],
    ['completed, with nothing', response({}), 'stop'],
    ['max_output_tokens', response({ text: 'x', incomplete: 'max_output_tokens' }), 'length'],
    [
      'max_output_tokens, at once',
      responseDocument({ calls: [{ name: 'a' }], incomplete: 'max_output_tokens' }),
      'length',
    ],
    ['content_filter', response({ text: 'x', incomplete: 'content_filter' }), 'content-filter'],
    [
      'completed, with a call that it calls incomplete',
      plain(200, {
        object: 'response',
        status: 'completed',
        output: [{ ...callItem({ name: 'a' }, 0), status: 'incomplete' }],
      }),
      'length',
    ],
    ['completed, before the connection breaks', stream([ended({ text: 'x' }), breakOff()]), 'stop'],
    [
      'a terminator after whole calls',
      stream([...functionCallParts({ name: 'a' }, 0), done()]),
      'tool-calls',
    ],
    ['no status, at once', plain(200, { output: [callItem({ name: 'a' }, 0)] }), 'tool-calls'],
    ['a bare end', stream([event('response.completed', {})]), 'stop'],
    [
      'completed, by an event whose response is not up to date',
      stream([event('response.completed', { response: { status: 'in_progress', output: [] } })]),
      'stop',
    ],
    [
      'completed, by an event whose response is cut off',
      stream([
        event('response.completed', {
          response: {
            status: 'incomplete',
            incomplete_details: { reason: 'max_output_tokens' },
            output: [callItem({ name: 'a' }, 0)],
          },
        }),
      ]),
      'length',
    ],
  ])('ended by %s', async (_, step, reason) => {
    expect((await answer(step)).at(-1)).toEqual({ kind: 'finish', reason });
  });

  test('has a refusal for text, and each message item a paragraph of its own', async () => {
    const item = (words: string): object => ({
      type: 'message',
      content: [{ type: 'output_text', text: words }],
    });
    const added = event('response.output_item.added', { output_index: 0, item: item('') });
    const events = await answer(
      stream([
        created(),
        added,
        event('response.output_text.delta', { delta: 'One, ' }),
        event('response.output_item.done', { item: item('One, two.') }),
        added,
        event('response.refusal.delta', { delta: 'No.' }),
        event('response.output_item.done', { item: item('No.') }),
        event('response.output_item.done', { item: item('Three.') }),
        ended({ text: 'One, two.' }),
      ]),
    );
    expect(textOf(events)).toBe('One, two.\n\nNo.\n\nThree.');
  });
});

describe('calls are put together though', () => {
  const [a, b] = [
    { id: '1', name: 'a', arguments: '{"n":1}' },
    { id: '2', name: 'b', arguments: '{"n":2}' },
  ];
  const both = ended({ calls: [a, b] });

  test.each<[string, readonly Part[], readonly string[]]>([
    [
      'they come interleaved',
      [
        functionCallAdded(a, 0),
        functionCallAdded(b, 1),
        argumentsDelta('{"n"', 1),
        argumentsDelta('{"n":', 0),
        argumentsDelta(':2}', 1),
        argumentsDone('{"n":2}', 1),
        argumentsDelta('1}', 0),
        argumentsDone('{"n":1}', 0),
        both,
      ],
      ['a{"n":1}', 'b{"n":2}'],
    ],
    [
      'all of them are at index 0',
      [
        event('response.output_item.added', {
          output_index: 0,
          item: { ...callItem(a, 0), arguments: '' },
        }),
        event('response.output_item.added', {
          output_index: 0,
          item: { ...callItem(b, 1), arguments: '' },
        }),
        argumentsDelta('{"n":1}', 0, 'fc_0'),
        argumentsDelta('{"n":2}', 0, 'fc_1'),
        argumentsDone('', 0, 'fc_0'),
        argumentsDone('', 0, 'fc_1'),
        event('response.completed', {}),
      ],
      ['a{"n":1}', 'b{"n":2}'],
    ],
    [
      'the end of the response lists one that was not streamed',
      [...functionCallParts(b, 1), both],
      ['b{"n":2}', 'a{"n":1}'],
    ],
    [
      'the end of the response lists it, too, and has another id for the item that was streamed',
      [
        event('response.output_item.done', {
          output_index: 1,
          item: { ...callItem(b, 1), id: 'other' },
        }),
        both,
      ],
      ['b{"n":2}', 'a{"n":1}'],
    ],
    [
      'ids differ from event to event, and all of them are at index 0',
      [a, b]
        .flatMap((call, at) => [
          event('response.output_item.added', {
            output_index: 0,
            item: { ...callItem(call, 0), id: `x${String(at)}`, arguments: '' },
          }),
          argumentsDelta(call.arguments, 0, `y${String(at)}`),
          argumentsDone(call.arguments, 0, `z${String(at)}`),
          event('response.output_item.done', {
            output_index: 0,
            item: { ...callItem(call, 0), id: `w${String(at)}` },
          }),
        ])
        .concat(both),
      ['a{"n":1}', 'b{"n":2}'],
    ],
    [
      'only their ends come',
      [functionCallDone(a, 0), functionCallDone(b, 1), both],
      ['a{"n":1}', 'b{"n":2}'],
    ],
    ['only the end of the response comes', [both], ['a{"n":1}', 'b{"n":2}']],
    [
      'the end of the response lists nothing',
      [
        ...functionCallParts(a, 0),
        ...functionCallParts(b, 1),
        event('response.completed', { response: { status: 'completed', output: [] } }),
      ],
      ['a{"n":1}', 'b{"n":2}'],
    ],
    [
      'arguments are not repeated at their end, or are an object',
      [
        functionCallAdded(a, 0),
        argumentsDelta('{"n":1}', 0),
        argumentsDone('', 0),
        event('response.output_item.done', {
          output_index: 1,
          item: { ...callItem(b, 1), arguments: { n: 2 } },
        }),
        event('response.completed', {}),
      ],
      ['a{"n":1}', 'b{"n":2}'],
    ],
    [
      'events are told twice',
      [
        functionCallAdded(a, 0),
        functionCallAdded(a, 0),
        argumentsDelta('{"n":1}', 0),
        argumentsDone('{"n":1}', 0),
        functionCallDone(a, 0),
        functionCallDone(a, 0),
        ended({ calls: [a] }),
      ],
      ['a{"n":1}'],
    ],
    [
      'their end says other than what was streamed',
      [
        functionCallAdded(a, 0),
        argumentsDone('{"n":1}', 0),
        event('response.output_item.done', {
          output_index: 0,
          item: { ...callItem(a, 0), arguments: '{"n":7}' },
        }),
        functionCallDone(b, 1),
        event('response.completed', { response: { output: [] } }),
      ],
      ['a{"n":1}', '0:a{"n":7}', 'b{"n":2}'],
    ],
    [
      'the end of the response says other than all before',
      [...functionCallParts({ ...a, arguments: '{"n":9}' }, 0), ...functionCallParts(b, 1), both],
      ['a{"n":9}', 'b{"n":2}', '0:a{"n":1}'],
    ],
    [
      'arguments go on after their end',
      [
        functionCallAdded(a, 0),
        argumentsDelta('{"n":9}', 0),
        argumentsDone('{"n":9}', 0),
        argumentsDelta('{"n":1}', 0),
        event('response.completed', {}),
      ],
      ['a{"n":9}', '0:a{"n":1}'],
    ],
    [
      'the first one is not complete before the second one is',
      [
        functionCallAdded(a, 0),
        ...functionCallParts(b, 1),
        argumentsDone('{"n":1}', 0),
        functionCallDone(a, 0),
        both,
      ],
      ['a{"n":1}', 'b{"n":2}'],
    ],
  ])('%s', async (_, parts, calls) => {
    expect(callsOf(await answer(stream(parts)))).toEqual(calls);
  });

  test('a call that the endpoint calls incomplete is handed out only with the end of the message', async () => {
    const gate = deferred<void>();
    await using endpoint = await scriptedEndpoint([
      stream([
        event('response.output_item.done', {
          output_index: 0,
          item: { ...callItem({ name: 'a', arguments: '{}' }, 0), status: 'incomplete' },
        }),
        event('response.output_text.delta', { delta: 'x' }),
        waitFor(gate.promise),
        event('response.incomplete', {
          response: { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } },
        }),
      ]),
    ]);
    const kinds: string[] = [];
    for await (const one of modelAt(endpoint.url).respond(ONE_TOOL, never)) {
      kinds.push(one.kind);
      if (one.kind === 'text-delta') gate.resolve();
    }
    expect(kinds).toEqual(['text-delta', 'tool-call', 'output', 'finish']);
  });
});

describe('a message that does not come to a good end is an error, and what came before it counts', () => {
  const call = functionCallParts({ name: 'a', arguments: { n: 1 } }, 0);
  const half = [functionCallAdded({ name: 'b' }, 1), argumentsDelta('{"n":', 1)];

  test.each<[string, readonly Part[], RegExp]>([
    ['the connection breaks', [...call, ...half, breakOff()], /broke off in the middle/u],
    ['the stream ends without an end', [...call, ...half], /broke off in the middle/u],
    ['the stream ends without an end after whole calls', call, /broke off in the middle/u],
    ['a terminator comes in the middle of a call', [...call, ...half, done()], /broke off/u],
    ['an event is no JSON', [...call, raw('data: {"type":\n\n')], /no JSON/u],
    [
      'an event is an error',
      [...call, event('error', { code: 'server_error', message: 'over\u001b[31mloaded' })],
      /reported an error in its answer.*over\\x1b\[31mloaded/u,
    ],
    [
      'an error comes wrapped',
      [...call, event('error', { error: { message: 'too many' } })],
      /too many/u,
    ],
    [
      'the response failed',
      [
        ...call,
        event('response.failed', { response: { status: 'failed', error: { message: 'oh' } } }),
      ],
      /reported an error in its answer.*oh/u,
    ],
    ['the response failed without a word', [...call, event('response.failed', {})], /reported/u],
    [
      'the response is incomplete for an unknown reason',
      [
        ...call,
        event('response.incomplete', { response: { incomplete_details: { reason: 'tired' } } }),
      ],
      /the status "tired"/u,
    ],
    [
      'the response is incomplete, though it says it is completed',
      [...call, event('response.incomplete', { response: { status: 'completed' } })],
      /the status "incomplete"/u,
    ],
    [
      'the response was cancelled',
      [...call, event('response.cancelled', { response: { status: 'cancelled' } })],
      /the status "cancelled"/u,
    ],
  ])('%s', async (_, parts, words) => {
    const { events, error } = await brokenAnswer(stream(parts));
    expect(error.code).toBe('model');
    expect(error.message).toMatch(words);
    expect(error.message).toContain('http://127.0.0.1');
    expect(callsOf(events)).toEqual(['a{"n":1}']);
  });

  test.each<[string, Step, RegExp]>([
    ['nothing at all', plain(200, ''), /answered with nothing/u],
    ['a stream of nothing', stream([created(), done()]), /answered with nothing/u],
    ['a web page', plain(200, '<title>Sign in</title>'), /a web page instead.*Sign in$/u],
    ['other JSON', plain(200, { detail: 'hello' }), /other JSON.*It says: hello/u],
    ['a completion of the other API', plain(200, { choices: [] }), /other JSON/u],
    ['an error with a good status', plain(200, { error: 'no such model' }), /no such model/u],
    [
      'a response that failed',
      plain(200, { object: 'response', status: 'failed', error: { message: 'oh' }, output: [] }),
      /reported an error.*oh/u,
    ],
    [
      'a response that is still being made',
      plain(200, { object: 'response', status: 'queued', output: [] }),
      /the status "queued"/u,
    ],
  ])('%s', async (_, step, words) => {
    const { error } = await brokenAnswer(step);
    expect(error.code).toBe('model');
    expect(error.message).toMatch(words);
  });

  test('an abort in its middle is the abort', async () => {
    const abort = new AbortController();
    const gate = deferred<void>();
    await using endpoint = await scriptedEndpoint([stream([...call, waitFor(gate.promise)])]);
    const asked = (async () => {
      for await (const one of modelAt(endpoint.url).respond(ONE_TOOL, abort.signal))
        if (one.kind === 'tool-call') abort.abort(new HostError('aborted', 'Ctrl-C'));
    })();
    await expect(asked).rejects.toMatchObject({ code: 'aborted' });
    gate.resolve();
  });
});
