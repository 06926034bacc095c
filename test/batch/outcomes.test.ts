import { getEventListeners } from 'node:events';
import { describe, expect, test, vi } from 'vitest';
import type { HostEvent } from '../../src/call/events.ts';
import type { ToolCall } from '../../src/call/call.ts';
import type { Outcome } from '../../src/call/outcome.ts';
import { pipeline } from '../../src/batch/pipeline.ts';
import { failed } from '../support/fake-batch.ts';
import {
  call,
  ok,
  plainReader,
  reader,
  ScriptedHost,
  ScriptedMessage,
  tagged,
  writer,
  codesOf,
} from '../support/scripted-host.ts';
import { turn } from '../support/turn.ts';
import { verifies } from '../support/verifies.ts';

const READ = reader('get');
const WRITE = writer('put');

verifies(
  'batch:one-outcome',
  'whatever becomes of the calls, there is one record for each',
  async () => {
    await using host = new ScriptedHost({
      tools: [READ, WRITE, plainReader('look'), reader('slow', { server: 'other' })],
      servers: { other: { timeouts: { attemptMs: 1, totalMs: 1 } } },
    });
    const abort = new AbortController();
    const toolError: Outcome = {
      kind: 'tool-error',
      ran: 'yes',
      content: [{ type: 'text', text: 'no such thing' }],
    };
    const batch = host.run(
      [
        tagged('get', 'good'),
        tagged('look', 'error'),
        call('fake__get', 'not json', 'bad'),
        call('fake__nothing', {}, 'unknown'),
        tagged('look', 'forbidden'),
        tagged('other__slow', 'late'),
        tagged('look', 'lost'),
        tagged('get', 'hanging'),
        tagged('put', 'behind'),
      ],
      {
        signal: abort.signal,
        authorize: ({ id }) =>
          id === 'forbidden'
            ? { kind: 'deny', rule: 'policy', message: 'no' }
            : { kind: 'allow', rule: 'test' },
      },
    );
    (await host.sent('good')).answer();
    (await host.sent('error')).answer(toolError);
    (await host.sent('lost')).answer(failed({ ran: 'unknown' }));
    await host.sent('hanging');
    // The deadline of `late` is real time: it is waited for, however long it takes.
    const late = await host.sent('late');
    if (!late.signal.aborted)
      await new Promise((resolve) => late.signal.addEventListener('abort', resolve));
    await turn();
    abort.abort(new Error('enough'));
    const { results } = await batch;
    expect(results.map(({ id, outcome }) => [id, outcome.kind, outcome.ran])).toEqual([
      ['good', 'ok', 'yes'],
      ['error', 'tool-error', 'yes'],
      ['bad', 'invalid', 'no'],
      ['unknown', 'invalid', 'no'],
      ['forbidden', 'denied', 'no'],
      ['late', 'timeout', 'unknown'],
      ['lost', 'failed', 'unknown'],
      ['hanging', 'cancelled', 'unknown'],
      ['behind', 'cancelled', 'no'],
    ]);
    expect(results[7]?.outcome).toHaveProperty('message', 'enough');
  },
);

verifies(
  'batch:one-outcome',
  'listeners hear of every call once before they hear of its one end, and of nothing after the batch',
  async () => {
    await using host = new ScriptedHost({ tools: [READ, WRITE] });
    const b = host.connecting('b');
    const c = host.connecting('c');
    const calls = [
      tagged('get', 'r'),
      tagged('put', 'w'),
      call('fake__get', '{', 'json'),
      call('nobody', {}, 'unknown'),
      call('b__x', {}, 'gone'),
      call('c__x', {}, 'waiting'),
    ];
    const abort = new AbortController();
    const batch = host.run(calls, { signal: abort.signal });
    await host.answer('r');
    b.failed('exit code 1');
    (await host.sent('w')).progress({ progress: 1 });
    await turn();
    abort.abort();
    await batch;
    const write = await host.sent('w');
    write.answer();
    write.progress({ progress: 2 });
    c.ready();
    await turn();
    for (const { id } of calls) {
      const told = host.told(id!);
      expect(told[0]).toBe('queue');
      expect(told.filter((event) => event.startsWith('end:'))).toEqual([told.at(-1)]);
      const starts = told.filter((event) => event.startsWith('wait-start')).length;
      expect(told.filter((event) => event.startsWith('wait-end'))).toHaveLength(starts);
    }
    expect(host.told('w')).toEqual([
      'queue',
      'wait-start:order',
      'wait-end:order',
      'start:1',
      'progress',
      'end:cancelled',
    ]);
    expect(host.told('gone')).toEqual([
      'queue',
      'wait-start:connect',
      'wait-end:connect',
      'end:failed',
    ]);
    expect(host.told('waiting')).toEqual([
      'queue',
      'wait-start:connect',
      'wait-end:connect',
      'end:cancelled',
    ]);
    expect(host.events.at(0)?.kind).toBe('batch-start');
    expect(host.events.at(-1)?.kind).toBe('batch-end');
  },
);

verifies(
  'batch:one-outcome',
  'a listener that aborts in the middle of anything leaves one outcome for each call',
  async () => {
    const kinds: readonly HostEvent['kind'][] = [
      'batch-start',
      'call-queue',
      'call-wait-start',
      'call-wait-end',
      'call-start',
      'call-end',
    ];
    for (const kind of kinds) {
      for (const skipped of [0, 1, 2]) {
        await using host = new ScriptedHost({ tools: [READ, WRITE] });
        host.automatic = true;
        host.connecting('b');
        const abort = new AbortController();
        let seen = 0;
        const push = host.events.push.bind(host.events);
        host.events.push = (event) => {
          if (event.kind === kind && (seen += 1) > skipped) abort.abort();
          return push(event);
        };
        const calls = [
          tagged('get', 'r1'),
          tagged('put', 'w1'),
          tagged('get', 'r2'),
          tagged('b__x', 'x'),
          call('nobody', {}, 'u'),
        ];
        const timer = setImmediate(() => abort.abort());
        const { results } = await host.run(calls, { signal: abort.signal });
        clearImmediate(timer);
        expect(results.map(({ id }) => id)).toEqual(calls.map(({ id }) => id));
        const ends = host.events.filter((event) => event.kind === 'call-end');
        expect(ends).toHaveLength(calls.length);
      }
    }
  },
);

verifies(
  'batch:call-order',
  'results come in call order though the calls end in another',
  async () => {
    await using host = new ScriptedHost({ tools: [READ] });
    const labels = ['a', 'b', 'c', 'd'];
    const batch = host.run(labels.map((label) => tagged('get', label)));
    await host.answer('c', 'd', 'a', 'b');
    const { results } = await batch;
    expect(results.map(({ id }) => id)).toEqual(labels);
    expect(results.map(({ outcome }) => outcome)).toEqual(labels.map(ok));
  },
);

verifies(
  'batch:call-order',
  'a missing, empty or repeated id gets a fresh one, and the call runs',
  async () => {
    await using host = new ScriptedHost({ tools: [READ] });
    host.automatic = true;
    const calls: ToolCall[] = [
      { name: 'fake__get', id: 'a', arguments: { tag: '1' } },
      { name: 'fake__get', id: 'a', arguments: { tag: '2' } },
      { name: 'fake__get', arguments: { tag: '3' } },
      { name: 'fake__get', id: '', arguments: { tag: '4' } },
      { name: 'nobody', id: 'a' },
    ];
    const { results } = await host.run(calls);
    expect(results.map(({ id }) => id)).toEqual([
      'a',
      'call_1_1',
      'call_1_2',
      'call_1_3',
      'call_1_4',
    ]);
    expect(results.map(({ outcome }) => outcome.kind)).toEqual(['ok', 'ok', 'ok', 'ok', 'invalid']);
    expect(host.sendings).toEqual(['1', '2', '3', '4']);
  },
);

test('a record says what was asked, where it went and when', async () => {
  await using host = new ScriptedHost({ tools: [READ] });
  const batch = host.run([call('fake__get', '{"tag":"x","n":1}', 'x'), call('none', '{"n":', 'y')]);
  await host.answer('x');
  const { results, wallMs, sumMs, longestMs } = await batch;
  expect(results).toMatchObject([
    {
      id: 'x',
      name: 'fake__get',
      server: 'fake',
      tool: 'get',
      arguments: { tag: 'x', n: 1 },
      access: 'read',
      accessRule: 'annotation:readOnlyHint',
      attempts: 1,
    },
    {
      id: 'y',
      name: 'none',
      server: null,
      tool: null,
      arguments: '{"n":',
      access: null,
      accessRule: null,
      attempts: 0,
    },
  ]);
  const [sent, unsent] = results;
  expect(sent!.queuedMs).toBeLessThanOrEqual(sent!.startedMs);
  expect(sent!.startedMs).toBeLessThanOrEqual(sent!.endedMs);
  expect(sent!.endedMs).toBeLessThanOrEqual(wallMs);
  expect(unsent!.startedMs).toBe(unsent!.endedMs);
  expect(sumMs).toBeCloseTo(sent!.endedMs - sent!.startedMs, 2);
  expect(longestMs).toBe(sumMs);
});

test('an empty batch is over at once', async () => {
  await using host = new ScriptedHost({ tools: [] });
  expect(await host.run([])).toMatchObject({ results: [], sumMs: 0, longestMs: 0, speedup: 1 });
  expect(host.events.map(({ kind }) => kind)).toEqual(['batch-start', 'batch-end']);
});

verifies(
  'batch:bad-calls',
  'bad calls are answered beside the good ones and reach no server',
  async () => {
    await using host = new ScriptedHost({
      tools: [reader('get', { inputSchema: { type: 'object', required: ['tag'] } })],
    });
    host.automatic = true;
    const { results } = await host.run([
      tagged('get', 'good'),
      call('fake__got', {}, 'unknown'),
      call('fake__get', '{"tag": ', 'json'),
      call('fake__get', '[]', 'array'),
      call('fake__get', {}, 'schema'),
    ]);
    expect(codesOf(results)).toEqual([
      'ok',
      'unknown-tool',
      'arguments-json',
      'arguments-not-object',
      'arguments-schema',
    ]);
    expect(host.sendings).toEqual(['good']);
  },
);

verifies(
  'batch:bad-calls',
  'an unknown name is answered with the names it may have meant',
  async () => {
    await using host = new ScriptedHost({ tools: [READ] });
    host.detour('fake__gte', () => ({
      kind: 'unknown',
      nearest: ['fake__get'],
      there: [],
      servers: [],
    }));
    const { results } = await host.run([call('fake__gte'), call('x'.repeat(5_000))]);
    expect(results[0]?.outcome).toMatchObject({ code: 'unknown-tool' });
    expect(results[0]?.outcome).toHaveProperty(
      'message',
      expect.stringContaining('Did you mean fake__get?'),
    );
    expect(results[1]?.outcome).toHaveProperty('message', expect.stringMatching(/^.{0,300}$/u));
  },
);

verifies('batch:bad-calls', 'names of object properties are names like any others', async () => {
  await using host = new ScriptedHost({ tools: [READ] });
  const names = ['__proto__', 'constructor', 'toString', ''];
  const { results } = await host.run(names.map((name) => ({ name })));
  expect(results.map(({ outcome }) => outcome)).toMatchObject(
    names.map(() => ({ code: 'unknown-tool' })),
  );
});

test('arguments with a key named __proto__ arrive as they were given', async () => {
  await using host = new ScriptedHost({ tools: [READ] });
  const batch = host.run([call('fake__get', '{"tag":"x","__proto__":{"admin":true}}')]);
  const sending = await host.sent('x');
  expect(JSON.stringify(sending.arguments)).toBe('{"tag":"x","__proto__":{"admin":true}}');
  sending.answer();
  await batch;
});

describe('defects', () => {
  verifies(
    'batch:defect-contained',
    'a connection that rejects or throws, or a link that does, fails its call alone',
    async () => {
      const unhandled = vi.fn<() => void>();
      process.on('unhandledRejection', unhandled);
      try {
        await using host = new ScriptedHost({
          tools: [READ, WRITE, reader('throws'), writer('writes-and-throws')],
          compose: (tool, server, parts) => {
            if (!tool.name.includes('throws')) return pipeline(tool, server, parts);
            const callTool = (): never => {
              throw new Error('at once');
            };
            return pipeline(tool, server, { ...parts, callTool });
          },
        });
        const batch = host.run([
          tagged('get', 'rejects'),
          tagged('get', 'rejects', {}),
          tagged('throws', 'throws'),
          tagged('writes-and-throws', 'w1'),
          tagged('put', 'w2'),
        ]);
        (await host.sent('rejects')).reject(new Error('broken promise'));
        await host.answer('w2');
        const { results } = await batch;
        expect(
          results.map(({ outcome }) => [
            outcome.kind,
            'code' in outcome ? outcome.code : '',
            outcome.ran,
          ]),
        ).toEqual([
          ['failed', 'internal', 'unknown'],
          ['failed', 'internal', 'unknown'],
          ['failed', 'internal', 'unknown'],
          ['failed', 'internal', 'unknown'],
          ['ok', '', 'yes'],
        ]);
        await turn();
        expect(unhandled).not.toHaveBeenCalled();
      } finally {
        process.off('unhandledRejection', unhandled);
      }
    },
  );

  verifies(
    'batch:defect-contained',
    'a router or a chain that throws fails its call alone, and holds nobody up',
    async () => {
      await using host = new ScriptedHost({
        tools: [READ, WRITE, writer('chainless')],
        compose: (tool, server, parts) => {
          if (tool.name !== 'chainless') return pipeline(tool, server, parts);
          return () => {
            throw new TypeError('no chain');
          };
        },
      });
      host.detour('evil', () => {
        throw new Error('lost the way');
      });
      const batch = host.run([call('evil', {}, 'e'), tagged('chainless', 'c'), tagged('put', 'w')]);
      await host.answer('w');
      const { results } = await batch;
      expect(results.map(({ outcome }) => outcome)).toMatchObject([
        { kind: 'failed', code: 'internal', ran: 'no' },
        { kind: 'failed', code: 'internal', ran: 'no' },
        { kind: 'ok' },
      ]);
    },
  );

  verifies(
    'batch:defect-contained',
    'a question to a person that rejects or throws starts nothing',
    async () => {
      await using host = new ScriptedHost({ tools: [WRITE, reader('get')] });
      host.automatic = true;
      const { results } = await host.run(
        [tagged('put', 'w1'), tagged('put', 'w2'), tagged('put', 'w3')],
        {
          authorize: ({ id }) => {
            if (id === 'w1') return Promise.reject(new Error('no terminal'));
            if (id === 'w2') throw new Error('no policy');
            return { kind: 'allow', rule: 'test' };
          },
        },
      );
      expect(results.map(({ outcome }) => [outcome.kind, outcome.ran])).toEqual([
        ['denied', 'no'],
        ['failed', 'no'],
        ['ok', 'yes'],
      ]);
      expect(host.sendings).toEqual(['w3']);
    },
  );

  verifies('batch:defect-contained', 'a listener that throws changes nothing', async () => {
    await using host = new ScriptedHost({ tools: [READ, WRITE] });
    const thrown: unknown[] = [];
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => thrown.push(error));
    try {
      host.events.push = () => {
        throw new Error('listener');
      };
      host.automatic = true;
      const { results } = await host.run([tagged('get', 'r'), tagged('put', 'w')]);
      expect(results.map(({ outcome }) => outcome.kind)).toEqual(['ok', 'ok']);
      await turn();
      expect(thrown.length).toBeGreaterThan(5);
    } finally {
      process.removeAllListeners('uncaughtException');
      for (const other of others) process.on('uncaughtException', other);
    }
  });
});

describe('what is no batch', () => {
  test.each([
    ['a call that is no object', [null]],
    ['a name that is no text', [{ name: 5 }]],
    ['an id that is no text', [{ name: 'fake__get', id: 5 }]],
  ])('%s is a usage error before anything has begun', async (_what, calls) => {
    await using host = new ScriptedHost({ tools: [READ] });
    // A caller without types may pass anything.
    const batch = host.run([tagged('get', 'r'), ...(calls as unknown as ToolCall[])]);
    await expect(batch).rejects.toMatchObject({ code: 'usage' });
    expect(host.sendings).toEqual([]);
  });

  verifies(
    'batch:scopes-retired',
    'a message that revises what is not there ends the batch with an error, and everything it began',
    async () => {
      await using host = new ScriptedHost({ tools: [READ, WRITE] });
      const message = new ScriptedMessage();
      const batch = host.run(message);
      const failure = batch.catch((reason: unknown) => ({
        reason,
        ended: host.events.filter(({ kind }) => kind === 'call-end').length,
      }));
      await message.call('fake__get', { tag: 'r' });
      await message.call('fake__put', { tag: 'w' });
      await message.revise(7, 'fake__get');
      // Whoever learns of it can rely on it: nothing of the batch goes on.
      expect(await failure).toMatchObject({ reason: { code: 'usage' }, ended: 2 });
      expect(host.journal).toEqual(['r sent', 'r cancelled']);
      expect(message.left).toBe(true);
    },
  );
});

verifies(
  'batch:scopes-retired',
  'a batch leaves nothing on a long-lived signal, nor a timer',
  async () => {
    await using host = new ScriptedHost({
      tools: [READ, WRITE],
      servers: {
        fake: { timeouts: { queueMs: 60_000, attemptMs: 60_000, idleMs: 60_000, totalMs: 60_000 } },
      },
    });
    host.automatic = true;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const { signal } = new AbortController();
    for (let round = 0; round < 20; round += 1) {
      const message = new ScriptedMessage();
      const batch = host.run(message, { signal, deadlineMs: 60_000 });
      await message.call('fake__get', { tag: 'a' });
      await message.call('fake__put', { tag: 'b' });
      await message.revise(0, 'fake__get', { tag: 'c' });
      await message.end();
      await batch;
    }
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    const timers = vi.getTimerCount();
    vi.useRealTimers();
    expect(timers).toBe(0);
    expect(host.open.size).toBe(0);
  },
);

verifies(
  'batch:scopes-retired',
  'stopping the open batches, as closing the host does, ends every call of theirs',
  async () => {
    await using host = new ScriptedHost({ tools: [READ, WRITE] });
    host.connecting('b');
    const one = host.run([tagged('get', 'r'), tagged('put', 'w'), call('b__x')]);
    const two = host.run([tagged('put', 'other')], {
      authorize: () => new Promise(() => undefined),
    });
    const message = new ScriptedMessage();
    const three = host.run(message);
    await message.call('fake__put', { tag: 'held' });
    await host.sent('r');
    for (const run of host.open)
      run.stop({ kind: 'cancelled', code: 'host-closed', message: 'the host is closing' });
    const reports = await Promise.all([one, two, three]);
    expect(reports.flatMap(({ results }) => results.map(({ outcome }) => outcome))).toMatchObject([
      { code: 'host-closed', ran: 'unknown' },
      { code: 'host-closed', ran: 'no' },
      { code: 'host-closed', ran: 'no' },
      { code: 'host-closed', ran: 'no' },
      { code: 'host-closed', ran: 'no' },
    ]);
    expect(host.open.size).toBe(0);
  },
);

test('a batch of ten thousand calls of every kind runs, in order where it must', async () => {
  await using host = new ScriptedHost({
    tools: [
      READ,
      WRITE,
      plainReader('look', { server: 'other' }),
      writer('key', { keys: ['tag'], server: 'keyed' }),
    ],
  });
  host.automatic = true;
  const calls = Array.from({ length: 10_000 }, (_value, index) => {
    const label = String(index);
    const kinds = [
      tagged('get', label),
      tagged('other__look', label),
      tagged('keyed__key', label),
      tagged('put', label),
    ];
    return kinds[index % 7] ?? call('nobody', {}, label);
  });
  const { results } = await host.run(calls);
  expect(results.map(({ id }) => id)).toEqual(calls.map(({ id }) => id));
  expect(
    results.every(({ outcome }, index) => outcome.kind === (index % 7 > 3 ? 'invalid' : 'ok')),
  ).toBe(true);
  const writes = host.sendings.filter((label) => Number(label) % 7 === 3).map(Number);
  expect(writes).toEqual(writes.toSorted((a, b) => a - b));
});

verifies(
  'batch:one-outcome',
  'arguments that are no JSON end their own call, and no other one of a whole batch',
  async () => {
    await using host = new ScriptedHost({ tools: [READ, WRITE] });
    host.automatic = true;
    const throws = {
      toJSON: () => {
        throw new Error('not me');
      },
    };
    for (const odd of [{ n: 1n }, { throws }]) {
      const report = await host.run([
        // What a program hands over; the types do not allow it.
        { id: 'odd', name: 'fake__get', arguments: odd as never },
        tagged('get', 'good'),
        tagged('put', 'too'),
      ]);
      expect(report.results.map(({ outcome }) => outcome.kind)).toEqual(['failed', 'ok', 'ok']);
      expect(report.results[0]?.outcome).toMatchObject({ code: 'internal', ran: 'no' });
    }
  },
);

test('calls that can be gone through only once are all run', async () => {
  await using host = new ScriptedHost({ tools: [READ] });
  host.automatic = true;
  function* once() {
    yield tagged('get', 'a');
    yield tagged('get', 'b');
  }
  // The types ask for an array; a program may have none.
  const { results } = await host.run(once() as never);
  expect(results.map(({ id, outcome }) => [id, outcome.kind])).toEqual([
    ['a', 'ok'],
    ['b', 'ok'],
  ]);
});
