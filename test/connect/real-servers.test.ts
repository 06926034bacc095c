import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { ServerState } from '../../src/call/events.ts';
import {
  httpServer,
  SERVERS,
  stdioServer,
  TestConnection,
  textOf,
} from '../support/connections.ts';
import { HttpProcess } from '../support/http-process.ts';
import { eventually } from '../support/leaks.ts';

const require = createRequire(import.meta.url);
const entry = (name: string): string =>
  join(dirname(require.resolve(`@modelcontextprotocol/${name}/package.json`)), 'dist/index.js');
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'fanout-real-')));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('servers that nobody here wrote', () => {
  test('everything, over stdio: calls, progress, structured content, fifty at once', async () => {
    await using server = await stdioServer(
      process.execPath,
      [entry('server-everything'), 'stdio'],
      { name: 'everything' },
    ).ready();
    expect(server.connection.state).toMatchObject({ protocolVersion: '2025-11-25' });
    await checkEverything(server);
  });

  test('everything, over Streamable HTTP', async () => {
    await using host = await HttpProcess.onPort([entry('server-everything'), 'streamableHttp']);
    await using server = await httpServer(`http://127.0.0.1:${host.port}/mcp`, {
      name: 'everything',
    }).ready();
    expect(server.connection.state).toMatchObject({ protocolVersion: '2025-11-25' });
    await checkEverything(server);
  });

  test('everything, over the old HTTP+SSE, whose end is noticed', async () => {
    const host = await HttpProcess.onPort([entry('server-everything'), 'sse']);
    const endpoint = {
      kind: 'sse',
      url: `http://127.0.0.1:${host.port}/sse`,
      headers: {},
    } as const;
    await using server = await new TestConnection(
      { name: 'everything', endpoint },
      { marker: 'none', folder: undefined },
    ).ready();
    expect(server.connection.state).toMatchObject({ protocolVersion: '2025-11-25' });
    await checkEverything(server);
    const waiting = server.call(
      'trigger-long-running-operation',
      { duration: 60, steps: 60 },
      { onProgress: () => undefined },
    );
    await host[Symbol.asyncDispose]();
    expect(await waiting).toMatchObject({
      kind: 'failed',
      code: 'connection-lost',
      ran: 'unknown',
    });
    const isLost = ({ kind }: ServerState): boolean => kind === 'backing-off';
    await eventually('the news of it', () => server.states().some(isLost));
    expect(server.states().find(isLost)).toEqual({
      kind: 'backing-off',
      attempt: 1,
      retryInMs: expect.any(Number) as number,
      reason: expect.stringContaining('server "everything" went away') as string,
    });
  });

  test('filesystem', async () => {
    writeFileSync(join(folder, 'a.txt'), 'hello');
    await using server = await stdioServer(process.execPath, [entry('server-filesystem'), folder], {
      name: 'files',
    }).ready();
    expect(
      server.connection.tools().find((tool) => tool.name === 'read_text_file')?.annotations
        ?.readOnlyHint,
    ).toBe(true);
    expect(textOf(await server.call('read_text_file', { path: join(folder, 'a.txt') }))).toBe(
      'hello',
    );
    expect(await server.call('read_text_file', { path: '/etc/passwd' })).toMatchObject({
      kind: 'tool-error',
    });
    expect(server.noticeCodes()).toEqual([]);
  });

  test('memory', async () => {
    const env = { MEMORY_FILE_PATH: join(folder, 'memory.json') };
    await using server = await stdioServer(process.execPath, [entry('server-memory')], {
      name: 'memory',
      env,
    }).ready();
    const entities = [{ name: 'Ada', entityType: 'person', observations: ['writes programs'] }];
    expect(await server.call('create_entities', { entities })).toMatchObject({ kind: 'ok' });
    expect(await server.call('read_graph')).toMatchObject({
      kind: 'ok',
      structuredContent: { entities: [{ name: 'Ada' }] },
    });
  });
});

async function checkEverything(server: TestConnection): Promise<void> {
  expect(textOf(await server.call('echo', { message: 'hello' }))).toBe('Echo: hello');
  const outcomes = await Promise.all(
    Array.from({ length: 50 }, (_, index) => server.call('get-sum', { a: index, b: 1 })),
  );
  expect(outcomes.map(textOf)).toEqual(
    Array.from({ length: 50 }, (_, index) => `The sum of ${index} and 1 is ${index + 1}.`),
  );
  const steps: number[] = [];
  await server.call(
    'trigger-long-running-operation',
    { duration: 0.05, steps: 4 },
    { onProgress: ({ progress }) => steps.push(progress) },
  );
  expect(steps).toEqual([1, 2, 3, 4]);
  expect(await server.call('get-structured-content', { location: 'Chicago' })).toMatchObject({
    kind: 'ok',
    structuredContent: { temperature: expect.any(Number) as number },
  });
  expect(await server.call('get-tiny-image')).toMatchObject({
    kind: 'ok',
    content: [{ type: 'text' }, { type: 'image' }, { type: 'text' }],
  });
  expect(await server.call('no-such-tool')).toMatchObject({
    ran: expect.stringMatching(/yes|unknown/) as string,
  });
  expect(server.noticeCodes()).toEqual([]);
}

describe('servers of the new era', () => {
  test('over stdio: asked and answered on the one process', async () => {
    await using server = await stdioServer(process.execPath, [join(SERVERS, 'modern.mjs')]).ready();
    await checkModern(server);
    expect(server.starts()).toBe(1);
    const controller = new AbortController();
    const call = server.call('wait', {}, { signal: controller.signal });
    await eventually('the call', () => server.wire().some((event) => event.event === 'waiting'));
    controller.abort(new Error('enough'));
    expect(await call).toMatchObject({ kind: 'cancelled', ran: 'unknown' });
    await eventually('the cancellation', () =>
      server.wire().some((event) => event.event === 'cancelled'),
    );
  });

  test.each(['stateless', 'reject'])('over HTTP (%s for the old era)', async (legacy) => {
    const log = join(folder, `${legacy}.log`);
    writeFileSync(log, '');
    await using host = await HttpProcess.printingPort(
      [join(SERVERS, 'modern.mjs'), 'http', legacy],
      { WIRE_LOG: log },
    );
    await using server = await httpServer(`http://127.0.0.1:${host.port}/`).ready();
    await checkModern(server);
    const controller = new AbortController();
    const call = server.call('wait', {}, { signal: controller.signal });
    await eventually('the call', () => readFileSync(log, 'utf8').includes('waiting'));
    controller.abort(new Error('enough'));
    expect(await call).toMatchObject({ kind: 'cancelled', ran: 'unknown' });
    await eventually('the cancellation', () => readFileSync(log, 'utf8').includes('cancelled'));
    expect(textOf(await server.call('grow'))).toBe('grown');
    await eventually('the new list', () => server.toolChanges === 1);
    expect(server.connection.tools().map((tool) => tool.name)).toContain('extra');
  });

  test('refuse a client that insists on the old era, or take it, as they like', async () => {
    await using host = await HttpProcess.printingPort([
      join(SERVERS, 'modern.mjs'),
      'http',
      'reject',
    ]);
    await using server = httpServer(`http://127.0.0.1:${host.port}/`, { protocol: 'legacy' });
    expect(await server.failure()).toContain('HTTP 400');
    await using pinned = await httpServer(`http://127.0.0.1:${host.port}/`, {
      protocol: 'modern',
    }).ready();
    expect(pinned.connection.state).toMatchObject({ protocolVersion: '2026-07-28' });
  });
});

async function checkModern(server: TestConnection): Promise<void> {
  expect(server.connection.state).toMatchObject({ kind: 'ready', protocolVersion: '2026-07-28' });
  expect(textOf(await server.call('echo', { text: 'hello' }))).toBe('hello');
  const outcomes = await Promise.all(
    Array.from({ length: 50 }, (_, index) => server.call('echo', { text: `n${index}` })),
  );
  expect(outcomes.map(textOf)).toEqual(Array.from({ length: 50 }, (_, index) => `n${index}`));
  const steps: number[] = [];
  const outcome = await server.call(
    'steps',
    { count: 3 },
    { onProgress: ({ progress }) => steps.push(progress) },
  );
  expect([...steps, outcome.kind]).toEqual([1, 2, 3, 'ok']);
  expect(await server.call('typed')).toMatchObject({ kind: 'ok', structuredContent: { n: 1 } });
  expect(await server.call('fails')).toMatchObject({
    kind: 'tool-error',
    content: [{ text: 'no such customer' }],
  });
  // Over HTTP one argument is repeated as a header, which the server insists on.
  expect(textOf(await server.call('headed', { region: 'żółć' }))).toBe('żółć');
  expect(await server.call('no-such-tool')).toMatchObject({ kind: 'failed', code: 'server-error' });
  expect(server.noticeCodes()).toEqual([]);
}
