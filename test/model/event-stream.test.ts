import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readBody, type BodyItem } from '../../src/model/event-stream.ts';

function body(...chunks: readonly (string | Uint8Array)[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks)
        controller.enqueue(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
      controller.close();
    },
  });
}

async function read(stream: ReadableStream<Uint8Array>, maxBytes?: number): Promise<BodyItem[]> {
  const items: BodyItem[] = [];
  for await (const item of readBody(stream, maxBytes)) items.push(item);
  return items;
}

const message = (value: unknown): BodyItem => ({ kind: 'message', value });

describe('an event stream', () => {
  test.each([
    ['with empty lines', 'data: {"a":1}\n\ndata: {"a":2}\n\ndata: [DONE]\n\n'],
    ['with carriage returns', 'data: {"a":1}\r\n\r\ndata: {"a":2}\r\n\r\ndata: [DONE]\r\n\r\n'],
    ['without empty lines', 'data: {"a":1}\ndata: {"a":2}\ndata: [DONE]\n'],
    ['without spaces', 'data:{"a":1}\n\ndata:{"a":2}\n\ndata:[DONE]\n\n'],
    [
      'with comments and other fields',
      ': hi\n\nevent: x\nid: 1\ndata: {"a":1}\n\nretry: 1\n\ndata: {"a":2}\n\n:\n\ndata: [DONE]\n',
    ],
    [
      'with a message over several lines',
      'data: {"a":\ndata: 1}\n\ndata: {"a":2}\n\ndata: [DONE]\n\n',
    ],
    ['with empty data', 'data:\n\ndata: {"a":1}\n\ndata: \n\ndata: {"a":2}\n\ndata: [DONE]'],
    ['with a byte order mark', '\uFEFFdata: {"a":1}\n\ndata: {"a":2}\n\ndata: [DONE]\n\n'],
    [
      'with more after its end',
      'data: {"a":1}\n\ndata: {"a":2}\n\ndata: [DONE]\n\ndata: {"a":3}\n\n',
    ],
  ])('is read %s', async (_, text) => {
    expect(await read(body(text))).toEqual([
      message({ a: 1 }),
      message({ a: 2 }),
      { kind: 'done' },
    ]);
  });

  test('without a terminator has none', async () => {
    expect(await read(body('data: {"a":1}\n\n'))).toEqual([message({ a: 1 })]);
  });

  test('is read the same however its bytes are cut', async () => {
    const bytes = Buffer.from('data: {"a":"ü€😀"}\r\n\r\ndata: {"b":[]}\n\ndata: [DONE]\n\n');
    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(fc.nat(8)), async (sizes) => {
        const chunks: Uint8Array[] = [];
        for (let at = 0; at < bytes.length;) {
          const size = 1 + Number(sizes.next().value);
          chunks.push(bytes.subarray(at, at + size));
          at += size;
        }
        const items = await read(body(...chunks));
        expect(items).toEqual([message({ a: 'ü€😀' }), message({ b: [] }), { kind: 'done' }]);
      }),
    );
  });

  test('shows a message that is no JSON', async () => {
    expect(await read(body('data: {"a":1}\n\ndata: {"a":\n\n'))).toEqual([
      message({ a: 1 }),
      { kind: 'malformed', text: '{"a":' },
    ]);
    expect(await read(body('data: oops'))).toEqual([{ kind: 'malformed', text: 'oops' }]);
  });

  test('is not read beyond its limit', async () => {
    await expect(read(body('data: {}\n\n', 'x'.repeat(100)), 50)).rejects.toMatchObject({
      code: 'model',
    });
  });

  test('with one endless line costs linear time', async () => {
    const chunks = Array.from({ length: 4000 }, () => 'x'.repeat(4000));
    const [item] = await read(body('data: "', ...chunks, '"\n\n'));
    expect(item).toEqual(message('x'.repeat(16_000_000)));
  });
});

describe('a body that is no event stream', () => {
  test.each(['{"a": 1}', '{\n  "a": 1\n}', '<!doctype html>\n<p>data: x</p>', 'hello'])(
    'is one document: %j',
    async (text) => {
      expect(await read(body(`\n${text}`))).toEqual([{ kind: 'document', text }]);
    },
  );

  test('is nothing when it is empty', async () => {
    expect(await read(body())).toEqual([]);
    expect(await read(body(' \n'))).toEqual([]);
  });
});
