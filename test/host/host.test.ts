import { expect, test } from 'vitest';
import { HostError, openHost, type HostEvent } from '../../src/index.ts';
import { deferred } from '../../src/base/deferred.ts';
import { rawEntry, rawHost, rawTools, textOf } from '../support/raw-host.ts';

const echo = { tools: rawTools('echo', 'wait', 'release', 'crash') };

test('a hung and a broken server cost the others nothing, and are named with their causes', async () => {
  const good = Object.fromEntries(
    Array.from({ length: 18 }, (_, index) => [`good${index}`, rawEntry('good', echo)]),
  );
  await using raw = await rawHost(
    {
      hung: rawEntry('silent', {}, { timeouts: { connectMs: 600_000 } }),
      broken: rawEntry('exit-7'),
      ...good,
    },
    { config: { limits: { patienceMs: 300 } } },
  );
  const { host } = raw;
  const states = new Map(host.servers().map(({ id, state }) => [id, state]));
  // It is still connecting, ten minutes before its time-out: nobody waited for that.
  expect(states.get('hung')).toEqual({ kind: 'connecting' });
  expect(states.get('broken')).toMatchObject({
    kind: 'failed',
    reason: expect.stringContaining('7') as string,
  });
  expect(states.get('broken')).toMatchObject({
    reason: expect.stringContaining('cannot open the database') as string,
  });
  expect(host.tools().filter(({ name }) => name === 'echo')).toHaveLength(18);
  const records = await host.runBatch(
    Array.from({ length: 18 }, (_, index) => ({
      name: `good${index}__echo`,
      arguments: { text: `n${index}` },
    })),
  );
  expect(records.map(({ outcome }) => textOf(outcome))).toEqual(
    Array.from({ length: 18 }, (_, index) => `n${index}`),
  );
});

test('a call waits for its own server only; closing the host answers the ones still waiting', async () => {
  const raw = await rawHost(
    {
      hung: rawEntry('silent', {}, { timeouts: { connectMs: 600_000 } }),
      good: rawEntry('good', echo),
    },
    { options: { wait: 'none' } },
  );
  const goodEnded = deferred<void>();
  const batch = raw.host.runBatch(
    [
      { name: 'hung__anything', arguments: {} },
      { name: 'good__echo', arguments: { text: 'hello' } },
    ],
    {
      onEvent: (event) => {
        if (event.kind === 'call-end' && event.record.server === 'good') goodEnded.resolve();
      },
    },
  );
  await goodEnded.promise;
  await raw.host.close();
  const records = await batch;
  expect(records.map(({ outcome }) => outcome.kind)).toEqual(['cancelled', 'ok']);
  expect(records[0]?.outcome).toMatchObject({ code: 'host-closed', ran: 'no' });
  expect(raw.processes()).toEqual([]);
});

test('closing the host ends calls in flight, says that they may have run, and leaves no process', async () => {
  const raw = await rawHost({ good: rawEntry('good', echo) });
  const answered = deferred<void>();
  raw.host.on('call-end', () => {
    answered.resolve();
  });
  // The server reads in order: once the second is answered, the first has reached it.
  const batch = raw.host.runBatch([{ name: 'good__wait' }, { name: 'good__echo' }]);
  await answered.promise;
  await raw.host.close();
  expect((await batch)[0]?.outcome).toMatchObject({
    kind: 'cancelled',
    code: 'host-closed',
    ran: 'unknown',
  });
  expect(raw.processes()).toEqual([]);
  await expect(raw.host.batchReport([])).rejects.toMatchObject({ code: 'closed' });
});

test('aborting the signal closes the host', async () => {
  const controller = new AbortController();
  const raw = await rawHost(
    { good: rawEntry('good', echo) },
    { options: { signal: controller.signal } },
  );
  expect(raw.processes()).toHaveLength(1);
  controller.abort();
  await raw.host.close();
  expect(raw.processes()).toEqual([]);
});

test('an abort while the host opens rejects, and leaves no process', async () => {
  const controller = new AbortController();
  const opening = openHost(
    { mcpServers: { hung: rawEntry('silent') } },
    {
      signal: controller.signal,
      onEvent: ({ kind }) => {
        if (kind === 'connection-change') controller.abort();
      },
    },
  );
  await expect(opening).rejects.toMatchObject({ name: 'AbortError' });
});

test('a lazy server starts with the first call that needs it', async () => {
  await using raw = await rawHost(
    { lazy: rawEntry('good', echo, { start: 'lazy' }), eager: rawEntry('good', echo) },
    { options: { wait: 'none' } },
  );
  expect(raw.host.servers().find(({ id }) => id === 'lazy')?.state.kind).toBe('idle');
  const [record] = await raw.host.runBatch([{ name: 'lazy__echo', arguments: { text: 'awake' } }]);
  expect(textOf(record?.outcome ?? { kind: '' })).toBe('awake');
});

test('of the policy, runBatch enforces deny only', async () => {
  await using raw = await rawHost(
    { good: rawEntry('good', { tools: rawTools('echo', 'wait') }) },
    { config: { policy: { deny: ['*__wait'], ask: ['*'] } } },
  );
  const records = await raw.host.runBatch([
    { name: 'good__echo', arguments: { text: 'x' } },
    { name: 'good__wait' },
  ]);
  expect(records.map(({ outcome }) => outcome.kind)).toEqual(['ok', 'denied']);
  expect(records[1]).toMatchObject({ attempts: 0, outcome: { ran: 'no' } });
});

test('a batch’s own listener gets its events only, the host’s gets all', async () => {
  await using raw = await rawHost({ good: rawEntry('good', echo) });
  const own: HostEvent[] = [];
  await Promise.all([
    raw.host.runBatch([{ id: 'mine', name: 'good__echo', arguments: {} }], {
      onEvent: (event) => own.push(event),
    }),
    raw.host.runBatch([{ id: 'other', name: 'good__echo', arguments: {} }]),
  ]);
  const ids = (events: readonly HostEvent[]): readonly string[] =>
    events.flatMap((event) => (event.kind === 'call-end' ? [event.record.id] : []));
  expect(ids(own)).toEqual(['mine']);
  expect([...ids(raw.events)].sort()).toEqual(['mine', 'other']);
});

test('a listener that throws breaks no call', async () => {
  const uncaught: unknown[] = [];
  const before = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', (reason) => uncaught.push(reason));
  try {
    await using raw = await rawHost({ good: rawEntry('good', echo) });
    raw.host.on('call-end', () => {
      throw new Error('a listener’s own defect');
    });
    const [record] = await raw.host.runBatch([{ name: 'good__echo', arguments: { text: 'fine' } }]);
    expect(record?.outcome.kind).toBe('ok');
  } finally {
    process.removeAllListeners('uncaughtException');
    for (const listener of before) process.on('uncaughtException', listener);
  }
  // Never swallowed either: it is an uncaught exception, outside of the flow.
  expect(uncaught).toHaveLength(1);
});

test('options that name no server are a usage error that names the near ones', async () => {
  const opening = openHost(
    { mcpServers: { customers: rawEntry('good') } },
    { servers: ['custmers'] },
  );
  await expect(opening).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining('did you mean "customers"') as string,
  });
  await expect(openHost('/nowhere/mcp.config.json')).rejects.toBeInstanceOf(HostError);
});

test('`parallel` stands for every server’s own, and a tool’s setting beats it', async () => {
  const tools = rawTools('look', {
    name: 'change',
    inputSchema: { type: 'object' },
    annotations: { readOnlyHint: false },
  });
  await using raw = await rawHost(
    { good: rawEntry('good', { tools }, { tools: { look: { access: 'write' } } }) },
    { options: { parallel: 'always' } },
  );
  const rules = Object.fromEntries(
    raw.host.tools().map(({ name, access, accessRule }) => [name, `${access} ${accessRule}`]),
  );
  expect(rules).toEqual({ look: 'write config:access', change: 'read config:parallel=always' });
});

test('`patienceMs` is not counted before a server is ready: the only one has its whole connect time-out', async () => {
  await using raw = await rawHost(
    { slow: rawEntry('silent-probe', echo) },
    { config: { limits: { patienceMs: 0 } } },
  );
  expect(raw.host.tools().map(({ exposed }) => exposed)).toContain('slow__echo');
});

test('a call that had to wait for another begins after its end, in the records and in the events', async () => {
  await using raw = await rawHost({ good: rawEntry('good', echo) });
  const calls = ['a', 'b', 'c'].map((text) => ({ name: 'good__echo', arguments: { text } }));
  const records = await raw.host.runBatch(calls, { oneByOne: true });
  const steps = raw.events.flatMap((event) => {
    if (event.kind === 'call-start') return [`start ${event.id}`];
    return event.kind === 'call-end' ? [`end ${event.record.id}`] : [];
  });
  expect(steps).toEqual(records.flatMap(({ id }) => [`start ${id}`, `end ${id}`]));
  for (const [index, record] of records.slice(1).entries()) {
    expect(record.startedMs).toBeGreaterThanOrEqual(records[index]?.endedMs ?? Infinity);
  }
});
