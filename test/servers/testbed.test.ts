import { crc32 } from 'node:zlib';
import type { Client } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/leaks.ts';
import { DOORS, type Door, MODERN, openSession, type Session } from './testbed-session.ts';

const ABILITIES = { capabilities: { elicitation: { form: {} }, sampling: {} } };

/** The tools that are there without options, and whether they are declared read-only. */
const TOOLS = [
  ['echo', true],
  ['sleep', true],
  ['fail', true],
  ['hang', true],
  ['crash', false],
  ['flood', true],
  ['big', true],
  ['counter_get', true],
  ['counter_increment', false],
  ['ask', true],
  ['sample', true],
];

/** Answers questions as they say, and completes prompts. */
function obliging(client: Client): void {
  client.setRequestHandler('elicitation/create', ({ params }) => {
    if (params.message.startsWith('decline')) return { action: 'decline' };
    if (params.message.startsWith('cancel')) return { action: 'cancel' };
    return { action: 'accept', content: { answer: `answer to: ${params.message}` } };
  });
  client.setRequestHandler('sampling/createMessage', ({ params }) => {
    const [block] = [params.messages[0]?.content ?? []].flat();
    const prompt = block?.type === 'text' ? block.text : '';
    const text = `completion of: ${prompt}`;
    return { model: 'test-model', role: 'assistant', content: { type: 'text', text } };
  });
}

describe.each(DOORS)('over $transport, a $server server and a $client client', (door) => {
  let session: Session;
  const logs: unknown[] = [];

  beforeAll(async () => {
    session = await openSession(door, {
      client: ABILITIES,
      prepare: (client) => {
        obliging(client);
        client.setNotificationHandler('notifications/message', ({ params }) => {
          logs.push(params.data);
        });
      },
    });
  });

  afterAll(async () => {
    await session[Symbol.asyncDispose]();
  });

  test('speaks that era, and declares its tools truthfully', async () => {
    expect(session.client.getProtocolEra()).toBe(door.client);
    const { tools } = await session.client.listTools();
    expect(tools.map((tool) => [tool.name, tool.annotations?.readOnlyHint])).toEqual(TOOLS);
    const hints = Object.fromEntries(tools.map((tool) => [tool.name, tool.annotations]));
    expect(hints['crash']).toMatchObject({ destructiveHint: true, idempotentHint: false });
    expect(hints['counter_increment']).toMatchObject({
      destructiveHint: true,
      idempotentHint: false,
    });
    expect(hints['ask']).toMatchObject({ openWorldHint: true });
    expect(hints['echo']).toMatchObject({ openWorldHint: false });
    for (const tool of tools) {
      expect(tool.inputSchema).toMatchObject({ type: 'object', additionalProperties: false });
      const properties = Object.values(tool.inputSchema.properties ?? {}) as {
        description?: string;
      }[];
      expect(properties.every(({ description }) => (description ?? '') !== '')).toBe(true);
    }
  });

  test('echoes, whatever the characters', async () => {
    const text = 'Grüße \u{1F600} \u0000 \u2028 "\\"\n';
    expect(await session.call('echo', { text })).toMatchObject({ text, data: { text } });
  });

  test('answers many calls at once, each with its own', async () => {
    const texts = Array.from({ length: 30 }, (_, index) => `text ${index}`);
    const answers = await Promise.all(
      texts.map(async (text) => await session.call('echo', { text })),
    );
    expect(answers.map(({ text }) => text)).toEqual(texts);
  });

  test('sleeps, tells its progress, and stops when cancelled', async () => {
    const slept = await session.call('sleep', { ms: 30 });
    expect(slept.data).toEqual({ slept_ms: 30 });
    const cancel = new AbortController();
    const seen: number[] = [];
    const long = session.call(
      'sleep',
      { ms: 600_000, progress_every_ms: 10 },
      {
        signal: cancel.signal,
        onprogress: ({ progress, total }) => {
          expect(total).toBe(600_000);
          seen.push(progress);
          if (seen.length === 3) cancel.abort(new Error('enough seen'));
        },
      },
    );
    await expect(long).rejects.toThrow('enough seen');
    expect(seen.slice(0, 3)).toEqual([10, 20, 30]);
  });

  test('fails as it is asked to', async () => {
    const failed = await session.call('fail', { message: 'so be it' });
    expect(failed).toMatchObject({ isError: true, text: 'so be it' });
    const args = { message: 'so be it', how: 'protocol-error' };
    await expect(session.call('fail', args)).rejects.toMatchObject({
      code: -32_603,
      message: expect.stringContaining('so be it'),
    });
  });

  test('answers mistakes with what is wrong', async () => {
    await expect(session.call('eco')).rejects.toMatchObject({
      code: -32_602,
      message: expect.stringContaining('There is no tool "eco".'),
    });
    const bad = await session.call('echo', { txt: 'x' });
    expect(bad.isError).toBe(true);
    expect(bad.text).toContain('The arguments of echo are not valid');
    expect(bad.text).toContain('"txt"');
    expect((await session.call('flood', { to: 'log' })).text).toBe('Give either lines or kb.');
    const both = await session.call('crash', { exit_code: 1, signal: 'SIGKILL' });
    expect(both.text).toBe('Give exit_code or signal, not both.');
    expect(await session.call('big', { bytes: 10 ** 9, kind: 'text' })).toMatchObject({
      isError: true,
    });
    await expect(session.client.listTools({ cursor: 'page-2' })).rejects.toMatchObject({
      code: -32_602,
    });
  });

  test('never answers hang, goes on with the rest, and hears that it is cancelled', async () => {
    const cancel = new AbortController();
    const hung = session.call('hang', {}, { signal: cancel.signal });
    expect((await session.call('echo', { text: 'meanwhile' })).text).toBe('meanwhile');
    cancel.abort(new Error('long enough'));
    await expect(hung).rejects.toThrow('long enough');
  });

  test('does nothing more for a call that is cancelled', async () => {
    const cancel = new AbortController();
    const args = { by: 1_000_000, delay_ms: 800 };
    const cancelled = session.call('counter_increment', args, { signal: cancel.signal });
    // Calls are begun in the order in which they come, so once this one is answered the first has begun.
    const before = (await session.call('counter_get')).data['value'];
    cancel.abort(new Error('never mind'));
    await expect(cancelled).rejects.toThrow('never mind');
    // Asked for later, and longer: when it is done, the first would be, too.
    await session.call('sleep', { ms: 900 });
    expect((await session.call('counter_get')).data['value']).toBe(before);
  });

  test('does not crash when that is cancelled in time', async () => {
    const cancel = new AbortController();
    const crash = session.call('crash', { after_ms: 600_000 }, { signal: cancel.signal });
    cancel.abort(new Error('not today'));
    await expect(crash).rejects.toThrow('not today');
    expect((await session.call('echo', { text: 'alive' })).text).toBe('alive');
  });

  test('floods stderr and is alive after it', async () => {
    const before = session.server.stderr().length;
    const { data } = await session.call('flood', { kb: 256, to: 'stderr' });
    expect(data).toEqual({ to: 'stderr', lines: 4096, bytes: 262_144 });
    await eventually('the flood', () => session.server.stderr().length - before >= 262_144);
    const lines = session.server.stderr().slice(before).trimEnd().split('\n');
    expect(lines).toHaveLength(4096);
    expect(lines.at(-1)).toMatch(/^flood 4096 of 4096 \.+$/);
  });

  test('floods the log of a client that wants it', async () => {
    logs.length = 0;
    const meta = { 'io.modelcontextprotocol/logLevel': 'info' };
    await session.call(
      'flood',
      { lines: 300, to: 'log' },
      door.client === 'modern' ? { meta } : {},
    );
    await eventually('the last log message', () => logs.length === 300);
    expect(logs[299]).toMatch(/^flood 300 of 300 /);
    logs.length = 0;
    if (door.client === 'legacy') await session.client.setLoggingLevel('warning');
    await session.call('flood', { lines: 5, to: 'log' });
    await session.call('echo', { text: 'after it' });
    expect(logs).toEqual([]);
  });

  test.each([0, 1, 63, 64, 65, 300_000])(
    'is as big as it is asked to be: %d bytes',
    async (bytes) => {
      const text = await session.call('big', { bytes, kind: 'text' });
      expect(text.text).toHaveLength(bytes);
      expect(text.data).toEqual({ kind: 'text', bytes });
      const structured = await session.call('big', { bytes, kind: 'structured' });
      const size = JSON.stringify(structured.data).length;
      expect(size).toBe(Math.max(bytes, 43));
      expect(structured.data['bytes']).toBe(size);
      const image = await session.call('big', { bytes, kind: 'image' });
      const file = Buffer.from(String(image.content[0]?.['data']), 'base64');
      expect(file).toHaveLength(Math.max(bytes, 87));
      expect(image.data).toEqual({ kind: 'image', bytes: file.length });
      expect(chunksOf(file)).toEqual(['IHDR', 'tEXt', 'IDAT', 'IEND']);
    },
  );

  test('loses increments that are made at once, and none made one after the other', async () => {
    const start = (await session.call('counter_get')).data['value'];
    await Promise.all(
      Array.from(
        { length: 5 },
        async () => await session.call('counter_increment', { delay_ms: 300 }),
      ),
    );
    const racy = (await session.call('counter_get')).data['value'];
    expect(racy - start).toBeGreaterThan(0);
    expect(racy - start).toBeLessThan(5);
    for (let count = 0; count < 5; count += 1) await session.call('counter_increment');
    expect((await session.call('counter_get')).data['value']).toBe(racy + 5);
  });

  test('asks the user and answers with what is said, or that nothing is', async () => {
    expect(await session.call('ask', { question: 'Which?' })).toMatchObject({
      text: 'The user says: answer to: Which?',
      data: { action: 'accept', answer: 'answer to: Which?' },
    });
    expect((await session.call('ask', { question: 'decline this' })).data).toEqual({
      action: 'decline',
    });
    expect((await session.call('ask', { question: 'cancel this' })).data).toEqual({
      action: 'cancel',
    });
  });

  test('has the model complete a prompt', async () => {
    expect(await session.call('sample', { prompt: 'Once' })).toMatchObject({
      text: 'completion of: Once',
      data: { text: 'completion of: Once', model: 'test-model' },
    });
  });
});

/** The types of a PNG file's chunks; checks their sums. */
function chunksOf(file: Buffer): string[] {
  expect(file.subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n');
  const types: string[] = [];
  for (let at = 8; at < file.length;) {
    const end = at + 8 + file.readUInt32BE(at);
    const body = file.subarray(at + 4, end);
    expect(file.readUInt32BE(end)).toBe(crc32(body));
    types.push(body.toString('latin1', 0, 4));
    at = end + 4;
  }
  return types;
}

describe.each(DOORS)('alone over $transport, a $server server and a $client client', (door) => {
  test('crash takes the server with it, in mid-call', async () => {
    await using session = await openSession(door);
    const bystander = session.call('hang').catch(() => 'lost');
    await expect(session.call('crash', { after_ms: 50 })).rejects.toThrow(/./);
    expect(await bystander).toBe('lost');
    await eventually('the end of the process', () => !alive(session.server.pid));
  });

  test('a client that can neither ask nor complete is told so', async () => {
    await using session = await openSession(door);
    for (const [name, args, word] of [
      ['ask', { question: '?' }, 'elicitation'],
      ['sample', { prompt: '?' }, 'sampling'],
    ] as const) {
      const message = await session.call(name, args).then(
        ({ text, isError }) => `${String(isError)} ${text}`,
        (error: Error) => `true ${error.message}`,
      );
      expect(message).toMatch(new RegExp(`^true .*${word}`, 's'));
    }
  });
});

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const REFUSED: readonly Door[] = (['stdio', 'http'] as const).flatMap((transport) => [
  { transport, server: 'modern', client: 'legacy' },
  { transport, server: 'legacy', client: 'modern' },
]);

describe.each(REFUSED)('over $transport, a $server server and a $client client', (door) => {
  test('do not understand each other, and say so', async () => {
    const connecting = openSession(door).then(async (session) => {
      await session[Symbol.asyncDispose]();
      return 'connected';
    });
    await expect(connecting).rejects.toThrow(/version|era|negotiat/i);
  });
});

describe('the list of tools', () => {
  test.each(DOORS)('has pages over $transport, $server to $client', async (door) => {
    await using session = await openSession(door, {
      args: ['--tools', '120', '--list-pages', '7'],
    });
    const names: string[] = [];
    let cursor: string | undefined;
    let pages = 0;
    do {
      const request = {
        method: 'tools/list',
        ...(cursor === undefined ? {} : { params: { cursor } }),
      };
      const page: { tools: { name: string }[]; nextCursor?: string | undefined } =
        await session.client.request(request as { method: 'tools/list' });
      names.push(...page.tools.map(({ name }) => name));
      cursor = page.nextCursor;
      pages += 1;
    } while (cursor !== undefined);
    expect(pages).toBe(7);
    expect(names).toHaveLength(TOOLS.length + 120);
    expect(new Set(names).size).toBe(names.length);
    expect((await session.client.listTools()).tools.map(({ name }) => name)).toEqual(names);
  });

  test('can be very long, of tools that work and can be told apart', async () => {
    await using session = await openSession(MODERN, { args: ['--tools', '2000'] });
    const { tools } = await session.client.listTools();
    expect(tools).toHaveLength(TOOLS.length + 2000);
    const last = tools.at(-1);
    expect(last).toMatchObject({ name: 'tool_2000', annotations: { readOnlyHint: true } });
    expect(new Set(tools.map(({ description }) => description)).size).toBeGreaterThan(300);
    expect((await session.call('tool_0042', { text: 'hi' })).data).toEqual({
      tool: 'tool_0042',
      text: 'hi',
    });
  });

  test('may have more pages than tools: some are empty', async () => {
    await using session = await openSession(MODERN, { args: ['--list-pages', '30'] });
    expect((await session.client.listTools()).tools).toHaveLength(TOOLS.length);
  });
});
