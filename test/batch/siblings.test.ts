import { describe, expect } from 'vitest';
import {
  reader,
  plainReader,
  ScriptedHost,
  tagged,
  writer,
  call,
} from '../support/scripted-host.ts';
import { failed } from '../support/fake-batch.ts';
import { pass, useFakeTime } from '../support/fake-time.ts';
import { turn } from '../support/turn.ts';
import { verifies } from '../support/verifies.ts';

const TOOLS = [
  plainReader('look'),
  reader('get', { server: 'a' }),
  writer('put', { server: 'b' }),
  reader('get', { server: 'c' }),
];

/** What goes wrong with the first call of the batch, and the outcome that it has. */
const TROUBLES: readonly (readonly [
  string,
  ReturnType<typeof tagged>,
  (host: ScriptedHost) => Promise<void>,
  string,
])[] = [
  [
    'answers with an error',
    tagged('look', 'x'),
    async (host) => (await host.sent('x')).answer({ kind: 'tool-error', ran: 'yes', content: [] }),
    'tool-error',
  ],
  [
    'loses its server',
    tagged('look', 'x'),
    async (host) => (await host.sent('x')).answer(failed({ ran: 'unknown' })),
    'failed',
  ],
  ['hangs', tagged('look', 'x'), () => pass(1_000), 'timeout'],
  [
    'breaks down',
    tagged('look', 'x'),
    async (host) => (await host.sent('x')).reject(new Error('defect')),
    'failed',
  ],
  ['is denied', tagged('look', 'denied'), () => Promise.resolve(), 'denied'],
  ['is no call at all', call('look', '{', 'x'), () => Promise.resolve(), 'invalid'],
];

describe.each(TROUBLES)('a call that %s', (...[, trouble, happens, kind]) => {
  useFakeTime();

  verifies(
    'batch:siblings',
    'changes nothing for the calls beside it, on its server and on others',
    async () => {
      await using host = new ScriptedHost({
        tools: TOOLS,
        servers: { fake: { timeouts: { attemptMs: 1_000 } } },
      });
      const batch = host.run(
        [
          trouble,
          tagged('look', 'same'),
          tagged('a__get', 'a'),
          tagged('b__put', 'b'),
          tagged('b__put', 'b2'),
          tagged('c__get', 'c'),
        ],
        {
          authorize: ({ id }) =>
            id === 'denied'
              ? { kind: 'deny', rule: 'policy', message: 'no' }
              : { kind: 'allow', rule: 'test' },
        },
      );
      await turn();
      const before = [...host.journal];
      expect(before).toEqual(expect.arrayContaining(['same sent', 'a sent', 'b sent', 'c sent']));
      await host.answer('same');
      await happens(host);
      await turn();
      expect(host.journal.filter((line) => !line.startsWith('x '))).toEqual([
        ...before.filter((line) => !line.startsWith('x ')),
        'same ok',
      ]);
      await host.answer('c', 'b', 'b2', 'a');
      const { results } = await batch;
      expect(results.map(({ outcome }) => outcome.kind)).toEqual([
        kind,
        'ok',
        'ok',
        'ok',
        'ok',
        'ok',
      ]);
    },
  );
});
