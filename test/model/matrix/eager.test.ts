// Calls that run while their message is still being written, over both APIs: early, and never wrong (B8).
import { describe, expect } from 'vitest';
import { textOf } from '../../support/raw-host.ts';
import {
  breakOff,
  chunk,
  raw,
  stream,
  waitFor,
  type Part,
  type ScriptedCall,
} from '../../support/scripted-endpoint.ts';
import { event } from '../../support/scripted-responses.ts';
import { verifies } from '../../support/verifies.ts';
import { MatrixHost, outcomesOf } from './matrix-host.ts';
import { RESPONSES_STREAMING, STREAMING, type StreamingVariant } from './variants.ts';

const hold = (gate: string): ScriptedCall => ({ id: gate, name: 'a__hold', arguments: { gate } });
const set = (value: number): ScriptedCall => ({
  id: 'write',
  name: 'a__set',
  arguments: { key: 'x', value },
});
const look: ScriptedCall = { id: 'look', name: 'b__get', arguments: { key: 'y' } };

/** A host whose model sends these parts as its first message. Parts may wait for what happens on the host's floor. */
async function writing(
  variant: StreamingVariant,
  parts: (matrix: MatrixHost) => readonly Part[],
  { goesOn = true } = {},
): Promise<MatrixHost> {
  const matrix: MatrixHost = await MatrixHost.open(variant, {
    steps: [() => stream(parts(matrix)), ...(goesOn ? [variant.message({ text: 'Done.' })] : [])],
  });
  return matrix;
}

/** Holds the message back until this has happened at a server: only a call that runs early lets it go on. */
const until = (matrix: MatrixHost, entry: string): Part => waitFor(matrix.floor.heard(entry));

describe.each(STREAMING)('over $name', (variant) => {
  verifies(
    'batch:eager-reads',
    `${variant.api}: a read starts before its message ends`,
    async () => {
      await using matrix = await writing(variant, (host) => [
        ...variant.call(hold('early'), 0),
        until(host, 'a.hold(early) start'),
        ...variant.call(look, 1),
        until(host, 'b.get(y) end'),
        ...variant.end({ calls: [hold('early'), look] }),
      ]);
      matrix.floor.open('early');
      expect(outcomesOf(await matrix.run())).toEqual(['ok', 'ok']);
      expect(matrix.told()).toEqual(['passed early', 'y=0']);
    },
  );

  verifies(
    'batch:hold-writes',
    `${variant.api}: a write waits for the end of its message`,
    async () => {
      let sentEarly: number | undefined;
      await using matrix = await writing(variant, (host) => [
        ...variant.call(set(1), 0),
        ...variant.call(look, 1),
        waitFor(
          host.floor.heard('b.get(y) end').then(() => {
            sentEarly = host.a.received.length;
          }),
        ),
        ...variant.end({ calls: [set(1), look] }),
      ]);
      expect(outcomesOf(await matrix.run())).toEqual(['ok', 'ok']);
      expect(sentEarly).toBe(0);
      expect(matrix.a.received).toEqual([['set', { key: 'x', value: 1 }]]);
    },
  );

  verifies(
    'batch:revise',
    `${variant.api}: a read whose arguments are rewritten after their end runs again, and only the new result counts`,
    async () => {
      const final = { ...hold('new'), id: 'old' };
      await using matrix = await writing(variant, (host) => [
        ...variant.call(hold('old'), 0),
        until(host, 'a.hold(old) start'),
        ...variant.revision(final, 0),
        ...variant.end({ calls: [final] }),
      ]);
      matrix.floor.open('new');
      const result = await matrix.run();
      expect(outcomesOf(result)).toEqual(['ok']);
      expect(matrix.told()).toEqual(['passed new']);
      expect(matrix.followUp().calls).toEqual([
        { id: 'old', name: 'a__hold', arguments: '{"gate":"new"}' },
      ]);
      await matrix.floor.heard('a.hold(old) gone');
      expect(matrix.floor.count('a.hold(old) end')).toBe(0);
    },
  );

  verifies(
    'turn:no-wrong-result',
    `${variant.api}: a read that had already been answered when it was rewritten runs again`,
    async () => {
      const final = { ...hold('new'), id: 'old' };
      await using matrix = await writing(variant, (host) => [
        ...variant.call(hold('old'), 0),
        until(host, 'a.hold(old) end'),
        ...variant.revision(final, 0),
        ...variant.end({ calls: [final] }),
      ]);
      matrix.floor.open('old');
      matrix.floor.open('new');
      await matrix.run();
      expect(matrix.told()).toEqual(['passed new']);
    },
  );

  verifies(
    'turn:no-wrong-result',
    `${variant.api}: a write that is rewritten after its end runs once, as it reads in the finished message`,
    async () => {
      await using matrix = await writing(variant, (host) => [
        ...variant.call(set(1), 0),
        ...variant.call(look, 1),
        until(host, 'b.get(y) end'),
        ...variant.revision(set(2), 0),
        ...variant.end({ calls: [set(2), look] }),
      ]);
      expect(outcomesOf(await matrix.run())).toEqual(['ok', 'ok']);
      expect(matrix.a.received).toEqual([['set', { key: 'x', value: 2 }]]);
    },
  );

  verifies(
    'turn:no-wrong-result',
    `${variant.api}: a message that is cut off keeps the reads that ran, and runs no write`,
    async () => {
      const calls = [hold('early'), set(1)];
      await using matrix = await writing(
        variant,
        (host) => [
          ...variant.call(hold('early'), 0),
          until(host, 'a.hold(early) start'),
          ...variant.call(set(1), 1),
          ...variant.end({ calls, cut: true }),
        ],
        { goesOn: false },
      );
      matrix.floor.open('early');
      const result = await matrix.run();
      expect(result.stopReason).toBe('length');
      expect(result.turns[0]?.calls.map(({ outcome }) => outcome)).toMatchObject([
        { kind: 'ok' },
        { kind: 'cancelled', code: 'truncated', ran: 'no' },
      ]);
      expect(matrix.a.received).toEqual([['hold', { gate: 'early' }]]);
    },
  );

  verifies(
    'turn:no-wrong-result',
    `${variant.api}: a read that was rewritten before its message was cut off has no result of its old arguments`,
    async () => {
      const final = { ...hold('new'), id: 'old' };
      await using matrix = await writing(
        variant,
        (host) => [
          ...variant.call(hold('old'), 0),
          until(host, 'a.hold(old) end'),
          ...variant.revision(final, 0),
          ...variant.end({ calls: [final], cut: true }),
        ],
        { goesOn: false },
      );
      matrix.floor.open('old');
      matrix.floor.open('new');
      const [call] = (await matrix.run()).turns[0]?.calls ?? [];
      expect(call?.arguments).toEqual({ gate: 'new' });
      expect(textOf(call?.outcome ?? { kind: '' })).not.toContain('passed old');
    },
  );

  const failure =
    variant.api === 'chat'
      ? chunk({ error: { message: 'overloaded' } })
      : event('error', { message: 'overloaded' });

  for (const [how, part] of [
    ['the connection breaks', breakOff()],
    ['the endpoint reports an error', failure],
    ['a piece is no JSON', raw('data: {"\n\n')],
    ['the stream just ends', raw(': that was all\n\n')],
  ] as const) {
    verifies('turn:no-wrong-result', `${variant.api}: no write runs when ${how}`, async () => {
      await using matrix = await writing(
        variant,
        (host) => [
          ...variant.call(hold('early'), 0),
          ...variant.call(set(1), 1),
          ...variant.call(look, 2),
          until(host, 'a.hold(early) start'),
          until(host, 'b.get(y) end'),
          part,
        ],
        { goesOn: false },
      );
      const run = matrix.run();
      await matrix.floor.heard('b.get(y) end');
      matrix.floor.open('early');
      const result = await run;
      expect(result.stopReason).toBe('model-error');
      expect(result.turns[0]?.calls[1]?.outcome).toMatchObject({ kind: 'cancelled', ran: 'no' });
      expect(matrix.a.received).toEqual([['hold', { gate: 'early' }]]);
      expect(result.messages.at(-1)).toMatchObject({ kind: 'tool-results', results: [{}, {}, {}] });
    });
  }
});

describe(`over ${RESPONSES_STREAMING.name}`, () => {
  verifies(
    'turn:no-wrong-result',
    'responses: a read that turns out to be a write runs as one, once, after the end',
    async () => {
      const final = { ...set(5), id: 'early' };
      await using matrix = await writing(RESPONSES_STREAMING, (host) => [
        ...RESPONSES_STREAMING.call(hold('early'), 0),
        until(host, 'a.hold(early) start'),
        ...RESPONSES_STREAMING.revision(final, 0),
        ...RESPONSES_STREAMING.call(look, 1),
        until(host, 'b.get(y) end'),
        ...RESPONSES_STREAMING.end({ calls: [final, look] }),
      ]);
      expect(outcomesOf(await matrix.run())).toEqual(['ok', 'ok']);
      expect(matrix.a.received).toEqual([
        ['hold', { gate: 'early' }],
        ['set', { key: 'x', value: 5 }],
      ]);
      expect(matrix.floor.journal.indexOf('b.get(y) end')).toBeLessThan(
        matrix.floor.journal.indexOf('a.set(x) start'),
      );
      expect(matrix.told()).toEqual(['set x', 'y=0']);
    },
  );
});
