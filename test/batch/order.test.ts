import { describe, expect, test } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import { pipeline } from '../../src/batch/pipeline.ts';
import { chain } from '../../src/call/link.ts';
import type { Verdict } from '../../src/call/scope.ts';
import { observe } from '../../src/links/observe.ts';
import {
  ok,
  plainReader,
  reader,
  ScriptedHost,
  ScriptedMessage,
  tagged,
  writer,
} from '../support/scripted-host.ts';
import { turn } from '../support/turn.ts';
import { verifies } from '../support/verifies.ts';

const TOOLS = [
  reader('get'),
  plainReader('look'),
  writer('put'),
  reader('read', { server: 'files', keys: ['path'] }),
  writer('write', { server: 'files', keys: ['path'] }),
  writer('move', { server: 'files', keys: ['from', 'to'] }),
  reader('get', { server: 'other' }),
  writer('put', { server: 'other' }),
];

describe('in one batch', () => {
  verifies(
    'batch:model-order',
    'writes and reads of one server take turns in the model’s order',
    async () => {
      await using host = new ScriptedHost({ tools: TOOLS });
      const batch = host.run([
        tagged('put', 'w1'),
        tagged('get', 'r2'),
        tagged('look', 'r3'),
        tagged('put', 'w4'),
        tagged('get', 'r5'),
      ]);
      await turn();
      expect(host.sendings).toEqual(['w1']);
      await host.answer('w1');
      expect(host.sendings).toEqual(['w1', 'r2', 'r3']);
      await host.answer('r3');
      expect(host.sendings).toEqual(['w1', 'r2', 'r3']);
      await host.answer('r2');
      expect(host.sendings).toEqual(['w1', 'r2', 'r3', 'w4']);
      await host.answer('w4', 'r5');
      await batch;
      expect(host.told('r2')).toEqual([
        'queue',
        'wait-start:order',
        'wait-end:order',
        'start:1',
        'end:ok',
      ]);
    },
  );

  verifies(
    'batch:model-order',
    'calls on one record take turns, on several they overlap; a whole waits for all',
    async () => {
      await using host = new ScriptedHost({ tools: TOOLS });
      const batch = host.run([
        tagged('files__write', 'w-a', { path: 'a' }),
        tagged('files__write', 'w-b', { path: 'b' }),
        tagged('files__read', 'r-a', { path: 'a' }),
        tagged('files__move', 'm-bc', { from: 'b', to: 'c' }),
        tagged('files__read', 'r-c', { path: 'c' }),
        tagged('files__read', 'r-d', { path: 'd' }),
        // The key is missing: it may be any record.
        tagged('files__write', 'w-all'),
        tagged('files__read', 'late', { path: 'z' }),
      ]);
      await turn();
      expect(host.sendings).toEqual(['w-a', 'w-b', 'r-d']);
      await host.answer('w-b');
      expect(host.sendings.slice(3)).toEqual(['m-bc']);
      await host.answer('m-bc', 'r-c', 'w-a', 'r-a');
      expect(host.sendings).not.toContain('w-all');
      await host.answer('r-d');
      expect(host.sendings.at(-1)).toBe('w-all');
      await host.answer('w-all', 'late');
      await batch;
    },
  );

  verifies(
    'batch:model-order',
    'servers with one resource take turns like one server',
    async () => {
      await using host = new ScriptedHost({
        tools: [
          writer('put', { server: 'a', resource: 'store' }),
          reader('get', { server: 'b', resource: 'store' }),
        ],
      });
      const batch = host.run([tagged('a__put', 'w'), tagged('b__get', 'r')]);
      await turn();
      expect(host.sendings).toEqual(['w']);
      await host.answer('w', 'r');
      await batch;
    },
  );

  verifies(
    'batch:model-order',
    'a call that fails, or is denied, gives its turn to the next',
    async () => {
      await using host = new ScriptedHost({ tools: TOOLS });
      const asked = deferred<Verdict>();
      const batch = host.run([tagged('put', 'w1'), tagged('put', 'w2'), tagged('get', 'r3')], {
        authorize: ({ id }) => (id === 'w2' ? asked.promise : { kind: 'allow', rule: 'test' }),
      });
      (await host.sent('w1')).answer({ kind: 'tool-error', ran: 'yes', content: [] });
      await turn();
      // A person is asked about the second one only now, and the third waits for the answer.
      expect(host.told('w2')).toEqual([
        'queue',
        'wait-start:order',
        'wait-end:order',
        'wait-start:approval',
      ]);
      expect(host.sendings).toEqual(['w1']);
      asked.resolve({ kind: 'deny', rule: 'refused', message: 'no' });
      await host.answer('r3');
      expect((await batch).results.map(({ outcome }) => outcome.kind)).toEqual([
        'tool-error',
        'denied',
        'ok',
      ]);
      expect(host.sendings).toEqual(['w1', 'r3']);
    },
  );

  verifies(
    'batch:reads-overlap',
    'reads of one server and calls of several servers are in flight together',
    async () => {
      await using host = new ScriptedHost({ tools: TOOLS });
      const batch = host.run([
        tagged('get', 'r1'),
        tagged('look', 'r2'),
        tagged('other__put', 'w3'),
        tagged('files__read', 'r4', { path: 'a' }),
        tagged('files__write', 'w5', { path: 'b' }),
      ]);
      await turn();
      expect(host.journal).toEqual(['r1 sent', 'r2 sent', 'w3 sent', 'r4 sent', 'w5 sent']);
      await host.answer('w5', 'r4', 'w3', 'r2', 'r1');
      await batch;
    },
  );

  verifies('batch:reads-overlap', 'tools that claim nothing overlap with everything', async () => {
    await using host = new ScriptedHost({
      tools: [writer('put'), writer('free', { claims: false })],
    });
    const batch = host.run([tagged('put', 'w1'), tagged('free', 'f2'), tagged('free', 'f3')]);
    await turn();
    expect(host.sendings).toEqual(['w1', 'f2', 'f3']);
    await host.answer('w1', 'f2', 'f3');
    await batch;
  });

  test('one by one means one at a time, in order, whatever the calls are', async () => {
    await using host = new ScriptedHost({ tools: [...TOOLS, reader('free', { claims: false })] });
    const labels = ['r1', 'r2', 'f3', 'w4', 'x5'];
    const tools = ['get', 'other__get', 'free', 'put', 'nothing'];
    const batch = host.run(
      tools.map((tool, index) => tagged(tool, labels[index] ?? '')),
      { oneByOne: true },
    );
    for (const [index, label] of labels.slice(0, 4).entries()) {
      await turn();
      expect(host.sendings).toEqual(labels.slice(0, index + 1));
      await host.answer(label);
    }
    expect((await batch).results.map(({ outcome }) => outcome.kind)).toEqual([
      'ok',
      'ok',
      'ok',
      'ok',
      'invalid',
    ]);
  });

  test('one by one, a tool of the host’s own that waits for nobody holds nobody up either', async () => {
    await using host = new ScriptedHost({
      tools: [reader('own', { claims: false }), reader('get')],
      compose: (tool, server, parts) =>
        tool.name === 'own'
          ? chain([observe()], () => Promise.resolve(ok('own')))
          : pipeline(tool, server, parts),
    });
    const batch = host.run([tagged('own', 'o1'), tagged('get', 'r2'), tagged('own', 'o3')], {
      oneByOne: true,
    });
    await host.answer('r2');
    expect((await batch).results.map(({ outcome }) => outcome.kind)).toEqual(['ok', 'ok', 'ok']);
  });

  test('one by one begins only when the message is complete', async () => {
    await using host = new ScriptedHost({ tools: TOOLS });
    const message = new ScriptedMessage();
    const batch = host.run(message, { oneByOne: true });
    await message.call('fake__get', { tag: 'r1' });
    await message.call('fake__get', { tag: 'r2' });
    await message.revise(0, 'other__get', { tag: 'r3' });
    expect(host.sendings).toEqual([]);
    await message.end();
    expect(host.sendings).toEqual(['r3']);
    await host.answer('r3', 'r2');
    await batch;
    expect(host.sendings).toEqual(['r3', 'r2']);
  });

  test('one by one, truncated: nothing begins', async () => {
    await using host = new ScriptedHost({ tools: TOOLS });
    const message = new ScriptedMessage();
    const batch = host.run(message, { oneByOne: true });
    await message.call('fake__get', { tag: 'r1' });
    await message.stop();
    expect((await batch).results[0]?.outcome).toMatchObject({ code: 'truncated', ran: 'no' });
    expect(host.sendings).toEqual([]);
  });
});

describe('across batches', () => {
  verifies(
    'batch:exclude-batches',
    'calls that conflict take turns, first come, first served',
    async () => {
      await using host = new ScriptedHost({ tools: TOOLS });
      const batches = [
        host.run([tagged('put', 'w1')]),
        host.run([tagged('get', 'r2'), tagged('other__put', 'o2')]),
        host.run([tagged('put', 'w3')]),
        host.run([tagged('get', 'r4')]),
      ];
      await turn();
      expect(host.sendings).toEqual(['w1', 'o2']);
      await host.answer('w1');
      // The read of the fourth batch does not overtake the write of the third.
      expect(host.sendings).toEqual(['w1', 'o2', 'r2']);
      await host.answer('r2', 'w3', 'r4', 'o2');
      await Promise.all(batches);
      expect(host.told('r2')).toContain('wait-start:lock');
    },
  );

  verifies('batch:exclude-batches', 'calls on different records overlap', async () => {
    await using host = new ScriptedHost({ tools: TOOLS });
    const one = host.run([tagged('files__write', 'w-a', { path: 'a' })]);
    const two = host.run([
      tagged('files__write', 'w-b', { path: 'b' }),
      tagged('files__write', 'w-a2', { path: 'a' }),
    ]);
    await turn();
    expect(host.sendings).toEqual(['w-a', 'w-b']);
    await host.answer('w-b', 'w-a', 'w-a2');
    await Promise.all([one, two]);
  });

  verifies(
    'batch:no-lock-while-waiting',
    'a call that waits for a person blocks no other batch',
    async () => {
      await using host = new ScriptedHost({ tools: TOOLS });
      const asked = deferred<Verdict>();
      const slow = host.run([tagged('put', 'w1'), tagged('put', 'w2')], {
        authorize: ({ id }) => (id === 'w1' ? asked.promise : { kind: 'allow', rule: 'test' }),
      });
      await turn();
      const quick = host.run([tagged('put', 'w3')]);
      await host.answer('w3');
      await quick;
      asked.resolve({ kind: 'allow', rule: 'approved' });
      await host.answer('w1', 'w2');
      await slow;
      expect(host.sendings).toEqual(['w3', 'w1', 'w2']);
    },
  );

  verifies(
    'batch:no-lock-while-waiting',
    'a call that waits for the rest of the message blocks no other batch',
    async () => {
      await using host = new ScriptedHost({ tools: TOOLS });
      const message = new ScriptedMessage();
      const slow = host.run(message);
      await message.call('fake__put', { tag: 'w1' });
      const quick = host.run([tagged('put', 'w2')]);
      await host.answer('w2');
      await quick;
      await message.end();
      await host.answer('w1');
      await slow;
    },
  );
});

describe('slots', () => {
  const ONE = { fake: { maxInFlight: 1 } };
  const FREE = [writer('free', { claims: false }), writer('put'), reader('get', { claims: false })];

  verifies(
    'batch:wait-holds-no-slot',
    'a call that waits for a person, for the model, for its turn or for a lock leaves the slots to others',
    async () => {
      await using host = new ScriptedHost({ tools: FREE, servers: ONE });
      const asked = deferred<Verdict>();
      const message = new ScriptedMessage();
      const other = host.run([tagged('put', 'holder')]);
      const approving = host.run([tagged('free', 'asked')], { authorize: () => asked.promise });
      const streaming = host.run(message);
      await message.call('fake__free', { tag: 'held' });
      const locked = host.run([tagged('put', 'locked'), tagged('put', 'ordered')]);
      await host.answer('holder');
      await other;
      // One slot, four calls of which one is in flight: it is the only one that holds it.
      expect(host.sendings).toEqual(['holder', 'locked']);
      const quick = host.run([tagged('get', 'quick')]);
      await host.answer('locked');
      await host.answer('quick');
      await quick;
      asked.resolve({ kind: 'allow', rule: 'approved' });
      await message.end();
      await host.answer('ordered', 'asked', 'held');
      await Promise.all([approving, streaming, locked]);
    },
  );

  test('no more calls are in flight than a server, and all servers together, may have', async () => {
    await using host = new ScriptedHost({
      tools: [reader('get'), reader('get', { server: 'b' }), reader('get', { server: 'c' })],
      servers: { fake: { maxInFlight: 1 } },
      maxInFlight: 2,
    });
    const batch = host.run(
      ['get', 'get', 'b__get', 'c__get', 'c__get'].map((tool, index) => tagged(tool, `r${index}`)),
    );
    await turn();
    expect(host.sendings).toEqual(['r0', 'r2']);
    await host.answer('r2');
    expect(host.sendings).toEqual(['r0', 'r2', 'r3']);
    await host.answer('r0', 'r1', 'r3', 'r4');
    await batch;
  });
});
