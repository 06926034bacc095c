import { expect, test } from 'vitest';
import { reader, ScriptedHost, ScriptedMessage, tagged, writer } from '../support/scripted-host.ts';
import { turn } from '../support/turn.ts';
import { verifies } from '../support/verifies.ts';

const TOOLS = [
  reader('get'),
  writer('put'),
  reader('get', { server: 'late' }),
  writer('put', { server: 'late' }),
  reader('read', { server: 'late', keys: ['id'] }),
  writer('write', { server: 'late', keys: ['id'] }),
  reader('get', { server: 'twin', resource: 'late' }),
];

test('a call waits for its server, and the calls of other servers do not', async () => {
  await using host = new ScriptedHost({ tools: TOOLS });
  const late = host.connecting('late');
  const batch = host.run([tagged('late__get', 'l'), tagged('put', 'w'), tagged('get', 'r')]);
  await host.answer('w', 'r');
  expect(host.told('r').at(-1)).toBe('end:ok');
  late.ready();
  await host.answer('l');
  expect((await batch).results[0]).toMatchObject({
    server: 'late',
    tool: 'get',
    outcome: { kind: 'ok' },
  });
  expect(host.told('l')).toEqual([
    'queue',
    'wait-start:connect',
    'wait-end:connect',
    'queue',
    'start:1',
    'end:ok',
  ]);
});

test('a call whose server cannot be reached fails with the reason, alone, and was not run', async () => {
  await using host = new ScriptedHost({ tools: TOOLS });
  const late = host.connecting('late');
  const batch = host.run([tagged('late__put', 'l'), tagged('twin__get', 't'), tagged('get', 'r')]);
  await host.answer('r');
  late.failed('server "late" exited with code 1');
  await host.answer('t');
  const { results } = await batch;
  expect(results.map(({ outcome }) => outcome.kind)).toEqual(['failed', 'ok', 'ok']);
  expect(results[0]).toMatchObject({
    server: 'late',
    tool: null,
    outcome: { code: 'server-unavailable', message: 'server "late" exited with code 1', ran: 'no' },
  });
});

verifies(
  'batch:model-order',
  'calls that wait for one server run in the model’s order once it is there',
  async () => {
    await using host = new ScriptedHost({ tools: TOOLS });
    const late = host.connecting('late');
    const batch = host.run([
      tagged('late__put', 'w1'),
      tagged('late__get', 'r2'),
      tagged('late__put', 'w3'),
    ]);
    await turn();
    late.ready();
    await host.answer('w1', 'r2', 'w3');
    await batch;
    expect(host.sendings).toEqual(['w1', 'r2', 'w3']);
  },
);

verifies(
  'batch:model-order',
  'a call does not overtake one that waits for another server over the same resource',
  async () => {
    await using host = new ScriptedHost({ tools: TOOLS });
    const late = host.connecting('late');
    const batch = host.run([tagged('late__put', 'w1'), tagged('twin__get', 'r2')]);
    await turn();
    expect(host.sendings).toEqual([]);
    late.ready();
    await turn();
    expect(host.sendings).toEqual(['w1']);
    await host.answer('w1', 'r2');
    await batch;
  },
);

verifies(
  'batch:reads-overlap',
  'once its server is there, a call claims no more than its own',
  async () => {
    await using host = new ScriptedHost({ tools: TOOLS });
    const late = host.connecting('late');
    const batch = host.run([
      tagged('late__write', 'w-a', { id: 'a' }),
      tagged('late__read', 'r-b', { id: 'b' }),
      tagged('late__read', 'r-a', { id: 'a' }),
      tagged('twin__get', 'all'),
    ]);
    late.ready();
    await turn();
    expect(host.sendings).toEqual(['w-a', 'r-b']);
    await host.answer('r-b', 'w-a', 'r-a', 'all');
    await batch;
  },
);

verifies(
  'batch:revise',
  'a call that waits for its server may be revised, and keeps its place',
  async () => {
    await using host = new ScriptedHost({ tools: TOOLS });
    const late = host.connecting('late');
    const message = new ScriptedMessage();
    const batch = host.run(message);
    await message.call('late__get', { tag: 'old' });
    await message.call('late__get', { tag: 'r1' });
    await message.revise(0, 'late__put', { tag: 'w0' });
    late.ready();
    await turn();
    // The read behind the write does not start early, though it was admitted.
    expect(host.sendings).toEqual([]);
    await message.end();
    await host.answer('w0', 'r1');
    await batch;
    expect(host.sendings).toEqual(['w0', 'r1']);
  },
);

verifies(
  'batch:revise',
  'a call may become one that waits for its server: what conflicts with it waits, too',
  async () => {
    await using host = new ScriptedHost({ tools: TOOLS });
    const late = host.connecting('late');
    const message = new ScriptedMessage();
    const batch = host.run(message);
    await message.call('fake__get', { tag: 'r0' });
    await message.call('twin__get', { tag: 'r1' });
    await message.revise(0, 'late__put', { tag: 'w0' });
    expect((await host.sent('r1')).signal.aborted).toBe(true);
    await message.end();
    late.ready();
    await host.answer('w0');
    (await host.sent('r1', 2)).answer();
    await batch;
    expect(host.sendings).toEqual(['r0', 'r1', 'w0', 'r1']);
  },
);

verifies(
  'batch:revise',
  'a call that waits for its server may become one that need not',
  async () => {
    await using host = new ScriptedHost({ tools: TOOLS });
    const late = host.connecting('late');
    const message = new ScriptedMessage();
    const batch = host.run(message);
    await message.call('late__get', { tag: 'l0' }, 'c0');
    await message.call('twin__get', { tag: 'r1' });
    await message.revise(0, 'fake__get', { tag: 'r0' });
    expect(host.sendings.toSorted()).toEqual(['r0', 'r1']);
    await message.end();
    await host.answer('r0', 'r1');
    expect((await batch).results.map(({ server }) => server)).toEqual(['fake', 'twin']);
    late.ready();
    await turn();
    expect(host.sendings).not.toContain('l0');
    expect(host.told('c0')).toEqual([
      'queue',
      'wait-start:connect',
      'wait-end:connect',
      'revise',
      'queue',
      'start:1',
      'end:ok',
    ]);
  },
);

verifies(
  'batch:cancel-reaches-server',
  'a call that waits for its server can be cancelled, and is never sent',
  async () => {
    await using host = new ScriptedHost({ tools: TOOLS });
    const late = host.connecting('late');
    const abort = new AbortController();
    const batch = host.run(
      [tagged('late__put', 'w1'), tagged('late__get', 'r2'), tagged('twin__get', 'r3')],
      { signal: abort.signal },
    );
    abort.abort();
    expect((await batch).results.map(({ outcome }) => [outcome.kind, outcome.ran])).toEqual([
      ['cancelled', 'no'],
      ['cancelled', 'no'],
      ['cancelled', 'no'],
    ]);
    late.ready();
    await turn();
    expect(host.sendings).toEqual([]);
  },
);

verifies(
  'batch:hold-writes',
  'a call that waits for its server is not sent when the message breaks off',
  async () => {
    await using host = new ScriptedHost({ tools: TOOLS });
    const late = host.connecting('late');
    const message = new ScriptedMessage();
    const batch = host.run(message);
    await message.call('late__get', { tag: 'r' });
    await message.end(false);
    expect((await batch).results[0]?.outcome).toMatchObject({ code: 'truncated', ran: 'no' });
    late.ready();
    await turn();
    expect(host.sendings).toEqual([]);
  },
);

test('a server that goes away again at once is waited for again, in the same place', async () => {
  await using host = new ScriptedHost({ tools: TOOLS });
  const first = host.connecting('late');
  const batch = host.run([tagged('late__put', 'w1'), tagged('twin__get', 'r2')]);
  first.ready();
  const second = host.connecting('late');
  await turn();
  expect(host.sendings).toEqual([]);
  second.ready();
  await host.answer('w1', 'r2');
  await batch;
  expect(host.sendings).toEqual(['w1', 'r2']);
});

test('one by one, a call waits for the server of the one before it', async () => {
  await using host = new ScriptedHost({ tools: TOOLS });
  const late = host.connecting('late');
  const batch = host.run([tagged('late__get', 'l1'), tagged('get', 'r2')], { oneByOne: true });
  await turn();
  expect(host.sendings).toEqual([]);
  late.ready();
  await turn();
  expect(host.sendings).toEqual(['l1']);
  await host.answer('l1', 'r2');
  await batch;
});

verifies(
  'batch:defect-contained',
  'a promise of a server that rejects is no more than a reason to ask again',
  async () => {
    await using host = new ScriptedHost({ tools: TOOLS });
    let asked = 0;
    host.detour('fake__get', () => {
      asked += 1;
      const { server, resource } = TOOLS[0]!;
      if (asked === 1)
        return { kind: 'pending', server, resource, settled: Promise.reject(new Error('defect')) };
      return { kind: 'unavailable', server, reason: 'gone' };
    });
    const { results } = await host.run([tagged('get', 'r')]);
    expect(results[0]?.outcome).toMatchObject({ code: 'server-unavailable', message: 'gone' });
  },
);
