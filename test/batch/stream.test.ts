import { describe, expect, test } from 'vitest';
import type { BatchItem } from '../../src/call/batch-item.ts';
import {
  call,
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

const TOOLS = [
  reader('get'),
  plainReader('look'),
  writer('put'),
  reader('read', { server: 'files', keys: ['path'] }),
  writer('write', { server: 'files', keys: ['path'] }),
  writer('free', { server: 'other', claims: false }),
];

verifies(
  'batch:hold-writes',
  'what is not declared read-only is not sent before the message is complete',
  async () => {
    await using host = new ScriptedHost({ tools: TOOLS });
    const message = new ScriptedMessage();
    const batch = host.run(message);
    await message.call('fake__look', { tag: 'plain' });
    await message.call('other__free', { tag: 'free' });
    await message.call('files__write', { tag: 'w', path: 'a' });
    expect(host.sendings).toEqual([]);
    await message.end();
    expect(host.sendings.toSorted()).toEqual(['free', 'plain', 'w']);
    await host.answer('plain', 'free', 'w');
    await batch;
    expect(message.left).toBe(true);
  },
);

describe.each([
  ['ends as truncated', (message: ScriptedMessage) => message.end(false)],
  ['ends without a word', (message: ScriptedMessage) => message.stop()],
  [
    'breaks off with an error',
    (message: ScriptedMessage) => message.throw(new Error('connection reset')),
  ],
])('a message that %s', (_how, finish) => {
  verifies('batch:hold-writes', 'runs none of what was held, and says so', async () => {
    await using host = new ScriptedHost({ tools: TOOLS });
    const message = new ScriptedMessage();
    const batch = host.run(message);
    await message.call('fake__get', { tag: 'r1' });
    await message.call('fake__put', { tag: 'w2' });
    await message.call('fake__get', { tag: 'r3' });
    await message.call('other__free', { tag: 'f4' });
    await message.call('fake__nothing', { tag: 'x5' });
    await finish(message);
    await host.answer('r1');
    const { results } = await batch;
    expect(host.sendings).toEqual(['r1']);
    expect(codesOf(results)).toEqual([
      'ok',
      'truncated',
      // A read that waited for the write: it was not sent either.
      'truncated',
      'truncated',
      'unknown-tool',
    ]);
    expect(results[1]?.outcome).toMatchObject({ kind: 'cancelled', ran: 'no' });
  });
});

verifies(
  'batch:eager-reads',
  'a declared read is sent and answered while the message still streams',
  async () => {
    await using host = new ScriptedHost({ tools: TOOLS });
    const message = new ScriptedMessage();
    const batch = host.run(message);
    await message.call('fake__get', { tag: 'r1' }, 'r1');
    await host.answer('r1');
    expect(host.told('r1').at(-1)).toBe('end:ok');
    await message.call('files__read', { tag: 'r2', path: 'a' });
    expect(host.sendings).toEqual(['r1', 'r2']);
    await message.end();
    await host.answer('r2');
    await batch;
  },
);

verifies(
  'batch:eager-reads',
  'a declared read does not start past an earlier write it conflicts with, and past others it does',
  async () => {
    await using host = new ScriptedHost({ tools: TOOLS });
    const message = new ScriptedMessage();
    const batch = host.run(message);
    await message.call('files__write', { tag: 'w-a', path: 'a' });
    await message.call('files__read', { tag: 'r-a', path: 'a' });
    await message.call('files__read', { tag: 'r-b', path: 'b' });
    await message.call('fake__get', { tag: 'r' });
    expect(host.sendings).toEqual(['r-b', 'r']);
    await message.end();
    await host.answer('r-b', 'r');
    expect(host.sendings.slice(2)).toEqual(['w-a']);
    await host.answer('w-a', 'r-a');
    await batch;
  },
);

describe('a producer', () => {
  test('that hangs is left when the batch is aborted; every call that came has its outcome', async () => {
    await using host = new ScriptedHost({ tools: TOOLS });
    const message = new ScriptedMessage();
    const abort = new AbortController();
    const batch = host.run(message, { signal: abort.signal });
    await message.call('fake__get', { tag: 'r1' });
    await message.call('fake__put', { tag: 'w2' });
    abort.abort();
    const { results } = await batch;
    expect(results.map(({ outcome }) => [outcome.kind, outcome.ran])).toEqual([
      ['cancelled', 'unknown'],
      ['cancelled', 'no'],
    ]);
    await turn();
    expect(message.left).toBe(true);
  });

  test('is not waited for when the batch was aborted before it began', async () => {
    await using host = new ScriptedHost({ tools: TOOLS });
    const report = await host.run(new ScriptedMessage(), { signal: AbortSignal.abort() });
    expect(report.results).toEqual([]);
    const complete = await host.run([tagged('get', 'r'), tagged('put', 'w')], {
      signal: AbortSignal.abort(),
    });
    expect(complete.results.map(({ outcome }) => [outcome.kind, outcome.ran])).toEqual([
      ['cancelled', 'no'],
      ['cancelled', 'no'],
    ]);
    expect(host.sendings).toEqual([]);
  });

  test('that throws instead of rejecting, has no way to be left, or fails to be, is a message that broke off', async () => {
    await using host = new ScriptedHost({ tools: TOOLS });
    const broken: (() => AsyncIterator<BatchItem>)[] = [
      () => {
        throw new Error('no iterator');
      },
      () => ({
        next: () => {
          throw new Error('no next');
        },
      }),
      () => ({
        next: () => Promise.reject(new Error('rejected')),
        return: () => {
          throw new Error('no return');
        },
      }),
      () => ({
        next: () => Promise.resolve({ done: true, value: undefined }),
        return: () => Promise.reject(new Error('bad return')),
      }),
    ];
    for (const iterator of broken) {
      const report = await host.run({ [Symbol.asyncIterator]: iterator });
      expect(report.results).toEqual([]);
    }
    await turn();
  });

  test('may be a generator: it is read no further than the end of its message', async () => {
    await using host = new ScriptedHost({ tools: TOOLS });
    host.automatic = true;
    let cleanedUp = false;
    const { results } = await host.run(
      (async function* () {
        try {
          yield { kind: 'call' as const, call: call('fake__get', { tag: 'r' }) };
          yield { kind: 'end' as const, complete: true };
          yield { kind: 'call' as const, call: call('fake__get', { tag: 'too late' }) };
        } finally {
          cleanedUp = true;
        }
      })(),
    );
    await turn();
    expect(results).toHaveLength(1);
    expect(host.sendings).toEqual(['r']);
    expect(cleanedUp).toBe(true);
  });
});
