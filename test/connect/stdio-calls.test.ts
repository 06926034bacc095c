import { describe, expect, test } from 'vitest';
import type { Progress } from '../../src/call/call-life.ts';
import { rawServer, textOf } from '../support/connections.ts';
import { eventually } from '../support/leaks.ts';

describe('a call over stdio', () => {
  test('comes back with what the server answered', async () => {
    await using server = await rawServer().ready();
    expect(await server.call('echo', { text: 'hello' })).toEqual({
      kind: 'ok',
      ran: 'yes',
      content: [{ type: 'text', text: 'hello' }],
    });
    expect(await server.call('fails')).toMatchObject({
      kind: 'tool-error',
      ran: 'yes',
      content: [{ text: 'no such customer' }],
    });
  });

  test('is matched to its own answer, however many are in flight', async () => {
    await using server = await rawServer().ready();
    const outcomes = await Promise.all(
      Array.from({ length: 500 }, (_, index) => server.call('echo', { text: `n${index}` })),
    );
    expect(outcomes.map(textOf)).toEqual(Array.from({ length: 500 }, (_, index) => `n${index}`));
  });

  test('carries any text there and back', async () => {
    await using server = await rawServer().ready();
    for (const text of ['\u0000\u2028\r\n"\\', '🦊żółć', '\ud800', '}{', '__proto__']) {
      expect(textOf(await server.call('echo', { text }))).toBe(JSON.parse(JSON.stringify(text)));
    }
    const args = JSON.parse('{"text": "x", "__proto__": {"polluted": true}}') as { text: string };
    await server.call('echo', args);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('gets its progress before its answer, in order, even when all came in one chunk', async () => {
    await using server = await rawServer().ready();
    const seen: (Progress | string)[] = [];
    const outcome = await server.call(
      'progress',
      { steps: 3 },
      { onProgress: (progress) => seen.push(progress) },
    );
    seen.push(outcome.kind);
    expect(seen).toEqual([
      { progress: 1, total: 3, message: 'step 1' },
      { progress: 2, total: 3, message: 'step 2' },
      { progress: 3, total: 3, message: 'step 3' },
      'ok',
    ]);
  });

  test('that is cancelled ends at once, and the server is told', async () => {
    await using server = await rawServer().ready();
    const controller = new AbortController();
    const call = server.call('wait', {}, { signal: controller.signal });
    await eventually('the call at the server', () =>
      server.wire().some((event) => event.method === 'tools/call'),
    );
    const sent = server.wire().find((event) => event.method === 'tools/call');
    controller.abort(new Error('enough'));
    expect(await call).toMatchObject({ kind: 'cancelled', ran: 'unknown', message: 'enough' });
    await eventually('the cancellation at the server', () =>
      server.wire().some((event) => event.method === 'notifications/cancelled'),
    );
    const told = server.wire().find((event) => event.method === 'notifications/cancelled');
    expect(told?.params?.requestId).toBe(sent?.id);
    // The late answer of the cancelled call is nobody's, and nothing to tell of.
    expect(textOf(await server.call('release'))).toBe('ok');
    expect(server.noticeCodes()).toEqual([]);
  });

  test('that is cancelled before it starts is never sent', async () => {
    await using server = await rawServer().ready();
    const outcome = await server.call('echo', {}, { signal: AbortSignal.abort(new Error('no')) });
    expect(outcome).toMatchObject({ kind: 'cancelled', ran: 'no' });
    await server.call('echo', { text: 'after' });
    expect(server.wire().filter((event) => event.method === 'tools/call')).toHaveLength(1);
  });

  test('has a time limit of nobody but its caller', async () => {
    await using server = await rawServer().ready();
    const waits = Promise.all(Array.from({ length: 20 }, () => server.call('wait')));
    await eventually(
      'all calls at the server',
      () => server.wire().filter((event) => event.method === 'tools/call').length === 20,
    );
    await server.call('release');
    expect((await waits).every((outcome) => outcome.kind === 'ok')).toBe(true);
  });

  test('fails with the words and the code of a JSON-RPC error, and says whether it can have run', async () => {
    await using server = await rawServer().ready();
    for (const [code, ran] of [
      [-32_601, 'unknown'],
      [-32_600, 'unknown'],
      [-32_700, 'no'],
      [-32_602, 'unknown'],
      [-32_603, 'unknown'],
      [42, 'unknown'],
    ] as const) {
      const outcome = await server.call('rpc-error', { code, message: 'the disk is full' });
      expect(outcome).toMatchObject({ kind: 'failed', code: 'server-error', ran });
      expect(outcome).toHaveProperty(
        'message',
        `server "raw" answered with an error: the disk is full (${code})`,
      );
    }
  });

  test('whose answer breaks JSON-RPC fails alone, at once', async () => {
    await using server = await rawServer().ready();
    const other = server.call('wait');
    expect(await server.call('both')).toMatchObject({
      kind: 'failed',
      code: 'invalid-reply',
      ran: 'unknown',
    });
    expect(await server.call('neither')).toMatchObject({ kind: 'failed', code: 'invalid-reply' });
    expect(await server.call('bad-error')).toMatchObject({ kind: 'failed', code: 'invalid-reply' });
    expect(await server.call('list-result')).toMatchObject({
      kind: 'failed',
      code: 'invalid-result',
      ran: 'yes',
    });
    await server.call('release');
    expect(textOf(await other)).toBe('released');
    // An error without an id can only be for the one request that waits.
    expect(await server.call('null-id-error')).toMatchObject({
      kind: 'failed',
      code: 'server-error',
      ran: 'no',
    });
  });

  test('survives answers that are odd, but clear', async () => {
    await using server = await rawServer().ready();
    for (const name of [
      'string-id',
      'no-version',
      'joined',
      'crlf-bom',
      'batch',
      'split-utf8',
      'duplicate',
      'nothing',
    ]) {
      expect(await server.call(name)).toMatchObject({ kind: 'ok' });
    }
    expect(textOf(await server.call('split-utf8'))).toBe('żółć 🦊');
    expect(server.noticeCodes()).toEqual(['stdout-joined', 'stray-answer']);
  });

  test('that asks for something this host does not offer is refused that, and goes on', async () => {
    await using server = await rawServer().ready();
    for (const method of [
      'sampling/createMessage',
      'elicitation/create',
      'roots/list',
      'no/such-thing',
    ]) {
      expect(textOf(await server.call('ask', { method }))).toContain('-32601');
    }
    expect(textOf(await server.call('ask', { method: 'ping' }))).toBe('{}');
  });

  test('with an answer that nests too deep fails alone', async () => {
    await using server = await rawServer().ready();
    expect(await server.call('deep', { depth: 50 })).toMatchObject({ kind: 'ok' });
    expect(await server.call('deep', { depth: 100_000 })).toMatchObject({
      kind: 'failed',
      code: 'too-large',
      ran: 'yes',
    });
    expect(await server.call('echo', { text: 'still here' })).toMatchObject({ kind: 'ok' });
  });

  test('turns content that nobody knows into text', async () => {
    await using server = await rawServer().ready();
    const outcome = await server.call('blocks', {
      content: [
        { type: 'text', text: 'known' },
        { type: 'video', data: 'AAAA', mimeType: 'video/mp4' },
        { type: 'image', data: '***', mimeType: 'image/png' },
        { type: 'text' },
        'bare',
        { type: 'text', text: 'annotated', annotations: { priority: 'high' } },
      ],
    });
    expect(outcome).toMatchObject({
      kind: 'ok',
      content: [
        { type: 'text', text: 'known' },
        { type: 'text', text: expect.stringContaining('"video"') as string },
        { type: 'text', text: expect.stringContaining('***') as string },
        { type: 'text', text: expect.stringContaining('incomplete') as string },
        { type: 'text', text: expect.stringContaining('"bare"') as string },
        { type: 'text', text: 'annotated' },
      ],
    });
  });

  test('has its structured content checked against the schema of its tool', async () => {
    await using server = await rawServer().ready();
    expect(await server.call('typed', { value: { n: 1 } })).toMatchObject({
      kind: 'ok',
      structuredContent: { n: 1 },
    });
    const broken = await server.call('typed', { value: { n: 'one' } });
    expect(broken).toMatchObject({ kind: 'failed', code: 'invalid-result', ran: 'yes' });
    expect(broken).toHaveProperty('message', expect.stringContaining('/n: must be number'));
    // Promised and not sent: what was sent is still of use.
    expect(await server.call('typed', { omit: true })).toMatchObject({
      kind: 'ok',
      content: [{ text: 'typed' }],
    });
    expect(await server.call('untestable')).toMatchObject({
      kind: 'ok',
      structuredContent: { n: 'b' },
    });
    expect(server.noticeCodes()).toEqual(['no-structured-content', 'output-schema']);
  });

  test('over the size limit fails alone, naming server, size and limit', async () => {
    await using server = await rawServer('good', { maxMessageBytes: 100_000 }).ready();
    const other = server.call('wait');
    for (const args of [{ bytes: 150_000 }, { bytes: 150_000, idLast: true }]) {
      const outcome = await server.call('big', args);
      expect(outcome).toMatchObject({ kind: 'failed', code: 'too-large', ran: 'yes' });
      expect(outcome).toHaveProperty(
        'message',
        expect.stringMatching(
          /server "raw" sent a message of 1500\d\d bytes; the limit is 100000 bytes/,
        ),
      );
    }
    expect(await server.call('big', { bytes: 90_000 })).toMatchObject({ kind: 'ok' });
    // Where the id cannot be told, a person is.
    const lost = new AbortController();
    const waits = server.call('big', { bytes: 150_000, idHidden: true }, { signal: lost.signal });
    await eventually('the notice', () => server.noticeCodes().includes('message-too-large'));
    lost.abort(new Error('given up'));
    expect(await waits).toMatchObject({ kind: 'cancelled' });
    await server.call('release');
    expect(textOf(await other)).toBe('released');
  });

  test('may bring fifty megabytes', async () => {
    await using server = await rawServer('good').ready();
    const outcome = await server.call('big', { bytes: 50_000_000 });
    expect(textOf(outcome)).toHaveLength(50_000_000);
  });

  test('sends much to a slow reader without losing or reordering anything', async () => {
    await using server = await rawServer('good').ready();
    const text = 'y'.repeat(300_000);
    const outcomes = await Promise.all(
      Array.from({ length: 30 }, (_, index) => server.call('echo', { text: `${index}${text}` })),
    );
    expect(outcomes.map((outcome) => textOf(outcome).length)).toEqual(
      Array.from({ length: 30 }, (_, index) => 300_000 + String(index).length),
    );
  });
});
