import { expect } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import type { Outcome } from '../../src/call/outcome.ts';
import { failed } from '../support/fake-batch.ts';
import { pass, useFakeTime } from '../support/fake-time.ts';
import { reader, ScriptedHost, tagged, writer } from '../support/scripted-host.ts';
import { turn } from '../support/turn.ts';
import { verifies } from '../support/verifies.ts';

useFakeTime();

const TOOLS = [reader('get'), writer('put'), reader('get', { server: 'other' })];
const lost = (ran: 'no' | 'unknown'): Outcome => failed({ code: 'connection-lost', ran });

verifies(
  'batch:wait-holds-no-slot',
  'a call whose server went away waits for it without a slot, and is sent when it is back',
  async () => {
    await using host = new ScriptedHost({ tools: TOOLS, maxInFlight: 1 });
    const back = deferred<void>();
    const waiting = host.run([tagged('put', 'w')]);
    const first = await host.sent('w');
    host.away.set('fake', back.promise);
    first.answer(lost('no'));
    await pass(10_000);
    expect(host.told('w').at(-1)).toBe('wait-start:connect');
    const other = host.run([tagged('other__get', 'r')]);
    await host.answer('r');
    await other;
    expect(host.sendings).toEqual(['w', 'r']);
    host.away.clear();
    back.resolve();
    (await host.sent('w', 2)).answer();
    expect((await waiting).results[0]).toMatchObject({ outcome: { kind: 'ok' }, attempts: 2 });
  },
);

for (const { tool, ran } of [
  { tool: 'put', ran: 'no' },
  { tool: 'get', ran: 'unknown' },
] as const)
  verifies(
    'batch:at-most-once',
    `a wait for the server that is cancelled before a second attempt adds nothing to what is known of the first: it ran "${ran}"`,
    async () => {
      await using host = new ScriptedHost({ tools: TOOLS });
      const controller = new AbortController();
      const waiting = host.run([tagged(tool, 'c')], { signal: controller.signal });
      const first = await host.sent('c');
      host.away.set('fake', deferred<void>().promise);
      first.answer(lost(ran));
      await pass(10_000);
      controller.abort();
      await turn();
      expect((await waiting).results[0]).toMatchObject({
        outcome: { kind: 'cancelled', ran },
        attempts: 1,
      });
      expect(host.sendings).toEqual(['c']);
    },
  );

verifies(
  'heal:calls-wait',
  'a call that waits for its server is not sent before it is back, and ends with its batch',
  async () => {
    await using host = new ScriptedHost({ tools: TOOLS });
    host.away.set('fake', deferred<void>().promise);
    const batch = host.run([tagged('put', 'w'), tagged('get', 'r')], { deadlineMs: 1_000 });
    await pass(500);
    expect(host.sendings).toEqual([]);
    await pass(1_000);
    for (const { outcome, attempts } of (await batch).results) {
      expect(outcome).toMatchObject({ kind: 'timeout', code: 'batchMs', ran: 'no' });
      expect(attempts).toBe(0);
    }
  },
);
