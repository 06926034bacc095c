import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { runAgent } from '../../src/agent/loop.ts';
import { deferred } from '../../src/base/deferred.ts';
import { openHost, type CallRecord, type Host } from '../../src/index.ts';
import type { Model, ModelEvent } from '../../src/model/model.ts';
import { SERVERS } from '../support/connections.ts';
import { GatedServer } from '../support/gated-server.ts';
import { HttpFixture, type ToolScript } from '../support/http-fixture.ts';
import { HttpProcess } from '../support/http-process.ts';
import { eventually } from '../support/leaks.ts';
import { rawEntry, rawTools, textOf } from '../support/raw-host.ts';
import { verifies } from '../support/verifies.ts';

/*
 * Time budgets and rates over real servers: what expires is cancelled at the server, which is asked whether it heard of it, gives its slot back, and names
 * itself and its setting.
 */

const folder = mkdtempSync(join(tmpdir(), 'fanout-budgets-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
let logs = 0;
function newLog(): string {
  logs += 1;
  return join(folder, `wire-${logs}`);
}

interface WireLine {
  readonly event: string;
  readonly method?: string;
}

function linesOf(log: string): readonly WireLine[] {
  if (!existsSync(log)) return [];
  const lines = readFileSync(log, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as WireLine);
}

/** How many calls the server was told to cancel. */
function cancellations(log: string): number {
  return linesOf(log).filter(
    ({ event, method }) => event === 'cancelled' || method === 'notifications/cancelled',
  ).length;
}

function message(record: CallRecord | undefined): string {
  return record === undefined ? '' : textOf(record.outcome);
}

/** Long enough for an echo on a busy machine, short enough to wait for. */
const BUDGET_MS = 2_500;
const CODES = ['attemptMs', 'idleMs', 'totalMs', 'timeoutMs'] as const;
const TOOLS = rawTools('echo', 'wait', 'ticks');

function budget(code: (typeof CODES)[number]): object {
  return code === 'timeoutMs'
    ? { tools: { wait: { timeoutMs: BUDGET_MS } } }
    : { timeouts: { [code]: BUDGET_MS } };
}

/** A server of each kind for one budget, with a log of what it heard, and one slot. */
const WIRES: Readonly<
  Record<string, (log: string) => Promise<AsyncDisposable & { readonly entry: object }>>
> = {
  'stdio, legacy': (log) =>
    Promise.resolve(disposable(rawEntry('good', { tools: TOOLS }, { env: { WIRE_LOG: log } }))),
  'stdio, modern': (log) =>
    Promise.resolve(
      disposable({
        command: process.execPath,
        args: [join(SERVERS, 'modern.mjs')],
        env: { WIRE_LOG: log },
        protocol: 'modern',
      }),
    ),
  'HTTP, modern': async (log) => {
    const args = [join(SERVERS, 'modern.mjs'), 'http', 'reject'];
    const server = await HttpProcess.printingPort(args, { WIRE_LOG: log });
    const url = `http://127.0.0.1:${server.port}/mcp`;
    return disposable({ type: 'http', url, protocol: 'modern' }, server);
  },
};

function disposable(
  entry: object,
  server?: AsyncDisposable,
): AsyncDisposable & { readonly entry: object } {
  return { entry, [Symbol.asyncDispose]: async () => server?.[Symbol.asyncDispose]() };
}

describe.each(Object.keys(WIRES))('over %s', (wire) => {
  verifies(
    'batch:cancel-reaches-server',
    'each budget of a call cancels at the server, frees the slot, and names itself and its setting',
    async () => {
      const found = await Promise.all(
        CODES.map(async (code) => {
          const log = newLog();
          return { code, log, server: await WIRES[wire]!(log) };
        }),
      );
      const mcpServers = Object.fromEntries(
        found.map(({ code, server }) => [
          code,
          { ...server.entry, ...budget(code), maxInFlight: 1 },
        ]),
      );
      const host = await openHost({ mcpServers });
      try {
        // One batch, so that they all expire together; behind each call one that needs its slot.
        const records = await host.runBatch(
          CODES.flatMap((code) => [
            { name: `${code}__wait`, arguments: {} },
            { name: `${code}__echo`, arguments: { text: code } },
          ]),
        );
        for (const [index, code] of CODES.entries()) {
          const expired = records[index * 2];
          const told = code === 'timeoutMs' ? 'totalMs' : code;
          const setting = code === 'timeoutMs' ? 'tools.wait.timeoutMs' : `timeouts.${code}`;
          expect(expired?.outcome).toMatchObject({ kind: 'timeout', code: told, ran: 'unknown' });
          expect(message(expired)).toContain(
            `${told} = ${BUDGET_MS} ms (mcpServers.${code}.${setting})`,
          );
          expect(message(records[index * 2 + 1])).toBe(code);
        }
        for (const { log } of found) {
          await eventually('the cancellation at the server', () => cancellations(log) === 1);
        }
      } finally {
        await host.close();
        await Promise.all(found.map(({ server }) => server[Symbol.asyncDispose]()));
      }
    },
  );
});

test('over HTTP, legacy, it is the notification that tells the server', async () => {
  await using server = await GatedServer.start(['wait']);
  await using host = await openHost({
    mcpServers: { s: server.entry({ timeouts: { attemptMs: 1_000 } }) },
  });
  const [record] = await host.runBatch([{ name: 's__wait', arguments: { tag: 'one' } }]);
  expect(record?.outcome).toMatchObject({ kind: 'timeout', code: 'attemptMs' });
  await eventually(
    'the notification',
    () => server.fixture.posts('notifications/cancelled').length === 1,
  );
  const [post] = server.fixture.posts('tools/call');
  await eventually('the end of the response', () => post?.aborted === true);
});

verifies(
  'batch:cancel-reaches-server',
  'progress keeps an idle call alive, and does not keep one beyond its hard budget',
  async () => {
    const log = newLog();
    const entry = rawEntry('good', { tools: TOOLS }, { env: { WIRE_LOG: log } });
    await using host = await openHost({
      mcpServers: {
        alive: { ...entry, timeouts: { idleMs: 2_000 } },
        hard: { ...entry, timeouts: { idleMs: 2_000, totalMs: 1_500 } },
      },
    });
    const [alive, hard] = await host.runBatch([
      { name: 'alive__ticks', arguments: { everyMs: 100, times: 30 } },
      { name: 'hard__ticks', arguments: { everyMs: 50, times: 1_000_000 } },
    ]);
    expect(message(alive)).toBe('ticked');
    // It took longer than it may be silent.
    expect(Number(alive?.endedMs) - Number(alive?.startedMs)).toBeGreaterThan(2_000);
    expect(hard?.outcome).toMatchObject({ kind: 'timeout', code: 'totalMs', ran: 'unknown' });
    await eventually('the cancellation at the server', () => cancellations(log) === 1);
  },
);

verifies(
  'batch:cancel-reaches-server',
  'queueMs and connectMs end calls that were never sent, and name their settings',
  async () => {
    const log = newLog();
    await using host = await openHost(
      {
        mcpServers: {
          busy: rawEntry(
            'good',
            { tools: TOOLS },
            {
              env: { WIRE_LOG: log },
              timeouts: { queueMs: 500 },
              tools: { wait: { access: 'write' }, echo: { access: 'write' } },
            },
          ),
          mute: rawEntry('silent', {}, { timeouts: { connectMs: 700 }, protocol: 'legacy' }),
        },
      },
      { wait: 'none' },
    );
    const abort = new AbortController();
    const first = host.runBatch([{ name: 'busy__wait' }], { signal: abort.signal });
    await eventually('the arrival of the first', () =>
      linesOf(log).some(({ method }) => method === 'tools/call'),
    );
    const [queued, unconnected] = await host.runBatch([
      { name: 'busy__echo', arguments: { text: 'late' } },
      { name: 'mute__echo' },
    ]);
    expect(queued?.outcome).toMatchObject({ kind: 'timeout', code: 'queueMs', ran: 'no' });
    expect(message(queued)).toContain('queueMs = 500 ms (mcpServers.busy.timeouts.queueMs)');
    expect(unconnected?.outcome).toMatchObject({ kind: 'failed', ran: 'no' });
    expect(message(unconnected)).toContain('connectMs');
    abort.abort(new Error('enough'));
    await first;
    expect(linesOf(log).filter(({ method }) => method === 'tools/call')).toHaveLength(1);
  },
);

describe('batchMs', () => {
  verifies(
    'batch:cancel-reaches-server',
    'keeps what has ended and cancels the rest at the servers',
    async () => {
      const log = newLog();
      await using other = await GatedServer.start(['get']);
      other.open('done');
      await using host = await openHost({
        mcpServers: {
          slow: rawEntry(
            'good',
            { tools: TOOLS },
            { env: { WIRE_LOG: log }, tools: { wait: { access: 'write' } } },
          ),
          other: other.entry(),
        },
        limits: { batchMs: 3_000 },
      });
      const [done, slow, behind] = await host.runBatch([
        { name: 'other__get', arguments: { tag: 'done' } },
        { name: 'slow__wait' },
        { name: 'slow__wait' },
      ]);
      expect(message(done)).toBe('done');
      expect(slow?.outcome).toMatchObject({ kind: 'timeout', code: 'batchMs', ran: 'unknown' });
      expect(behind?.outcome).toMatchObject({ kind: 'timeout', code: 'batchMs', ran: 'no' });
      expect(message(behind)).toContain('batchMs = 3000 ms (limits.batchMs)');
      await eventually('the cancellation at the server', () => cancellations(log) === 1);
    },
  );

  verifies(
    'batch:cancel-reaches-server',
    'in the middle of a message ends the calls that come after it, too, by name',
    async () => {
      await using server = await GatedServer.start(['get', 'put']);
      await using host = await openHost({
        mcpServers: { s: server.entry({ tools: { get: { declared: true } } }) },
        limits: { batchMs: 2_000 },
      });
      const over = deferred<void>();
      host.on('batch-end', () => {
        over.resolve();
      });
      const call = (tool: string, tag: string): ModelEvent => ({
        kind: 'tool-call',
        call: { id: tag, name: `s__${tool}`, arguments: JSON.stringify({ tag }) },
      });
      let turns = 0;
      const model: Model = {
        name: 'slow',
        async *respond() {
          turns += 1;
          if (turns === 1) {
            yield call('get', 'under way');
            yield call('put', 'held');
            await over.promise;
            yield call('get', 'late');
            yield call('put', 'later');
          }
          yield { kind: 'finish', reason: turns === 1 ? 'tool-calls' : 'stop' };
        },
      };
      const result = await runAgent({
        model,
        prompt: 'go',
        tools: () => host.tools(),
        runBatch: (calls, options) => host.batchReport(calls, options),
      });
      const [first] = result.turns;
      expect(
        first?.calls.map(({ id, outcome }) => [
          id,
          outcome.kind,
          'code' in outcome && outcome.code,
        ]),
      ).toEqual(['under way', 'held', 'late', 'later'].map((id) => [id, 'timeout', 'batchMs']));
      expect(first?.calls.map(({ outcome }) => outcome.ran)).toEqual(['unknown', 'no', 'no', 'no']);
      for (const record of first?.calls ?? []) {
        expect(message(record)).toContain('batchMs = 2000 ms (limits.batchMs)');
      }
      expect(server.arrived).toEqual(['under way']);
    },
  );
});

describe('a rate', () => {
  const echo: ToolScript = (exchange) => {
    exchange.json(exchange.answer(String(exchange.args['tag'])));
  };
  const calls = (server: string, count: number): { name: string; arguments: { tag: string } }[] =>
    Array.from({ length: count }, (_, index) => ({
      name: `${server}__get`,
      arguments: { tag: `${server}${index}` },
    }));

  function told(host: Host): readonly string[] {
    const reasons: string[] = [];
    host.on('call-wait-start', ({ reason }) => reasons.push(reason));
    return reasons;
  }

  verifies(
    'batch:rate-waits',
    'makes calls wait their turn after its burst, those of all servers that share the resource',
    async () => {
      await using one = await HttpFixture.start({ tools: { get: echo } });
      await using two = await HttpFixture.start({ tools: { get: echo } });
      await using host = await openHost({
        mcpServers: {
          one: { type: 'http', url: one.url, resource: 'api', rate: { perSecond: 20, burst: 2 } },
          two: { type: 'http', url: two.url, resource: 'api' },
        },
      });
      const reasons = told(host);
      const before = performance.now();
      const records = await host.runBatch([...calls('one', 6), ...calls('two', 6)]);
      // Ten of twelve come after the burst: however fast the machine, that is half a second.
      expect(performance.now() - before).toBeGreaterThan(450);
      expect(records.every(({ outcome }) => outcome.kind === 'ok')).toBe(true);
      expect(reasons.filter((reason) => reason === 'rate').length).toBeGreaterThanOrEqual(9);
    },
  );

  verifies(
    'batch:rate-waits',
    'that the server itself enforces with 429 and Retry-After fails no call of a batch, and runs none twice',
    async () => {
      // So many a second; whoever is over is told to come again.
      const perWindow = 5;
      let window = { since: 0, taken: 0 };
      let refused = 0;
      const executed: string[] = [];
      await using server = await HttpFixture.start({
        tools: {
          put: (exchange) => {
            const now = performance.now();
            if (now - window.since >= 1_000) window = { since: now, taken: 0 };
            window.taken += 1;
            if (window.taken > perWindow) {
              refused += 1;
              return exchange.raw(429, 'slow down', { 'retry-after': '1' });
            }
            executed.push(String(exchange.args['tag']));
            return exchange.json(exchange.answer('done'));
          },
        },
      });
      await using host = await openHost({
        mcpServers: { api: { type: 'http', url: server.url, parallel: 'always' } },
      });
      const records = await host.runBatch(
        Array.from({ length: 20 }, (_, index) => ({
          name: 'api__put',
          arguments: { tag: `t${index}` },
        })),
      );
      expect(records.map(({ outcome }) => outcome.kind)).toEqual(Array(20).fill('ok'));
      expect(refused).toBeGreaterThan(0);
      expect(executed.length).toBe(20);
      expect(new Set(executed).size).toBe(20);
    },
  );

  verifies(
    'batch:rate-waits',
    'that one server enforces holds back calls to those that share its resource, and no others',
    async () => {
      let refusals = 0;
      await using strict = await HttpFixture.start({
        tools: {
          get: (exchange) => {
            refusals += 1;
            if (refusals > 1) return exchange.json(exchange.answer('late'));
            return exchange.raw(429, 'slow down', { 'retry-after': '2' });
          },
        },
      });
      await using partner = await HttpFixture.start({ tools: { get: echo } });
      await using stranger = await HttpFixture.start({ tools: { get: echo } });
      await using host = await openHost({
        mcpServers: {
          strict: { type: 'http', url: strict.url, resource: 'api' },
          partner: { type: 'http', url: partner.url, resource: 'api' },
          stranger: { type: 'http', url: stranger.url },
        },
      });
      const backsOff = deferred<void>();
      host.on('call-wait-start', ({ reason }) => {
        if (reason === 'backoff') backsOff.resolve();
      });
      const first = host.runBatch([{ name: 'strict__get', arguments: {} }]);
      await backsOff.promise;
      const reasons = told(host);
      const [held, free] = await host.runBatch([...calls('partner', 1), ...calls('stranger', 1)]);
      expect(reasons).toContain('rate');
      expect(held?.outcome.kind).toBe('ok');
      // By the clock of the batch: the stranger was over while the partner still waited.
      expect(Number(free?.endedMs)).toBeLessThan(Number(held?.startedMs));
      expect(message((await first)[0])).toBe('late');
    },
  );
});
