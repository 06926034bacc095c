import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { waitFor, withDeadline } from '../../servers/typescript/lsp/deadline.ts';
import {
  encodeMessage,
  FramingError,
  MessageReader,
} from '../../servers/typescript/lsp/message-framing.ts';
import { RpcConnection, RpcError } from '../../servers/typescript/lsp/rpc-connection.ts';
import { SharedRun } from '../../servers/typescript/project/shared-run.ts';

const never = new AbortController().signal;

describe('the framing of messages', () => {
  const read = (chunks: readonly Buffer[], maxBytes = 1000): unknown[] => {
    const messages: unknown[] = [];
    const reader = new MessageReader(maxBytes, (message) => messages.push(message));
    for (const chunk of chunks) reader.push(chunk);
    return messages;
  };

  const MESSAGES = [{ a: 1 }, { text: 'größe 😀' }, { empty: {} }];
  const BYTES = Buffer.concat(MESSAGES.map(encodeMessage));

  test('does not depend on how the bytes are cut', () => {
    expect(read([BYTES])).toEqual(MESSAGES);
    for (const size of [1, 2, 3, 7, 19, 20, 21, 50]) {
      const cuts = Array.from({ length: Math.ceil(BYTES.length / size) }, (_, at) =>
        BYTES.subarray(at * size, (at + 1) * size),
      );
      expect(read(cuts)).toEqual(MESSAGES);
    }
  });

  test('minds neither the order nor the case of headers', () => {
    const header = 'content-type: application/json\r\nCONTENT-LENGTH:2\r\n\r\n{}';
    expect(read([Buffer.from(header)])).toEqual([{}]);
  });

  test.each([
    ['Content-Length: 1001\r\n\r\n', '1001 bytes; 1000 are read at most'],
    ['Content-Length: x\r\n\r\n{}', 'without a Content-Length'],
    ['Content-Length: -1\r\n\r\n{}', 'without a Content-Length'],
    ['Content-Type: x\r\n\r\n{}', 'without a Content-Length'],
    ['Content-Length: 2\r\n\r\n{]', 'no JSON'],
    ['x'.repeat(1024), 'does not end'],
  ])('refuses %j', (bytes, why) => {
    expect(() => read([Buffer.from(bytes)])).toThrow(FramingError);
    expect(() => read([Buffer.from(bytes)])).toThrow(why);
  });

  test('reads a large message that comes in many pieces in linear time', () => {
    const text = 'x'.repeat(30_000_000);
    const bytes = encodeMessage({ text });
    const pieces = Array.from({ length: Math.ceil(bytes.length / 1000) }, (_, at) =>
      bytes.subarray(at * 1000, (at + 1) * 1000),
    );
    // Copied anew for each of its 30,000 pieces it would take minutes.
    expect(read(pieces, 40_000_000)).toEqual([{ text }]);
  });
});

describe('a connection', () => {
  const connect = (answers = (): unknown => undefined) => {
    const output = new PassThrough();
    const sent: { id?: number; method?: string; params?: unknown; error?: unknown }[] = [];
    const reader = new MessageReader(1e6, (message) => sent.push(message as object));
    output.on('data', (chunk: Buffer) => reader.push(chunk));
    const rpc = new RpcConnection(output, 1e6, answers);
    return { rpc, sent, receive: (message: object) => rpc.push(encodeMessage(message)) };
  };

  test('gives each request its own answer, in whatever order they come', async () => {
    const { rpc, sent, receive } = connect();
    const all = Promise.all(['a', 'b'].map(async (method) => await rpc.request(method, {}, never)));
    await expect.poll(() => sent.length).toBe(2);
    receive({ id: sent[1]?.id, result: sent[1]?.method });
    receive({ id: 99, result: 'nobody asked' });
    receive({ id: sent[0]?.id, result: sent[0]?.method });
    expect(await all).toEqual(['a', 'b']);
  });

  test('passes errors on, and cancels at the peer what is aborted here', async () => {
    const { rpc, sent, receive } = connect();
    const failing = rpc.request('a', {}, never);
    receive({ id: 1, error: { code: -32_603, message: 'no' } });
    await expect(failing).rejects.toMatchObject(new RpcError(-32_603, 'no'));

    const controller = new AbortController();
    const aborted = rpc.request('b', {}, controller.signal);
    controller.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    await expect
      .poll(() => sent.at(-1))
      .toMatchObject({ method: '$/cancelRequest', params: { id: 2 } });
    // Too late.
    receive({ id: 2, result: 1 });
  });

  test('answers the peer, and says which methods it does not know', async () => {
    const { sent, receive } = connect(() => undefined);
    receive({ id: 7, method: 'ask/me' });
    receive({ method: 'tell/me' });
    await expect.poll(() => sent).toMatchObject([{ id: 7, error: { code: -32_601 } }]);
    const known = connect(() => null);
    known.receive({ id: 'x', method: 'ask/me' });
    await expect.poll(() => known.sent).toMatchObject([{ id: 'x', result: null }]);
  });

  test('that is closed rejects what waits and what comes later', async () => {
    const { rpc } = connect();
    const waiting = rpc.request('a', {}, never);
    rpc.close(new Error('gone'));
    rpc.close(new Error('twice'));
    await expect(waiting).rejects.toThrow('gone');
    await expect(rpc.request('b', {}, never)).rejects.toThrow('gone');
  });

  test('refuses what is no JSON-RPC', () => {
    const { receive } = connect();
    expect(() => receive([1])).toThrow(FramingError);
  });
});

describe('waiting', () => {
  test('ends at the deadline with a refusal that aborts the work', async () => {
    let inner: AbortSignal | undefined;
    const work = async (signal: AbortSignal) => {
      inner = signal;
      return await waitFor(new Promise<never>(() => undefined), signal);
    };
    await expect(withDeadline(5, never, work)).rejects.toThrow('did not answer within 5 ms');
    expect(inner?.aborted).toBe(true);
  });

  test('for something shared ends with one waiter’s signal, and goes on for the others', async () => {
    const controller = new AbortController();
    const { promise, resolve } = deferred<number>();
    const [one, other] = [waitFor(promise, controller.signal), waitFor(promise, never)];
    controller.abort(new Error('mine'));
    await expect(one).rejects.toThrow('mine');
    resolve(7);
    expect(await other).toBe(7);
  });
});

describe('a shared run', () => {
  test('gives each caller a run that began after it asked, and those that wait the same one', async () => {
    const runs: ReturnType<typeof deferred<void>>[] = [];
    const shared = new SharedRun(async () => {
      const run = deferred<void>();
      runs.push(run);
      await run.promise;
    });
    const settled: string[] = [];
    const call = (name: string) => void shared.run().then(() => settled.push(name));
    call('first');
    call('first, too');
    await expect.poll(() => runs.length).toBe(1);
    call('second');
    call('second, too');
    runs[0]?.resolve();
    await expect.poll(() => runs.length).toBe(2);
    expect(settled).toEqual(['first', 'first, too']);
    runs[1]?.resolve();
    await expect.poll(() => settled).toEqual(['first', 'first, too', 'second', 'second, too']);
  });

  test('that fails tells those who share it, and the next one runs', async () => {
    let count = 0;
    const shared = new SharedRun(async () => {
      count += 1;
      await Promise.resolve();
      if (count === 1) throw new Error('once');
    });
    await expect(shared.run()).rejects.toThrow('once');
    await expect(shared.run()).resolves.toBeUndefined();
  });
});

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
