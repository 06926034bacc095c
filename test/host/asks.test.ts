import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import type { ElicitAnswer, ElicitRequest, HostOptions, SampleRequest } from '../../src/index.ts';
import { openHost } from '../../src/index.ts';
import { DOORS, SERVER, startHttp, type Door } from '../servers/testbed-session.ts';
import { SERVERS } from '../support/connections.ts';
import { eventually } from '../support/leaks.ts';
import { message, scriptedEndpoint } from '../support/scripted-endpoint.ts';
import { verifies } from '../support/verifies.ts';

const ENV = { PATH: process.env['PATH'], XDG_CACHE_HOME: process.env['XDG_CACHE_HOME'] };

/** A host with the testbed behind a door. */
async function hostAt(door: Door, options: HostOptions & { readonly config?: object } = {}) {
  const { config, ...rest } = options;
  const protocol = door.client;
  const http = door.transport === 'http' ? await startHttp(['--era', door.server]) : undefined;
  const entry =
    http === undefined
      ? { command: process.execPath, args: [SERVER, '--era', door.server] }
      : { url: http.url.href };
  const host = await openHost(
    { mcpServers: { testbed: { ...entry, protocol } }, ...config },
    { env: ENV, ...rest },
  );
  return {
    host,
    [Symbol.asyncDispose]: async () => {
      await host.close();
      await http?.[Symbol.asyncDispose]();
    },
  };
}

const ask = (id: string) => ({ id, name: 'testbed__ask', arguments: { question: `${id}?` } });

describe.each(DOORS)('over $transport, a $server server spoken to as $client', (door) => {
  /** A server behind it cannot tell on which of several calls it asks. */
  const isShared = door.transport === 'stdio' && door.client === 'legacy';

  verifies('asks:attributed', 'two calls ask at once, and each gets its own answer', async () => {
    const asked: ElicitRequest[] = [];
    const both = deferred<void>();
    const onElicit = async (request: ElicitRequest): Promise<ElicitAnswer> => {
      asked.push(request);
      if (asked.length === 2) both.resolve();
      await both.promise;
      return { action: 'accept', content: { answer: `to ${request.message}` } };
    };
    await using place = await hostAt(door, { onElicit });
    const records = await place.host.runBatch([ask('one'), ask('two')]);
    expect(records.map(({ outcome }) => outcome)).toMatchObject([
      { kind: 'ok', structuredContent: { action: 'accept', answer: 'to one?' } },
      { kind: 'ok', structuredContent: { action: 'accept', answer: 'to two?' } },
    ]);
    expect(records.map(({ attempts }) => attempts)).toEqual([1, 1]);
    for (const { message: question, cause } of asked) {
      const name = 'testbed__ask';
      const call = { id: question.slice(0, 3), name };
      const calls = ['one', 'two'].map((id) => ({ id, name }));
      expect(cause).toEqual(isShared ? { kind: 'one-of', calls } : { kind: 'call', call });
    }
  });

  verifies('asks:answered', 'a model’s answer, and a person’s no, reach the call', async () => {
    const seen: SampleRequest[] = [];
    await using place = await hostAt(door, {
      onElicit: () => Promise.resolve({ action: 'decline' }),
      onSample: (request) => {
        seen.push(request);
        return Promise.resolve({ text: 'four', model: 'tiny', stopReason: 'endTurn' });
      },
    });
    const sample = { name: 'testbed__sample', arguments: { prompt: '2 + 2?' } };
    const records = await place.host.runBatch([ask('no'), sample]);
    expect(records.map(({ outcome }) => outcome)).toMatchObject([
      { kind: 'ok', structuredContent: { action: 'decline' } },
      { kind: 'ok', structuredContent: { text: 'four', model: 'tiny' } },
    ]);
    expect(seen).toMatchObject([
      { server: 'testbed', messages: [{ role: 'user', text: '2 + 2?' }], maxTokens: 1000 },
    ]);
  });
});

describe.each(DOORS.filter(({ transport }) => transport === 'stdio'))(
  'where nothing is offered, a $server server spoken to as $client',
  (door) => {
    verifies(
      'asks:only-offered',
      'elsewhere the model hears that nobody can be asked, and that sampling is off',
      async () => {
        await using place = await hostAt(door);
        const sample = { name: 'testbed__sample', arguments: { prompt: 'x' } };
        const records = await place.host.runBatch([ask('one'), sample]);
        const told = records.map(({ outcome }) =>
          'content' in outcome ? String(outcome.content[0]?.['text']) : outcome.message,
        );
        if (door.client === 'modern') {
          expect(told[0]).toContain('nobody can be asked here');
          expect(told[1]).toContain('sampling.enabled');
        } else {
          // Of the old era, the server says it itself.
          expect(told[0]).toMatch(/not declare (?:elicitation|the required capability)/u);
          expect(told[1]).toMatch(/not declare (?:sampling|the required capability)/u);
        }
        expect(records.map(({ outcome }) => outcome.kind)).not.toContain('ok');
      },
    );
  },
);

verifies(
  'asks:clocks-stand',
  'no budget of the call or its batch expires while a person thinks',
  async () => {
    const budgetMs = 3_000;
    const timeouts = { attemptMs: budgetMs, idleMs: budgetMs, totalMs: budgetMs };
    const events: string[] = [];
    const server = (era: string) => ({
      command: process.execPath,
      args: [SERVER, '--era', era],
      timeouts,
    });
    await using host = await openHost(
      { mcpServers: { old: server('legacy'), new: server('modern') } },
      {
        env: ENV,
        onElicit: async () => {
          await new Promise((resolve) => {
            setTimeout(resolve, budgetMs + 500);
          });
          return { action: 'accept', content: { answer: 'at last' } };
        },
        onEvent: (event) => {
          if ('reason' in event) events.push(`${event.kind} ${event.reason}`);
        },
      },
    );
    const calls = ['old', 'new'].map((name) => ({ ...ask(name), name: `${name}__ask` }));
    const records = await host.runBatch(calls, { deadlineMs: budgetMs });
    expect(records.map(({ outcome }) => outcome)).toMatchObject([
      { kind: 'ok', structuredContent: { answer: 'at last' } },
      { kind: 'ok', structuredContent: { answer: 'at last' } },
    ]);
    expect(events.toSorted()).toEqual([
      'call-wait-end answer',
      'call-wait-end answer',
      'call-wait-start answer',
      'call-wait-start answer',
    ]);
  },
);

describe('sampling', () => {
  const testbed = { command: process.execPath, args: [SERVER] };
  const sample = { name: 'testbed__sample', arguments: { prompt: 'Say hi' } };

  test('asks the configured model, without tools, and cuts what is too long', async () => {
    await using endpoint = await scriptedEndpoint([message({ text: 'Hi there, you all' })]);
    await using host = await openHost(
      { mcpServers: { testbed }, sampling: { enabled: true, maxTokens: 2 } },
      { env: { ...ENV, OPENAI_BASE_URL: endpoint.url } },
    );
    const [record] = await host.runBatch([sample]);
    expect(record?.outcome).toMatchObject({ structuredContent: { text: 'Hi there' } });
    const { messages, tools } = endpoint.requests[0]?.body ?? {};
    expect(messages).toEqual([{ role: 'user', content: 'Say hi' }]);
    expect(tools ?? []).toEqual([]);
  });

  test.each([
    ['forbidden to one server', { sampling: false }, 'mcpServers.testbed.sampling'],
    ['without a model', {}, 'no language model'],
  ])('is not offered %s', async (_, entry, words) => {
    await using host = await openHost(
      { mcpServers: { testbed: { ...testbed, ...entry } }, sampling: { enabled: true } },
      { env: ENV },
    );
    const [record] = await host.runBatch([sample]);
    expect(record?.outcome).toMatchObject({ kind: 'failed', code: 'server-error' });
    expect(record?.outcome).toHaveProperty('message', expect.stringContaining(words));
  });

  test('may be allowed to one server only', async () => {
    await using endpoint = await scriptedEndpoint([message({ text: 'Hi' })]);
    await using host = await openHost(
      { mcpServers: { testbed: { ...testbed, sampling: true }, other: testbed } },
      { env: { ...ENV, OPENAI_BASE_URL: endpoint.url } },
    );
    const records = await host.runBatch([sample, { ...sample, name: 'other__sample' }]);
    expect(records.map(({ outcome }) => outcome.kind)).toEqual(['ok', 'failed']);
  });

  test('that takes too long is refused', async () => {
    const config = { mcpServers: { testbed }, sampling: { timeoutMs: 400 } };
    const onSample = () => new Promise<never>(() => undefined);
    await using host = await openHost(config, { env: ENV, onSample });
    const [late] = await host.runBatch([sample]);
    expect(late?.outcome).toMatchObject({ kind: 'failed', code: 'input-refused', ran: 'unknown' });
    expect(late?.outcome).toHaveProperty('message', expect.stringContaining('sampling.timeoutMs'));
  });
});

describe('roots', () => {
  const asker = { command: process.execPath, args: [join(SERVERS, 'asker.mjs'), 'legacy'] };
  const list = { name: 'asker__ask', arguments: { requests: [{ method: 'roots/list' }] } };
  const told = async (config: object): Promise<unknown> => {
    await using host = await openHost(config, { env: ENV });
    const [record] = await host.runBatch([list]);
    const outcome = record?.outcome;
    return outcome?.kind === 'ok' ? JSON.parse(String(outcome.content[0]?.['text'])) : outcome;
  };

  test('are those of the config, or the server’s own', async () => {
    const here = process.cwd();
    expect(await told({ mcpServers: { asker }, roots: ['sub dir', '/x'] })).toEqual([
      {
        roots: [
          { uri: `file://${here}/sub%20dir`, name: 'sub dir' },
          { uri: 'file:///x', name: 'x' },
        ],
      },
    ]);
    expect(
      await told({ mcpServers: { asker: { ...asker, roots: ['/y'] } }, roots: ['/x'] }),
    ).toEqual([{ roots: [{ uri: 'file:///y', name: 'y' }] }]);
  });

  test.each([
    ['by default', { mcpServers: { asker } }],
    [
      'to a server that is to have none',
      { mcpServers: { asker: { ...asker, roots: [] } }, roots: ['/x'] },
    ],
  ])('are not offered %s', async (_, config) => {
    expect(await told(config)).toMatchObject([{ code: -32_601 }]);
  });
});

describe('a call that breaks off after a round', () => {
  const asker = { command: process.execPath, args: [join(SERVERS, 'asker.mjs'), 'modern'] };
  const question = {
    method: 'elicitation/create',
    params: { message: '?', requestedSchema: { type: 'object', properties: {} } },
  };
  const rounds = [{ requests: { k: question } }, { exit: 'silently' }];

  verifies(
    'asks:round-is-no-send',
    'is repeated only where its tool is declared safe',
    async () => {
      let asked = 0;
      await using host = await openHost(
        { mcpServers: { asker } },
        {
          env: ENV,
          onElicit: () => {
            asked += 1;
            return Promise.resolve({ action: 'accept', content: {} });
          },
        },
      );
      const [unsafe] = await host.runBatch([{ name: 'asker__ask', arguments: { rounds } }]);
      expect(unsafe).toMatchObject({ attempts: 1, outcome: { kind: 'failed', ran: 'unknown' } });
      expect(asked).toBe(1);
      await eventually('the server', () => host.servers()[0]?.state.kind === 'ready');
      const [safe] = await host.runBatch([{ name: 'asker__ask_safely', arguments: { rounds } }]);
      expect(safe?.attempts).toBeGreaterThan(1);
      expect(asked).toBeGreaterThan(2);
    },
  );
});
