import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { exposedNameOf } from '../../src/catalogue/exposed-name.ts';
import type { Host, HostOptions } from '../../src/index.ts';
import { eventually } from '../support/leaks.ts';
import { rawEntry, rawHost, rawTools, textOf, type RawHost } from '../support/raw-host.ts';
import { message, scriptedEndpoint } from '../support/scripted-endpoint.ts';
import { verifies } from '../support/verifies.ts';

const place = mkdtempSync(join(tmpdir(), 'fanout-warm-'));
afterAll(() => {
  rmSync(place, { recursive: true });
});
let servers = 0;

type Tools = readonly (string | object)[];

/** A server that counts its starts, and may list something else each time. */
interface Changing {
  readonly entry: object;
  readonly starts: () => number;
}

function changing(
  lists: readonly Tools[],
  {
    start = 'lazy',
    ...options
  }: { readonly start?: string; readonly [option: string]: unknown } = {},
): Changing {
  servers += 1;
  const counter = join(place, `starts-${servers}`);
  writeFileSync(counter, '');
  const toolsByStart = lists.map((tools) => rawTools(...tools));
  const entry = rawEntry(
    'good',
    { tools: toolsByStart.at(-1), toolsByStart, counter, ...options },
    { start },
  );
  return { entry, starts: () => statSync(counter).size };
}

/** A host that was closed again: what its servers listed is remembered. */
async function earlier(entries: Readonly<Record<string, object>>): Promise<void> {
  const raw = await rawHost(entries);
  await eventually('all servers', () =>
    raw.host.servers().every(({ state }) => state.kind === 'ready'),
  );
  await raw[Symbol.asyncDispose]();
}

const names = (host: Host): readonly string[] => host.tools().map(({ exposed }) => exposed);
const stateOf = (host: Host, id: string): string | undefined =>
  host.servers().find((server) => server.id === id)?.state.kind;
const changes = ({ events }: RawHost): number =>
  events.filter(({ kind }) => kind === 'catalogue-change').length;
const remembered = (): readonly string[] =>
  readdirSync(join(process.env['XDG_CACHE_HOME'] ?? '', 'mcp-fanout', 'catalogues'));

const readOnly = { annotations: { readOnlyHint: true } };
const peek = { name: 'echo', inputSchema: { type: 'object' }, ...readOnly };

describe('a lazy server that was asked before', () => {
  verifies(
    'warm:remembered',
    'shows its tools without being started, and is started by its first call, which finds them unchanged',
    async () => {
      const server = changing([[peek, 'wait']]);
      await earlier({ lazy: server.entry });
      expect(server.starts()).toBe(1);
      const since = Date.now();
      await using raw = await rawHost({ lazy: server.entry });
      const { host } = raw;
      const before = host.tools();
      expect(before).toMatchObject([
        { exposed: 'lazy__echo', access: 'read', declaredReadOnly: true },
        { exposed: 'lazy__wait', declaredReadOnly: false },
      ]);
      const [status] = host.servers();
      expect(status).toMatchObject({ id: 'lazy', state: { kind: 'idle' } });
      expect(status?.rememberedAt).toBeGreaterThan(since - 60_000);
      expect(changes(raw)).toBe(1);
      expect(server.starts()).toBe(1);

      const [record] = await host.runBatch([{ name: 'lazy__echo', arguments: { text: 'awake' } }]);
      expect(textOf(record?.outcome ?? { kind: '' })).toBe('awake');
      expect(server.starts()).toBe(2);
      expect(host.tools()).toBe(before);
      expect(changes(raw)).toBe(1);
      expect(host.servers()[0]).not.toHaveProperty('rememberedAt');
    },
  );

  test('is started and waited for while nothing is remembered of it, and asked again while it has no tools', async () => {
    const server = changing([[], [peek]]);
    await earlier({ lazy: server.entry });
    expect(server.starts()).toBe(1);
    await using raw = await rawHost({ lazy: server.entry });
    expect(names(raw.host)).toEqual(['lazy__echo']);
    expect(server.starts()).toBe(2);
  });

  verifies(
    'warm:remembered',
    'is in a model’s first request, which waits for no server',
    async () => {
      await using endpoint = await scriptedEndpoint([message({ text: 'Nothing to do.' })]);
      const server = changing([[peek, 'wait']], { silentStarts: [2] });
      await earlier({ lazy: server.entry });
      await using raw = await rawHost(
        { lazy: server.entry },
        { options: { env: { ...process.env, OPENAI_BASE_URL: endpoint.url } } },
      );
      await raw.host.run('say it');
      expect(endpoint.requests[0]?.body.tools?.map((tool) => tool.function.name)).toEqual([
        'lazy__echo',
        'lazy__wait',
      ]);
      expect(server.starts()).toBe(1);
    },
  );
});

describe('what the server says', () => {
  verifies(
    'warm:replaced',
    'takes the place of what was remembered, with one change of the catalogue, and is remembered from then on',
    async () => {
      const server = changing([
        ['old', peek],
        [{ ...peek, description: 'anew' }, 'young'],
      ]);
      await earlier({ lazy: server.entry });
      {
        await using raw = await rawHost({ lazy: server.entry });
        expect(names(raw.host)).toEqual(['lazy__old', 'lazy__echo']);
        await raw.host.runBatch([{ name: 'lazy__echo', arguments: { text: 'x' } }]);
        expect(names(raw.host)).toEqual(['lazy__echo', 'lazy__young']);
        expect(raw.host.tools()[0]?.description).toBe('anew');
        expect(changes(raw)).toBe(2);
      }
      await using raw = await rawHost({ lazy: server.entry });
      expect(names(raw.host)).toEqual(['lazy__echo', 'lazy__young']);
      expect(raw.host.tools()[0]?.description).toBe('anew');
      expect(server.starts()).toBe(2);
      expect(remembered()).toHaveLength(1);
    },
  );

  verifies('warm:replaced', 'is remembered as it was when the host closed', async () => {
    const server = changing([['change-list']]);
    {
      await using raw = await rawHost({ lazy: server.entry });
      const tools = [{ name: 'first', inputSchema: { type: 'object' } }];
      await raw.host.runBatch([{ name: 'lazy__change-list', arguments: { tools } }]);
      await eventually('the new list', () => names(raw.host).includes('lazy__first'));
    }
    await using raw = await rawHost({ lazy: server.entry });
    expect(names(raw.host)).toEqual(['lazy__first']);
    expect(server.starts()).toBe(1);
  });

  verifies('warm:revoked', 'decides whether a call of a remembered tool goes out', async () => {
    const schema = (required: string): object => ({
      type: 'object',
      properties: { text: { type: 'string' }, [required]: { type: 'string' } },
      required: [required],
    });
    const server = changing([
      ['echoes', { name: 'echo', inputSchema: schema('old') }],
      [{ name: 'echo', inputSchema: schema('young') }],
    ]);
    await earlier({ lazy: server.entry });
    await using raw = await rawHost({ lazy: server.entry });
    expect(names(raw.host)).toEqual(['lazy__echoes', 'lazy__echo']);
    const [gone, stale, live] = await raw.host.runBatch([
      { name: 'lazy__echoes' },
      { name: 'lazy__echo', arguments: { old: 'x' } },
      { name: 'lazy__echo', arguments: { young: 'x', text: 'right' } },
    ]);
    expect(gone).toMatchObject({
      attempts: 0,
      tool: null,
      outcome: { kind: 'invalid', code: 'unknown-tool', ran: 'no' },
    });
    expect(textOf(gone?.outcome ?? { kind: '' })).toContain('Did you mean lazy__echo?');
    expect(stale).toMatchObject({
      attempts: 0,
      outcome: { kind: 'invalid', code: 'arguments-schema', ran: 'no' },
    });
    expect(textOf(stale?.outcome ?? { kind: '' })).toContain("'young'");
    expect(textOf(live?.outcome ?? { kind: '' })).toBe('right');
  });

  verifies(
    'warm:reclassed',
    'decides about permission and class: a remembered hint allows nothing',
    async () => {
      await using endpoint = await scriptedEndpoint([
        message({ calls: [{ name: 'lazy__echo', arguments: { text: 'x' } }] }),
        message({ text: 'Then not.' }),
      ]);
      const server = changing([[peek], [{ ...peek, annotations: { readOnlyHint: false } }]]);
      await earlier({ lazy: server.entry });
      const asked: string[] = [];
      await using raw = await rawHost(
        { lazy: server.entry },
        { options: { env: { ...process.env, OPENAI_BASE_URL: endpoint.url } } },
      );
      expect(raw.host.tools()[0]).toMatchObject({ access: 'read', declaredReadOnly: true });
      const { turns } = await raw.host.run('say it', {
        approve: ({ name }) => {
          asked.push(name);
          return Promise.resolve(false);
        },
      });
      expect(turns[0]?.calls[0]).toMatchObject({
        access: 'write',
        accessRule: 'annotation:readOnlyHint',
        attempts: 0,
        outcome: { kind: 'denied', code: 'refused', ran: 'no' },
      });
      expect(asked).toEqual(['lazy__echo']);
    },
  );

  verifies(
    'warm:reclassed',
    'comes before any call that a message still being written brings: a remembered read does not start early',
    async () => {
      const server = changing([[peek], [{ name: 'echo', inputSchema: { type: 'object' } }]]);
      await earlier({ lazy: server.entry });
      await using raw = await rawHost({ lazy: server.entry });
      const { host } = raw;
      async function* written() {
        yield { kind: 'call', call: { name: 'lazy__echo', arguments: { text: 'x' } } } as const;
        await eventually('the server', () => stateOf(host, 'lazy') === 'ready');
        // Broken off: what was not declared has not been sent by now, whatever was remembered of it.
        yield { kind: 'end', complete: false } as const;
      }
      const [record] = await host.runBatch(written());
      expect(record).toMatchObject({
        attempts: 0,
        outcome: { kind: 'cancelled', code: 'truncated', ran: 'no' },
      });
    },
  );
});

verifies(
  'warm:gone',
  'a server that does not start loses its remembered tools, the call that waited says why, and the next host shows them again',
  async () => {
    // The question about its era is met with an exit, too, and it is tried again by itself.
    const server = changing([[peek]], { failStarts: [2, 3, 4, 5, 6, 7, 8] });
    const steady = changing([[peek]], { start: 'eager' });
    const entries = { lazy: server.entry, steady: steady.entry };
    await earlier(entries);
    {
      await using raw = await rawHost(entries);
      const { host } = raw;
      expect(names(host)).toEqual(['lazy__echo', 'steady__echo']);
      const before = changes(raw);
      const [failed, ok] = await host.runBatch([
        { name: 'lazy__echo', arguments: {} },
        { name: 'steady__echo', arguments: { text: 'there' } },
      ]);
      expect(failed).toMatchObject({
        server: 'lazy',
        attempts: 0,
        outcome: { kind: 'failed', code: 'server-unavailable', ran: 'no' },
      });
      expect(textOf(failed?.outcome ?? { kind: '' })).toContain('is none');
      expect(ok?.outcome.kind).toBe('ok');
      const lost = raw.events.findIndex(
        (event) =>
          event.kind === 'connection-change' &&
          event.server === 'lazy' &&
          event.state.kind === 'failed',
      );
      expect(raw.events[lost + 1]).toEqual({ kind: 'catalogue-change', tools: 1 });
      expect(changes(raw)).toBeGreaterThan(before);
    }
    await using raw = await rawHost(entries, { options: { wait: 'none' } });
    expect(names(raw.host)).toEqual(['lazy__echo', 'steady__echo']);
  },
);

describe('a background server that was asked before', () => {
  test('is not waited for, is started by itself all the same, and replaces what was remembered', async () => {
    const server = changing([[peek], [peek, 'wait']], { start: 'background' });
    await earlier({ later: server.entry });
    await using raw = await rawHost({ later: server.entry });
    expect(raw.host.servers()).toMatchObject([{ rememberedAt: expect.any(Number) as number }]);
    expect(names(raw.host)).toEqual(['later__echo']);
    await eventually('its own list', () => names(raw.host).includes('later__wait'));
    expect(stateOf(raw.host, 'later')).toBe('ready');
  });

  test('is started by a call at once', async () => {
    const server = changing([[peek]], { start: 'background' });
    await earlier({ later: server.entry });
    await using raw = await rawHost({ later: server.entry });
    const [record] = await raw.host.runBatch([{ name: 'later__echo', arguments: { text: 'x' } }]);
    expect(record?.outcome.kind).toBe('ok');
    expect(server.starts()).toBe(2);
  });

  test('is not started once the host is closed', async () => {
    const server = changing([[peek]], { start: 'background' });
    await earlier({ later: server.entry });
    const raw = await rawHost({ later: server.entry });
    await raw[Symbol.asyncDispose]();
    expect(raw.events.filter(({ kind }) => kind === 'connection-change')).toMatchObject([
      { state: { kind: 'closed' } },
    ]);
    expect(server.starts()).toBe(1);
  });
});

verifies(
  'warm:revoked',
  'whoever hears that a server is ready, and calls it at once, goes by what it says itself',
  async () => {
    const strict = { name: 'echo', inputSchema: { type: 'object', required: ['reason'] } };
    const server = changing([[peek], [strict]]);
    await earlier({ lazy: server.entry });
    await using raw = await rawHost({ lazy: server.entry });
    const { host, events } = raw;
    const call = { name: 'lazy__echo', arguments: {} };
    const calls: ReturnType<Host['runBatch']>[] = [];
    host.on('connection-change', ({ state }) => {
      if (state.kind === 'ready') calls.push(host.runBatch([call]));
    });
    calls.push(host.runBatch([call]));
    await eventually('both calls', () => calls.length === 2);
    for (const [record] of await Promise.all(calls)) {
      expect(record?.outcome).toMatchObject({ kind: 'invalid', code: 'arguments-schema' });
    }
    const told = events.flatMap((event) => {
      if (event.kind === 'connection-change') return [event.state.kind];
      return event.kind === 'catalogue-change' ? [event.kind] : [];
    });
    expect(told).toEqual(['catalogue-change', 'connecting', 'ready', 'catalogue-change']);
  },
);

describe('a background server that was never asked', () => {
  test('is waited for where there is nothing else', async () => {
    const late = changing([[peek]], { start: 'background' });
    const broken = rawEntry('good', {}, { command: join(place, 'no-such-program') });
    await using raw = await rawHost({ late: late.entry, broken });
    expect(names(raw.host)).toEqual(['late__echo']);
  });

  test('is not waited for beside another', async () => {
    const late = changing([[peek]], { start: 'background', silentStarts: [1] });
    const eager = changing([[peek]], { start: 'eager' });
    await using raw = await rawHost(
      { late: late.entry, eager: eager.entry },
      { options: { wait: 'none' } },
    );
    const statuses = await raw.host.ready({ patienceMs: Infinity });
    expect(statuses.map(({ state }) => state.kind)).toEqual(['connecting', 'ready']);
  });
});

describe('an eager server that was asked before', () => {
  test('is started and waited for; its remembered tools serve where nobody waits', async () => {
    const server = changing([[peek], [], [peek, 'wait']], { start: 'eager', silentStarts: [2] });
    await earlier({ one: server.entry });
    {
      await using raw = await rawHost({ one: server.entry }, { options: { wait: 'none' } });
      expect(names(raw.host)).toEqual(['one__echo']);
      expect(raw.host.servers()).toMatchObject([
        { state: { kind: 'connecting' }, rememberedAt: expect.any(Number) as number },
      ]);
      await eventually('the start', () => server.starts() === 2);
    }
    await using raw = await rawHost({ one: server.entry });
    expect(names(raw.host)).toEqual(['one__echo', 'one__wait']);
  });

  test('that hangs costs no more than the patience when the tools of others are remembered', async () => {
    const lazy = changing([[peek]]);
    const eager = changing([[peek]], { start: 'eager', silentStarts: [2] });
    const entries = { lazy: lazy.entry, eager: eager.entry };
    await earlier(entries);
    await using raw = await rawHost(entries, { options: { wait: 'none' } });
    const statuses = await raw.host.ready({ patienceMs: 10 });
    expect(statuses.map(({ state }) => state.kind)).toEqual(['idle', 'connecting']);
    expect(names(raw.host)).toEqual(['lazy__echo', 'eager__echo']);
  });
});

test('a tool that is left out of what is remembered, and of what the server says then, is told of once', async () => {
  const dotted = 'a.b';
  const taken = exposedNameOf('lazy', dotted).replace('lazy__', '');
  const server = changing([
    [dotted, taken, peek],
    [dotted, taken, peek, 'wait'],
  ]);
  await earlier({ lazy: server.entry });
  await using raw = await rawHost({ lazy: server.entry });
  const { host, events } = raw;
  const told = (): readonly unknown[] =>
    events.filter((event) => event.kind === 'server-notice' && event.code === 'tool-dropped');
  const once = [{ message: expect.stringContaining(`tool "${taken}" is left out`) as string }];
  expect(told()).toMatchObject(once);
  await host.runBatch([{ name: 'lazy__echo', arguments: { text: 'x' } }]);
  expect(names(host)).toContain('lazy__wait');
  expect(told()).toMatchObject(once);
});

describe('where nothing can be remembered', () => {
  const blocked = (): HostOptions => {
    const file = join(place, 'no-folder');
    writeFileSync(file, '');
    return { env: { ...process.env, XDG_CACHE_HOME: file } };
  };

  verifies('warm:untrusted-file', 'one notice says so, and all else works', async () => {
    const server = changing([[peek], ['wait']]);
    const options = blocked();
    await using raw = await rawHost(
      { lazy: server.entry, other: changing([['wait']]).entry },
      { options },
    );
    expect(names(raw.host)).toEqual(['lazy__echo', 'other__wait']);
    await raw.host.close();
    const notices = raw.events.filter(({ kind }) => kind === 'host-notice');
    expect(notices).toMatchObject([{ code: 'tools-not-remembered' }]);
  });

  test('nobody is told whose servers are all started and waited for', async () => {
    const server = changing([[peek]], { start: 'eager' });
    await using raw = await rawHost({ one: server.entry }, { options: blocked() });
    await raw.host.close();
    expect(raw.events.filter(({ kind }) => kind === 'host-notice')).toEqual([]);
  });

  test('a folder that other users may change is neither read nor left so', async () => {
    const server = changing([[peek], ['wait']]);
    await earlier({ lazy: server.entry });
    const folder = join(process.env['XDG_CACHE_HOME'] ?? '', 'mcp-fanout', 'catalogues');
    chmodSync(folder, 0o777);
    await using raw = await rawHost({ lazy: server.entry });
    expect(names(raw.host)).toEqual(['lazy__wait']);
    await raw.host.close();
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });
});
