import { describe, expect, test } from 'vitest';
import {
  plainReader,
  reader,
  ScriptedHost,
  ScriptedMessage,
  writer,
  codesOf,
} from '../support/scripted-host.ts';
import { turn } from '../support/turn.ts';
import { verifies } from '../support/verifies.ts';

const TOOLS = [
  reader('read', { keys: ['id'] }),
  writer('write', { keys: ['id'] }),
  writer('move', { keys: ['id', 'to'] }),
  reader('all'),
  plainReader('look', { keys: ['id'] }),
  reader('get', { server: 'other' }),
  writer('put', { server: 'other' }),
];

function begin(): {
  readonly host: ScriptedHost;
  readonly message: ScriptedMessage;
  readonly batch: ReturnType<ScriptedHost['run']>;
} {
  const host = new ScriptedHost({ tools: TOOLS });
  const message = new ScriptedMessage();
  return { host, message, batch: host.run(message) };
}

describe('a revised read', () => {
  verifies('batch:revise', 'that is in flight is dropped at its server and sent anew', async () => {
    const { host, message, batch } = begin();
    await using _ = host;
    await message.call('fake__read', { tag: 'old', id: 1 }, 'c1');
    const old = await host.sent('old');
    await message.revise(0, 'fake__read', { tag: 'new', id: 2 });
    expect(old.signal.aborted).toBe(true);
    old.answer();
    await message.end();
    await host.answer('new');
    const { results } = await batch;
    expect(results).toMatchObject([
      {
        id: 'c1',
        arguments: { tag: 'new', id: 2 },
        attempts: 1,
        outcome: { content: [{ text: 'new' }] },
      },
    ]);
    expect(host.told('c1')).toEqual(['queue', 'start:1', 'revise', 'queue', 'start:1', 'end:ok']);
  });

  verifies(
    'batch:revise',
    'that had ended is sent anew, and its first result is gone',
    async () => {
      const { host, message, batch } = begin();
      await using _ = host;
      await message.call('fake__read', { tag: 'old', id: 1 }, 'c1');
      await host.answer('old');
      expect(host.told('c1').at(-1)).toBe('end:ok');
      await message.revise(0, 'fake__read', { tag: 'new', id: 1 });
      await message.end();
      await host.answer('new');
      expect((await batch).results).toMatchObject([
        { arguments: { tag: 'new' }, outcome: { content: [{ text: 'new' }] } },
      ]);
    },
  );

  verifies('batch:revise', 'that waits for its turn has never been sent', async () => {
    const { host, message, batch } = begin();
    await using _ = host;
    await message.call('fake__write', { tag: 'w', id: 1 });
    await message.call('fake__read', { tag: 'old', id: 1 });
    await message.revise(1, 'fake__read', { tag: 'new', id: 2 });
    expect(host.sendings).toEqual(['new']);
    await message.end();
    await host.answer('new', 'w');
    expect((await batch).results.map(({ outcome }) => outcome.kind)).toEqual(['ok', 'ok']);
    expect(host.sendings).not.toContain('old');
  });
});

describe('what a call becomes', () => {
  verifies(
    'batch:revise',
    'may be a write: it is held, and later reads of the same record run again, after it',
    async () => {
      const { host, message, batch } = begin();
      await using _ = host;
      await message.call('fake__read', { tag: 'r0', id: 9 });
      await message.call('fake__read', { tag: 'r1', id: 1 });
      await message.call('fake__read', { tag: 'r2', id: 2 });
      await host.answer('r1');
      await message.revise(0, 'fake__write', { tag: 'w0', id: 1 });
      // The read of record 2 has nothing to do with it and goes on.
      expect((await host.sent('r2')).signal.aborted).toBe(false);
      await message.end();
      await host.answer('r2', 'w0');
      (await host.sent('r1', 2)).answer();
      await batch;
      expect(host.sendings).toEqual(['r0', 'r1', 'r2', 'w0', 'r1']);
    },
  );

  verifies(
    'batch:revise',
    'may depend on others in a chain: whatever follows from it runs in the model’s order',
    async () => {
      const { host, message, batch } = begin();
      await using _ = host;
      await message.call('fake__read', { tag: 'r0', id: 9 });
      await message.call('fake__move', { tag: 'w1', id: 1, to: 2 });
      await message.call('fake__read', { tag: 'r2', id: 2 });
      await message.revise(0, 'fake__write', { tag: 'w0', id: 1 });
      // The read waits for the second write, which waits for the first: it has not become free in between.
      expect(host.sendings).toEqual(['r0']);
      await message.end();
      await host.answer('w0', 'w1', 'r2');
      await batch;
      expect(host.sendings).toEqual(['r0', 'w0', 'w1', 'r2']);
    },
  );

  verifies('batch:revise', 'may free what waited for it', async () => {
    const { host, message, batch } = begin();
    await using _ = host;
    await message.call('fake__write', { tag: 'w0', id: 1 });
    await message.call('fake__read', { tag: 'r1', id: 1 });
    expect(host.sendings).toEqual([]);
    await message.revise(0, 'other__put', { tag: 'o0' });
    expect(host.sendings).toEqual(['r1']);
    await message.end();
    await host.answer('r1', 'o0');
    const { results } = await batch;
    expect(results[0]).toMatchObject({
      name: 'other__put',
      server: 'other',
      tool: 'put',
      access: 'write',
    });
  });

  verifies(
    'batch:revise',
    'may be the same write with other arguments: what waited for it waits on',
    async () => {
      const { host, message, batch } = begin();
      await using _ = host;
      await message.call('fake__write', { tag: 'w-old', id: 1 });
      await message.call('fake__read', { tag: 'r1', id: 1 });
      await message.revise(0, 'fake__write', { tag: 'w-new', id: 1 });
      expect(host.sendings).toEqual([]);
      await message.end();
      await host.answer('w-new', 'r1');
      await batch;
      expect(host.sendings).toEqual(['w-new', 'r1']);
    },
  );

  verifies('batch:revise', 'may be a bad call, and a bad call may become a good one', async () => {
    const { host, message, batch } = begin();
    await using _ = host;
    await message.call('fake__read', { tag: 'r0', id: 1 }, 'c0');
    await message.call('fake__read', '{"tag":', 'c1');
    await message.call('nobody', {}, 'c2');
    expect(host.told('c2')).toEqual(['queue', 'end:invalid']);
    await message.revise(0, 'fake__read', '{"tag"');
    await message.revise(1, 'fake__read', '{"tag":"r1"}');
    await message.revise(2, 'fake__write', { tag: 'w2', id: 3 });
    await message.end();
    await host.answer('r1', 'w2');
    expect((await batch).results.map(({ id, outcome }) => [id, outcome.kind])).toEqual([
      ['c0', 'invalid'],
      ['c1', 'ok'],
      ['c2', 'ok'],
    ]);
    expect(host.told('c2').slice(2)).toEqual([
      'revise',
      'queue',
      'wait-start:order',
      'wait-end:order',
      'start:1',
      'end:ok',
    ]);
  });

  verifies('batch:revise', 'may change again and again: only the last of it counts', async () => {
    const { host, message, batch } = begin();
    await using _ = host;
    await message.call('fake__read', { tag: 'v0', id: 1 }, 'c0');
    await message.revise(0, 'fake__write', { tag: 'v1', id: 1 });
    await message.revise(0, 'other__get', { tag: 'v2' });
    await message.revise(0, 'fake__look', { tag: 'v3', id: 1 });
    await message.revise(0, 'fake__read', { tag: 'v4', id: 1 });
    await message.end();
    await host.answer('v4');
    const { results } = await batch;
    expect(results).toHaveLength(1);
    expect(results[0]?.outcome).toMatchObject({ content: [{ text: 'v4' }] });
    expect(host.journal).toEqual([
      'v0 sent',
      'v0 cancelled',
      'v2 sent',
      'v2 cancelled',
      'v4 sent',
      'v4 ok',
    ]);
  });
});

verifies(
  'batch:revise',
  'a revised call of a message that then breaks off is not sent unless it was',
  async () => {
    const { host, message, batch } = begin();
    await using _ = host;
    await message.call('fake__read', { tag: 'r0', id: 1 });
    await message.call('fake__read', { tag: 'r1', id: 2 });
    await message.revise(0, 'fake__write', { tag: 'w0', id: 1 });
    await message.revise(1, 'fake__read', { tag: 'r1b', id: 3 });
    await message.stop();
    await host.answer('r1b');
    expect(codesOf((await batch).results)).toEqual(['truncated', 'ok']);
  },
);

test('a batch that is aborted after a revision has one outcome for each call', async () => {
  const host = new ScriptedHost({ tools: TOOLS });
  await using _ = host;
  const abort = new AbortController();
  const message = new ScriptedMessage();
  const batch = host.run(message, { signal: abort.signal });
  await message.call('fake__read', { tag: 'r0', id: 1 });
  await message.call('fake__read', { tag: 'r1', id: 1 });
  await message.revise(0, 'fake__write', { tag: 'w0', id: 1 });
  abort.abort();
  const { results } = await batch;
  expect(results.map(({ outcome }) => [outcome.kind, outcome.ran])).toEqual([
    ['cancelled', 'no'],
    ['cancelled', 'no'],
  ]);
  await turn();
});
