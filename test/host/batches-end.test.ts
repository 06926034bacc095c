import { expect, test } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import { Emitter } from '../../src/base/emitter.ts';
import type { HostEvent } from '../../src/call/events.ts';
import type { Outcome } from '../../src/call/outcome.ts';
import { Batches } from '../../src/host/batches.ts';
import { fakeTool } from '../support/fake-tools.ts';
import { turn } from '../support/turn.ts';

test('closing waits for a batch, also when a listener closes at its very first event', async () => {
  const events = new Emitter<HostEvent>();
  const outcome = deferred<Outcome>();
  const tool = fakeTool('get');
  const batches = new Batches({
    router: { route: () => ({ kind: 'tool', tool }) },
    chainOf: () => () => outcome.promise,
    events,
    batchMs: Infinity,
  });
  const told: string[] = [];
  let ended: Promise<void> | undefined;
  events.on(({ kind }) => {
    if (kind === 'batch-start') ended = batches.end().then(() => void told.push('closed'));
  });
  // Bounding its results takes its time.
  const terms = {
    authorize: () => ({ kind: 'allow', rule: 'test' }) as const,
    results: {
      cap: (given: Outcome) => given,
      share: async (_batch: number, records: readonly never[]) => {
        await outcome.promise;
        return records;
      },
    },
  };
  const running = batches
    .run([{ name: 'x', arguments: {} }], {}, terms as never)
    .then(() => void told.push('batch over'));
  await turn();
  expect(told).toEqual([]);
  outcome.resolve({ kind: 'ok', ran: 'yes', content: [] });
  await Promise.all([running, ended]);
  expect(told).toEqual(['batch over', 'closed']);
});
