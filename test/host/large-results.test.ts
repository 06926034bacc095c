import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { HostEvent, Outcome } from '../../src/index.ts';
import { folderWith } from '../config/folder.ts';
import { SERVER as TESTBED } from '../servers/testbed-session.ts';
import { rawEntry, rawHost, rawTools, textOf, type RawHost } from '../support/raw-host.ts';
import {
  message,
  scriptedEndpoint,
  type RecordedRequest,
  type ScriptedEndpoint,
  type Step,
} from '../support/scripted-endpoint.ts';
import { verifies } from '../support/verifies.ts';

const READ = { inputSchema: { type: 'object' }, annotations: { readOnlyHint: true } };
const tools = rawTools(
  { name: 'echo', ...READ },
  { name: 'big', ...READ },
  { name: 'blocks', ...READ },
);

interface Place {
  readonly cache: string;
  readonly endpoint: ScriptedEndpoint;
  readonly raw: RawHost;
}

/** Runs over two servers, with a model by script and a cache folder of its own. */
async function place(
  steps: readonly Step[],
  limits: object = { maxBatchResultBytes: 1000 },
): Promise<Place & AsyncDisposable> {
  const cache = await folderWith();
  const endpoint = await scriptedEndpoint(steps);
  const raw = await rawHost(
    { one: rawEntry('good', { tools }), two: rawEntry('good', { tools }) },
    {
      config: { limits },
      options: { env: { ...process.env, OPENAI_BASE_URL: endpoint.url, XDG_CACHE_HOME: cache } },
    },
  );
  return {
    cache,
    endpoint,
    raw,
    [Symbol.asyncDispose]: async () => {
      await raw[Symbol.asyncDispose]();
      await endpoint[Symbol.asyncDispose]();
    },
  };
}

const toolNames = ({ body }: RecordedRequest): readonly string[] =>
  (body.tools ?? []).map((tool) => tool.function.name);

/** What the model was told in answer to the calls of the message before. */
const followUp = (request: RecordedRequest | undefined): readonly string[] =>
  (request?.body.messages ?? [])
    .filter(({ role }) => role === 'tool')
    .map(({ content }) => content ?? '');

/** Where the first part of it that was cut is kept. */
function fileOf(outcome: Outcome | undefined): string {
  return outcome?.kind === 'ok' ? (outcome.cut?.[0]?.file ?? '') : '';
}

const echo = (text: string, server = 'one'): { name: string; arguments: { text: string } } => ({
  name: `${server}__echo`,
  arguments: { text },
});

const numbered = (lines: number): string =>
  Array.from({ length: lines }, (_, line) => `line ${String(line)}\n`).join('');

describe('the results of one batch', () => {
  verifies(
    'results:bounded',
    'share a budget: small ones are whole, large ones share the rest, and each note says how to read on',
    async () => {
      const large = numbered(500);
      await using run = await place([
        message({
          calls: [echo('small'), echo(large), echo('also small', 'two'), echo(large, 'two')],
        }),
        message({ text: 'ok' }),
      ]);
      const { turns } = await run.raw.host.run('go');
      const [small = '', first = '', also = '', second = ''] = followUp(run.endpoint.requests[1]);
      expect([small, also]).toEqual(['small', 'also small']);
      const share = Math.floor((1000 - 'small'.length - 'also small'.length) / 2);
      const bytes = String(large.length).replace(/(\d)(\d{3})$/u, '$1,$2');
      for (const [id, text] of [
        ['r1-2', first],
        ['r1-4', second],
      ] as const) {
        const [, shown, file] =
          /^([\s\S]*)\n\[cut: .* The whole is kept in (.*)\. read_result \{"id":"r1-\d","offset":\d+\} reads on\.\]$/u.exec(
            text,
          ) ?? [];
        expect(shown).toBe(large.slice(0, share));
        expect(text).toContain(
          `[cut: the first ${String(share)} of ${bytes} bytes are shown here. The whole is kept in `,
        );
        expect(text).toContain(`read_result {"id":"${id}","offset":${String(share)}} reads on.]`);
        expect(await readFile(file ?? '', 'utf8')).toBe(large);
        expect((await stat(file ?? '')).mode & 0o777).toBe(0o600);
        expect((await stat(dirname(file ?? ''))).mode & 0o777).toBe(0o700);
      }
      expect(turns[0]?.calls[1]?.outcome).toMatchObject({
        kind: 'ok',
        cut: [{ part: 'text', bytes: large.length, shownBytes: share }],
      });
      expect(turns[0]?.calls[0]?.outcome).not.toHaveProperty('cut');
    },
  );

  test('that fit are whole, and nothing is written', async () => {
    await using run = await place([message({ calls: [echo('x'.repeat(900))] }), message({})]);
    await run.raw.host.run('go');
    expect(followUp(run.endpoint.requests[1])).toEqual(['x'.repeat(900)]);
    expect(existsSync(join(run.cache, 'mcp-fanout', 'results'))).toBe(false);
    expect(run.endpoint.requests.flatMap(toolNames)).not.toContain('read_result');
  });

  test('hold images that fit together; one that is too large becomes a note with its file', async () => {
    const image = (bytes: number): object => ({
      type: 'image',
      mimeType: 'image/png',
      data: Buffer.alloc(bytes, 7).toString('base64'),
    });
    const blocks = (...content: readonly object[]): { name: string; arguments: object } => ({
      name: 'one__blocks',
      arguments: { content },
    });
    await using run = await place(
      [
        message({ calls: [blocks({ type: 'text', text: 'seen' }, image(1500), image(1900))] }),
        message({ text: 'ok' }),
      ],
      { maxResultBytes: 2000 },
    );
    const { turns } = await run.raw.host.run('go');
    const outcome = turns[0]?.calls[0]?.outcome;
    expect(outcome).toMatchObject({
      content: [
        { type: 'text', text: 'seen' },
        { type: 'image' },
        {
          type: 'text',
          text: expect.stringMatching(
            /^\[image image\/png, 1,900 bytes\] \(too large to be shown; kept in .*\/r1-1-1\.png\)$/u,
          ) as string,
        },
      ],
      cut: [{ part: 'image', bytes: 1900, shownBytes: 0 }],
    });
    expect((await readFile(fileOf(outcome))).equals(Buffer.alloc(1900, 7))).toBe(true);
  });
});

describe('read_result', () => {
  test('is there once something was cut, at the end of the tools, and reads the rest slice by slice', async () => {
    const large = numbered(500);
    const ask = (args: object): Step =>
      message({ calls: [{ name: 'read_result', arguments: args }] });
    await using run = await place([
      message({ calls: [{ name: 'read_result', arguments: { id: 'r1-1' } }, echo(large)] }),
      ask({ id: 'r1-2', offset: 900, length: 500 }),
      ask({ id: 'r1-2', offset: large.length - 20 }),
      ask({ id: 'r1-2', search: 'line 444' }),
      message({ text: 'ok' }),
    ]);
    const { turns } = await run.raw.host.run('go');
    const offered = run.endpoint.requests.map(toolNames);
    expect(offered[0]).not.toContain('read_result');
    expect(turns[0]?.calls[0]?.outcome).toMatchObject({ kind: 'invalid', code: 'unknown-tool' });
    for (const names of offered.slice(1)) {
      expect(names).toEqual([...(offered[0] ?? []), 'read_result']);
    }
    const answers = turns.slice(1).map(({ calls: [record] }) => record);
    expect(answers[0]).toMatchObject({
      server: 'mcp-fanout',
      tool: 'read_result',
      outcome: {
        kind: 'ok',
        content: [
          { text: large.slice(900, 1400) },
          {
            text: '[r1-2: bytes 900 to 1,400 of 4,390; 2,990 bytes are left: read_result {"id":"r1-2","offset":1400} reads on]',
          },
        ],
      },
    });
    expect(textOf(answers[1]?.outcome ?? { kind: '' })).toBe(
      `${large.slice(-20)}\n[r1-2: bytes 4,370 to 4,390 of 4,390; this is the end]`,
    );
    const found = textOf(answers[2]?.outcome ?? { kind: '' });
    expect(found).toContain('"line 444" is in r1-2 once');
    expect(found).toContain(`${String(large.indexOf('line 444'))}: `);
  });

  test('answers a wrong id, an offset behind the end and bad arguments with what would be right', async () => {
    const ask = (args: object): object => ({ name: 'read_result', arguments: args });
    await using run = await place([
      message({ calls: [echo(numbered(500))] }),
      message({
        calls: [
          ask({ id: 'r9-9' }),
          ask({ id: 'r1-1', offset: 4390 }),
          ask({ id: 'r1-1', offset: -1 }),
          ask({ id: 'r1-1', search: 'LINE 1' }),
        ] as never,
      }),
      message({ text: 'ok' }),
    ]);
    const { turns } = await run.raw.host.run('go');
    const outcomes = (turns[1]?.calls ?? []).map(({ outcome }) => [outcome.kind, textOf(outcome)]);
    expect(outcomes[0]).toEqual([
      'tool-error',
      'No result "r9-9" is kept. There are r1-1 (4,390 bytes).',
    ]);
    expect(outcomes[1]).toEqual([
      'tool-error',
      'Offset 4390 is behind the end of r1-1, whose last byte is 4,389.',
    ]);
    expect(outcomes[2]?.[0]).toBe('invalid');
    expect(outcomes[3]).toEqual(['ok', '"LINE 1" is not in r1-1. Upper and lower case differ.']);
  });

  test('shares the budget of its own batch, and its note goes on where it was cut', async () => {
    const large = numbered(500);
    const ask = { name: 'read_result', arguments: { id: 'r1-1', offset: 100, length: 4000 } };
    await using run = await place([
      message({ calls: [echo(large)] }),
      message({ calls: [ask, { ...ask, id: 'again' }] }),
      message({ text: 'ok' }),
    ]);
    await run.raw.host.run('go');
    const [, first = '', second = ''] = followUp(run.endpoint.requests[2]);
    expect(first).toBe(second);
    expect(
      first.startsWith(`${large.slice(100, 600)}\n[cut: bytes 100 to 600 of 4,390 bytes`),
    ).toBe(true);
    expect(first).toContain('read_result {"id":"r1-1","offset":600} reads on.]');
    const [name = ''] = await readdir(join(run.cache, 'mcp-fanout', 'results'));
    expect(await readdir(join(run.cache, 'mcp-fanout', 'results', name))).toEqual(['r1-1.txt']);
  });
});

test('where nothing can be kept, one warning says so, the notes say what is lost, and read_result stays away', async () => {
  await using run = await place([
    message({ calls: [echo(numbered(500)), echo(numbered(400), 'two')] }),
    message({ text: 'ok' }),
  ]);
  await mkdir(join(run.cache, 'mcp-fanout'), { recursive: true });
  await writeFile(join(run.cache, 'mcp-fanout', 'results'), 'a file where the folder should be');
  await run.raw.host.run('go');
  for (const text of followUp(run.endpoint.requests[1]))
    expect(text).toMatch(
      /\n\[cut: the first 500 of .* bytes are shown here; the rest is not kept: /u,
    );
  const notices = run.raw.events.filter(({ kind }) => kind === 'host-notice');
  expect(notices).toHaveLength(1);
  expect(notices[0]).toMatchObject({ code: 'results-not-kept' });
  expect(run.endpoint.requests.flatMap(toolNames)).not.toContain('read_result');
});

test('two runs at once keep apart what they cut', async () => {
  const texts = [numbered(300), numbered(290).toUpperCase()];
  const answer = (request: RecordedRequest): ReturnType<typeof message> => {
    const last = request.body.messages.at(-1);
    const which = JSON.stringify(request.body.messages).includes('go 0') ? 0 : 1;
    if (last?.role === 'user') return message({ calls: [echo(texts[which] ?? '')] });
    const isRead = JSON.stringify(request.body.messages).includes('this is the end');
    return isRead
      ? message({ text: 'ok' })
      : message({
          calls: [{ name: 'read_result', arguments: { id: 'r1-1', offset: 1000, length: 65_536 } }],
        });
  };
  await using run = await place([answer, answer, answer, answer, answer, answer], {
    maxBatchResultBytes: 2000,
  });
  const results = await Promise.all([run.raw.host.run('go 0'), run.raw.host.run('go 1')]);
  for (const [which, { turns }] of results.entries()) {
    expect(textOf(turns[1]?.calls[0]?.outcome ?? { kind: '' })).toContain(
      `${texts[which]?.slice(1000) ?? ''}\n[r1-1: `,
    );
  }
  expect(await readdir(join(run.cache, 'mcp-fanout', 'results'))).toHaveLength(2);
});

test('without a model, a result is whole up to maxResultBytes, and then its file is named', async () => {
  await using run = await place([], { maxResultBytes: 100, maxBatchResultBytes: 10 });
  const events: HostEvent[] = [];
  const [whole, cut] = await run.raw.host.runBatch([echo('x'.repeat(100)), echo('y'.repeat(101))], {
    onEvent: (event) => events.push(event),
  });
  expect(whole?.outcome).toEqual({
    kind: 'ok',
    ran: 'yes',
    content: [{ type: 'text', text: 'x'.repeat(100) }],
  });
  const file = fileOf(cut?.outcome);
  expect(await readFile(file, 'utf8')).toBe('y'.repeat(101));
  expect(textOf(cut?.outcome ?? { kind: '' })).toBe(
    `${'y'.repeat(100)}\n[cut: the first 100 of 101 bytes are shown here. The whole is kept in ${file}.]`,
  );
  // It was cut before anybody was told of its end.
  const end = events.find((event) => event.kind === 'call-end' && event.index === 1);
  expect(end?.kind === 'call-end' ? end.record.outcome : undefined).toEqual(cut?.outcome);
});

verifies('results:bounded', 'fifty megabytes of a real server are a file and a note', async () => {
  const cache = await folderWith();
  const arguments_ = { bytes: 50_000_000, kind: 'text' };
  await using endpoint = await scriptedEndpoint([
    message({ calls: [{ name: 'testbed__big', arguments: arguments_ }] }),
    message({ text: 'ok' }),
  ]);
  await using raw = await rawHost(
    { testbed: { command: process.execPath, args: [TESTBED] } },
    { options: { env: { ...process.env, OPENAI_BASE_URL: endpoint.url, XDG_CACHE_HOME: cache } } },
  );
  const { turns } = await raw.host.run('go');
  const outcome = turns[0]?.calls[0]?.outcome;
  expect(outcome).toMatchObject({ kind: 'ok', cut: [{ part: 'text', bytes: 50_000_000 }] });
  expect((await stat(fileOf(outcome))).size).toBe(50_000_000);
  expect(endpoint.requests.at(-1)?.text.length).toBeLessThan(200_000);
});
