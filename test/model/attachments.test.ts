import { describe, expect, test } from 'vitest';
import { callId } from '../../src/call/names.ts';
import type { ContentBlock, Outcome } from '../../src/call/outcome.ts';
import { attachmentOf } from '../../src/model/attachments.ts';
import { ChatCompletionsModel } from '../../src/model/chat-completions.ts';
import { outcomeContent, outcomeText } from '../../src/model/content.ts';
import type { Message } from '../../src/model/message.ts';
import type { ModelRequest } from '../../src/model/model.ts';
import { message, refusal, scriptedEndpoint } from '../support/scripted-endpoint.ts';

const ok = (...content: ContentBlock[]): Outcome => ({ kind: 'ok', ran: 'yes', content });
const text = (words: string): ContentBlock => ({ type: 'text', text: words });
const image: ContentBlock = { type: 'image', mimeType: 'image/png', data: 'iVBORw==' };
const sound: ContentBlock = { type: 'audio', mimeType: 'audio/mp3', data: 'AAAA' };
const pdf: ContentBlock = {
  type: 'resource',
  resource: { uri: 'file:///plans/a.pdf', mimeType: 'application/pdf', blob: 'JVBERg==' },
};

/** A conversation of one turn with a call for each outcome. */
function request(...outcomes: Outcome[]): ModelRequest {
  const names = outcomes.map((outcome, at) => ({
    id: callId(`c${String(at)}`),
    name: `shop__t${String(at)}`,
    outcome,
  }));
  const messages: Message[] = [
    {
      kind: 'assistant',
      text: '',
      calls: names.map(({ id, name }) => ({ id, name, arguments: '{}' })),
    },
    { kind: 'tool-results', results: names },
  ];
  return { messages, tools: [], parallelToolCalls: true };
}

async function ask(model: ChatCompletionsModel, asked: ModelRequest): Promise<void> {
  for await (const event of model.respond(asked, new AbortController().signal)) void event;
}

function modelAt(baseURL: string): ChatCompletionsModel {
  return new ChatCompletionsModel({ baseURL, apiKey: undefined, model: 'm' });
}

describe('a block can be attached', () => {
  test.each<[ContentBlock, string]>([
    [image, 'image image/png file'],
    [{ ...image, mimeType: 'IMAGE/JPG; x=1' }, 'image image/jpeg file'],
    [sound, 'audio audio/mpeg file'],
    [{ ...sound, mimeType: 'audio/x-wav' }, 'audio audio/wav file'],
    [pdf, 'file application/pdf a.pdf'],
    [
      { type: 'resource', resource: { uri: 'x://?', mimeType: 'image/gif', blob: 'R0lG' } },
      'image image/gif file',
    ],
  ])('when the APIs know its type: %o', (block, expected) => {
    const found = attachmentOf(block);
    const name = block.type === 'resource' ? found?.name : 'file';
    expect(`${String(found?.kind)} ${String(found?.mimeType)} ${String(name)}`).toBe(expected);
  });

  test.each<ContentBlock>([
    text('x'),
    { ...image, mimeType: 'image/svg+xml' },
    { ...image, data: '' },
    { ...image, data: 7 },
    { ...image, data: 'A'.repeat(20 * 1024 * 1024 + 4) },
    { type: 'image' },
    { type: 'resource', resource: { uri: 'a', mimeType: 'image/png', text: 'no blob' } },
    { type: 'resource', resource: { uri: 'a', blob: 'AAAA' } },
    { type: 'resource' },
    { type: 'resource_link', uri: 'https://example.com/a.png', mimeType: 'image/png', name: 'a' },
  ])('and not when they do not: %#', (block) => {
    expect(attachmentOf(block)).toBeUndefined();
  });
});

describe('the content of an outcome', () => {
  test('is its text, in which each attachment has its number, and the attachments', () => {
    const { text: words, attachments } = outcomeContent(
      ok(text('a'), image, sound, text('b'), pdf),
      't',
      new Set(['image', 'file']),
    );
    expect(words.split('\n')).toEqual([
      'a',
      '[image image/png, 4 bytes, attachment 1]',
      '[audio audio/mp3, 3 bytes]',
      'b',
      '[resource file:///plans/a.pdf application/pdf, 4 bytes, attachment 2]',
    ]);
    expect(attachments.map(({ kind }) => kind)).toEqual(['image', 'file']);
  });

  test('is no other text than that for text alone where nothing is attached', () => {
    for (const outcome of [ok(text('a'), image), ok(), ok(text('x'.repeat(200_000)))])
      expect(outcomeContent(outcome, 't', new Set())).toEqual({
        text: outcomeText(outcome, 't'),
        attachments: [],
      });
  });
});

describe('with Chat Completions', () => {
  test('attachments come in one user message after all tool messages, in call order, each labelled with its call', async () => {
    await using endpoint = await scriptedEndpoint([message({}), message({})]);
    const model = modelAt(endpoint.url);
    const asked = request(ok(text('first'), image), ok(text('second')), {
      kind: 'tool-error',
      ran: 'yes',
      content: [text('third'), pdf, sound],
    });
    await ask(model, asked);
    await ask(model, structuredClone(asked));
    const [, ...followUp] = endpoint.messages(0);
    expect(followUp.map(({ role, tool_call_id: id }) => [role, id])).toEqual([
      ['tool', 'c0'],
      ['tool', 'c1'],
      ['tool', 'c2'],
      ['user', undefined],
    ]);
    expect(followUp[0]?.content).toBe('first\n[image image/png, 4 bytes, attachment 1]');
    expect(followUp[1]?.content).toBe('second');
    expect(followUp[2]?.content).toMatch(
      /^Error from shop__t2: third\n.*attachment 1.*\n.*attachment 2/u,
    );
    expect(followUp[3]?.content).toEqual([
      { type: 'text', text: 'Attachment 1 of the result of call c0 (shop__t0):' },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw==' } },
      { type: 'text', text: 'Attachment 1 of the result of call c2 (shop__t2):' },
      {
        type: 'file',
        file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERg==' },
      },
      { type: 'text', text: 'Attachment 2 of the result of call c2 (shop__t2):' },
      { type: 'input_audio', input_audio: { data: 'AAAA', format: 'mp3' } },
    ]);
    expect(endpoint.requests[1]?.text).toBe(endpoint.requests[0]?.text);
  });

  test('without attachments nothing follows the tool messages', async () => {
    await using endpoint = await scriptedEndpoint([message({})]);
    await ask(modelAt(endpoint.url), request(ok(text('x'))));
    expect(endpoint.messages(0).at(-1)?.role).toBe('tool');
  });

  test('an endpoint that takes images, but no sound, gets the images, and no text is lost', async () => {
    await using endpoint = await scriptedEndpoint([
      message({}),
      refusal(400, 'no input_audio here'),
      message({}),
      message({}),
    ]);
    const model = modelAt(endpoint.url);
    await ask(model, {
      messages: [{ kind: 'user', text: 'x' }],
      tools: [],
      parallelToolCalls: true,
    });
    await ask(model, request(ok(text('a'), image, sound)));
    await ask(model, request(ok(text('b'), image, sound)));
    expect(endpoint.messages(2)[1]?.content).toBe(
      'a\n[image image/png, 4 bytes, attachment 1]\n[audio audio/mp3, 3 bytes]',
    );
    const kinds = endpoint.requests.map(({ text: body }) => [
      body.includes('image_url'),
      body.includes('input_audio'),
    ]);
    expect(kinds).toEqual([
      [false, false],
      [true, true],
      [true, false],
      [true, false],
    ]);
  });
});
