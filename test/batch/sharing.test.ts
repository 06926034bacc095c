import { expect, test } from 'vitest';
import {
  call,
  reader,
  plainReader,
  ScriptedHost,
  ScriptedMessage,
  writer,
} from '../support/scripted-host.ts';
import { turn } from '../support/turn.ts';
import { verifies } from '../support/verifies.ts';

const TOOLS = [
  reader('get'),
  plainReader('look'),
  writer('put'),
  reader('read', { keys: ['id'] }),
  writer('write', { keys: ['id'] }),
];

test('identical declared reads of one batch are sent once, and each is answered', async () => {
  await using host = new ScriptedHost({ tools: TOOLS });
  const batch = host.run([
    call('fake__get', '{"tag":"r","n":1}', 'a'),
    call('fake__get', '{"n":1,"tag":"r"}', 'b'),
  ]);
  await host.answer('r');
  const { results } = await batch;
  expect(host.sendings).toEqual(['r']);
  expect(results.map(({ id, outcome, attempts }) => [id, outcome.kind, attempts])).toEqual([
    ['a', 'ok', 1],
    ['b', 'ok', 1],
  ]);
  expect(host.told('b')).toEqual(['queue', 'wait-start:shared', 'wait-end:shared', 'end:ok']);
});

test('what nobody declared read-only is never shared', async () => {
  await using host = new ScriptedHost({ tools: TOOLS });
  host.automatic = true;
  await host.run(
    ['look', 'look', 'put', 'put'].map((tool) => call(`fake__${tool}`, { tag: tool })),
  );
  expect(host.sendings).toEqual(['look', 'look', 'put', 'put']);
});

verifies(
  'batch:no-stale-read',
  'a read after a write does not share the result of a read before it',
  async () => {
    await using host = new ScriptedHost({ tools: TOOLS });
    const batch = host.run([
      call('fake__get', { tag: 'r' }),
      call('fake__put', { tag: 'w' }),
      call('fake__get', { tag: 'r' }),
    ]);
    await host.answer('r', 'w');
    (await host.sent('r', 2)).answer();
    await batch;
    expect(host.journal).toEqual(['r sent', 'r ok', 'w sent', 'w ok', 'r sent', 'r ok']);
  },
);

verifies(
  'batch:no-stale-read',
  'a read may share past a write that it does not conflict with',
  async () => {
    await using host = new ScriptedHost({ tools: TOOLS });
    const batch = host.run([
      call('fake__read', { tag: 'r', id: 1 }),
      call('fake__write', { tag: 'w', id: 2 }),
      call('fake__read', { tag: 'r', id: 1 }),
    ]);
    await host.answer('w', 'r');
    await batch;
    expect(host.sendings).toEqual(['r', 'w']);
  },
);

verifies(
  'batch:shared-cancel',
  'a shared send ends when its batch is cancelled, and with it every call that shares it',
  async () => {
    await using host = new ScriptedHost({ tools: TOOLS });
    const abort = new AbortController();
    const batch = host.run([call('fake__get', { tag: 'r' }), call('fake__get', { tag: 'r' })], {
      signal: abort.signal,
    });
    const sending = await host.sent('r');
    abort.abort();
    const { results } = await batch;
    expect(sending.signal.aborted).toBe(true);
    expect(results.map(({ outcome }) => [outcome.kind, outcome.ran])).toEqual([
      ['cancelled', 'unknown'],
      ['cancelled', 'unknown'],
    ]);
  },
);

verifies(
  'batch:shared-cancel',
  'a shared send goes on for the others when the model revises the call that began it',
  async () => {
    await using host = new ScriptedHost({ tools: TOOLS });
    const message = new ScriptedMessage();
    const batch = host.run(message);
    await message.call('fake__get', { tag: 'r' });
    await message.call('fake__get', { tag: 'r' });
    await message.revise(0, 'fake__get', { tag: 'new' });
    const sending = await host.sent('r');
    expect(sending.signal.aborted).toBe(false);
    await message.end();
    await host.answer('r', 'new');
    expect((await batch).results.map(({ outcome }) => outcome)).toMatchObject([
      { content: [{ text: 'new' }] },
      { content: [{ text: 'r' }] },
    ]);
  },
);

verifies(
  'batch:shared-cancel',
  'a shared send is cancelled when the model revises all calls that share it, and nobody joins it any more',
  async () => {
    await using host = new ScriptedHost({ tools: TOOLS });
    const message = new ScriptedMessage();
    const batch = host.run(message);
    await message.call('fake__get', { tag: 'r' });
    await message.call('fake__get', { tag: 'r' });
    await message.revise(0, 'fake__get', { tag: 'a' });
    await message.revise(1, 'fake__get', { tag: 'b' });
    expect((await host.sent('r')).signal.aborted).toBe(true);
    await message.call('fake__get', { tag: 'r' });
    await message.end();
    (await host.sent('r', 2)).answer();
    await host.answer('a', 'b');
    expect((await batch).results.map(({ outcome }) => outcome.kind)).toEqual(['ok', 'ok', 'ok']);
  },
);

verifies(
  'batch:shared-cancel',
  'a call that comes in the very moment in which a shared send is dropped gets an answer of its own',
  async () => {
    // The items follow each other without a pause: whatever the interleaving, nobody gets the other's cancellation.
    for (let ticks = 0; ticks < 30; ticks += 1) {
      await using host = new ScriptedHost({ tools: TOOLS });
      host.automatic = false;
      const batch = host.run(
        (async function* () {
          yield { kind: 'call' as const, call: call('fake__get', { tag: 'r' }) };
          await turn();
          yield { kind: 'revise' as const, index: 0, call: call('fake__get', { tag: 'other' }) };
          for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve();
          yield { kind: 'call' as const, call: call('fake__get', { tag: 'r' }) };
          yield { kind: 'end' as const, complete: true };
        })(),
      );
      await turn();
      host.automatic = true;
      await host.answer('other');
      await turn();
      for (let time = 1; time <= host.sendings.filter((label) => label === 'r').length; time += 1)
        (await host.sent('r', time)).answer();
      expect((await batch).results.map(({ outcome }) => outcome.kind)).toEqual(['ok', 'ok']);
    }
  },
);

verifies('batch:shared-cancel', 'sharing never crosses batches', async () => {
  await using host = new ScriptedHost({ tools: TOOLS });
  const batches = [
    host.run([call('fake__get', { tag: 'r' })]),
    host.run([call('fake__get', { tag: 'r' })]),
  ];
  await turn();
  expect(host.sendings).toEqual(['r', 'r']);
  (await host.sent('r', 2)).answer();
  await batches[1];
  (await host.sent('r', 1)).answer();
  await batches[0];
});
