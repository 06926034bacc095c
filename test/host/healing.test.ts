import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import type { Host } from '../../src/index.ts';
import { HttpProcess } from '../support/http-process.ts';
import { eventually } from '../support/leaks.ts';
import { rawEntry, rawHost, rawTools, textOf, type RawHost } from '../support/raw-host.ts';
import { verifies } from '../support/verifies.ts';

const require = createRequire(import.meta.url);
const everything = join(
  dirname(require.resolve('@modelcontextprotocol/server-everything/package.json')),
  'dist/index.js',
);
const tools = rawTools('echo', 'wait', 'crash', {
  name: 'peek',
  inputSchema: { type: 'object' },
  annotations: { readOnlyHint: true },
});
const stateOf = (host: Host, server: string): string | undefined =>
  host.servers().find(({ id }) => id === server)?.state.kind;

/** Resolves when the servers have told of progress in `count` calls: those have arrived, and are not over. */
function underWay(host: Host, count: number): Promise<void> {
  const all = deferred<void>();
  const ids = new Set<string>();
  host.on('call-progress', ({ id }) => {
    ids.add(id);
    if (ids.size === count) all.resolve();
  });
  return all.promise;
}

function catalogueChanges({ events }: RawHost): number {
  return events.filter(({ kind }) => kind === 'catalogue-change').length;
}

describe('a server that dies in mid-batch', () => {
  verifies(
    'heal:restart',
    'leaves its tools in the catalogue: what was in flight says so, the next batch works, others notice nothing',
    async () => {
      await using raw = await rawHost({
        fragile: rawEntry('good', { tools }),
        steady: rawEntry('good', { tools }),
      });
      const { host } = raw;
      const before = host.tools();
      const changes = catalogueChanges(raw);
      const steady = Array.from({ length: 20 }, (_, index) => ({
        name: 'steady__echo',
        arguments: { text: `n${index}` },
      }));
      const lost = deferred<void>();
      host.on('connection-change', ({ server, state }) => {
        if (server === 'fragile' && state.kind === 'backing-off') lost.resolve();
      });
      const first = host.runBatch([
        { name: 'fragile__wait' },
        { name: 'fragile__crash', arguments: { code: 9 } },
        ...steady,
      ]);
      await lost.promise;
      // At once, not after its return: the calls wait for that, and say so.
      const next = host.runBatch([
        { name: 'fragile__echo', arguments: { text: 'back' } },
        { name: 'steady__echo', arguments: { text: 'there' } },
      ]);
      expect(host.tools()).toBe(before);
      const [waited, crashed, ...others] = await first;
      for (const record of [waited, crashed]) {
        expect(record).toMatchObject({
          attempts: 1,
          outcome: { kind: 'failed', code: 'connection-lost', ran: 'unknown' },
        });
        expect(textOf(record?.outcome ?? { kind: '' })).toContain('segmentation fault');
      }
      expect(others.map(({ outcome }) => textOf(outcome))).toEqual(
        steady.map((call) => call.arguments.text),
      );
      const records = await next;
      expect(records.map(({ outcome }) => textOf(outcome))).toEqual(['back', 'there']);
      expect(
        raw.events.some((event) => event.kind === 'call-wait-start' && event.reason === 'connect'),
      ).toBe(true);
      expect(host.tools()).toBe(before);
      expect(catalogueChanges(raw)).toBe(changes);
    },
  );

  test('is met by the second try of a declared read, and by no second try of anything else', async () => {
    await using raw = await rawHost({ fragile: rawEntry('good', { tools }) });
    const records = await raw.host.runBatch([
      { name: 'fragile__wait' },
      { name: 'fragile__peek' },
      { name: 'fragile__crash' },
    ]);
    const [wait, peek, crash] = records;
    expect(wait).toMatchObject({ attempts: 1, outcome: { ran: 'unknown' } });
    expect(crash).toMatchObject({ attempts: 1, outcome: { ran: 'unknown' } });
    // The server knows no such tool, and says so: whichever try it was that it answered.
    expect(peek?.outcome).toMatchObject({ kind: 'failed', code: 'server-error' });
  });

  verifies(
    'heal:breaker',
    'again and again loses its tools, visibly, and calls to it fail at once with all that is known',
    async () => {
      await using raw = await rawHost({
        looping: rawEntry('short-lived', { tools }),
        steady: rawEntry('good', { tools }),
      });
      const { host } = raw;
      await eventually(
        'the opening of the breaker',
        () => stateOf(host, 'looping') === 'failed',
        50_000,
      );
      expect(host.tools().some(({ server }) => server === 'looping')).toBe(false);
      const [lost, steady] = await host.runBatch([
        { name: 'looping__echo' },
        { name: 'steady__echo', arguments: { text: 'x' } },
      ]);
      expect(lost?.outcome).toMatchObject({
        kind: 'failed',
        code: 'server-unavailable',
        ran: 'no',
      });
      const text = textOf(lost?.outcome ?? { kind: '' });
      for (const words of [
        'code 5',
        'cannot stay',
        '5 times in a row',
        'run its command by itself',
      ]) {
        expect(text).toContain(words);
      }
      expect(steady?.outcome.kind).toBe('ok');
    },
  );

  verifies(
    'heal:calls-wait',
    'and is waited for answers the calls that wait when the host closes',
    async () => {
      const raw = await rawHost({ fragile: rawEntry('good', { tools }) });
      await raw.host.runBatch([{ name: 'fragile__crash' }]);
      const batch = raw.host.runBatch([{ name: 'fragile__echo' }]);
      await raw.host.close();
      expect((await batch)[0]?.outcome).toMatchObject({
        kind: 'cancelled',
        code: 'host-closed',
        ran: 'no',
      });
      expect(raw.processes()).toEqual([]);
    },
  );
});

describe('server-everything, killed and started again in mid-batch', () => {
  const long = [1_200, 1_201].map((steps) => ({
    name: 'every__trigger-long-running-operation',
    arguments: { duration: 60, steps },
  }));
  // Declared neither a read nor idempotent, it is not sent again after a restart.
  const settings = {
    parallel: 'always',
    tools: { 'trigger-long-running-operation': { declared: false, idempotent: false } },
  };

  test('over stdio', async () => {
    await using raw = await rawHost({
      every: { command: process.execPath, args: [everything, 'stdio'], ...settings },
    });
    const areUnderWay = underWay(raw.host, 2);
    const batch = raw.host.runBatch(long);
    await areUnderWay;
    const [pid] = raw.processes();
    process.kill(pid ?? 0, 'SIGKILL');
    for (const { outcome } of await batch) {
      expect(outcome).toMatchObject({ kind: 'failed', code: 'connection-lost', ran: 'unknown' });
      expect(textOf(outcome)).toContain('killed by SIGKILL');
    }
    await expectWorking(raw);
    expect(raw.processes()).not.toContain(pid);
  });

  test.each([
    { name: 'Streamable HTTP', mode: 'streamableHttp', path: 'mcp', type: 'http' },
    { name: 'HTTP+SSE', mode: 'sse', path: 'sse', type: 'sse' },
  ])('over $name', async ({ mode, path, type }) => {
    const first = await HttpProcess.onPort([everything, mode]);
    const { port } = first;
    await using raw = await rawHost({
      every: { type, url: `http://127.0.0.1:${port}/${path}`, ...settings },
    });
    const areUnderWay = underWay(raw.host, 2);
    const batch = raw.host.runBatch(long);
    await areUnderWay;
    await first[Symbol.asyncDispose]();
    for (const { outcome } of await batch) {
      expect(outcome).toMatchObject({ kind: 'failed' });
      expect(['connection-lost', 'stream-ended']).toContain('code' in outcome ? outcome.code : '');
    }
    await using _second = await HttpProcess.onPort([everything, mode], port);
    await expectWorking(raw);
  });

  async function expectWorking(raw: RawHost): Promise<void> {
    const records = await raw.host.runBatch(
      Array.from({ length: 5 }, (_, index) => ({
        name: 'every__get-sum',
        arguments: { a: index, b: 1 },
      })),
    );
    expect(records.map(({ outcome }) => textOf(outcome))).toEqual(
      Array.from({ length: 5 }, (_, index) => `The sum of ${index} and 1 is ${index + 1}.`),
    );
  }
});
