import { expect, test } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import { Emitter } from '../../src/base/emitter.ts';
import type { CallRecord } from '../../src/call/call.ts';
import type { HostEvent } from '../../src/call/events.ts';
import { Batches } from '../../src/host/batches.ts';
import { turn } from '../support/turn.ts';

test('whoever closes the host has waited for all of a batch, also for what is done with its results', async () => {
  const events = new Emitter<HostEvent>();
  const batches = new Batches({
    router: { route: () => ({ kind: 'unknown', nearest: [], there: [], servers: [] }) },
    chainOf: () => () => Promise.reject(new Error('no call gets so far')),
    events,
    batchMs: Infinity,
  });
  const told: string[] = [];
  events.on(({ kind }) => told.push(kind));
  const shared = deferred<readonly CallRecord[]>();
  const results = { cap: <T>(outcome: T): T => outcome, share: () => shared.promise };
  const authorize = () => ({ kind: 'allow', rule: 'test' }) as const;
  const batch = batches.run([{ name: 'nobody__knows' }], {}, { authorize, results });
  await turn();
  expect(told.at(-1)).toBe('call-end');
  const ended = batches.end().then(() => told.push('ended'));
  await turn();
  expect(told).not.toContain('ended');
  shared.resolve([]);
  await Promise.all([batch, ended]);
  expect(told.slice(-2)).toEqual(['batch-end', 'ended']);
});
