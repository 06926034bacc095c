import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PipelineParts } from '../../src/batch/pipeline.ts';
import { chain, type Caller, type Link } from '../../src/call/link.ts';
import type { Tool } from '../../src/call/tool.ts';
import { approve } from '../../src/links/approve.ts';
import { dedupe } from '../../src/links/dedupe.ts';
import { exclude } from '../../src/links/exclude.ts';
import { hold } from '../../src/links/hold.ts';
import { limit } from '../../src/links/limit.ts';
import { observe } from '../../src/links/observe.ts';
import { order } from '../../src/links/order.ts';
import { retry } from '../../src/links/retry.ts';
import { send } from '../../src/links/send.ts';
import {
  serially,
  StoreHost,
  toCall,
  type Revision,
  type Step,
  type StoreHostOptions,
} from '../support/store-host.ts';
import { verifies } from '../support/verifies.ts';

/*
 * The guarantee to the user, as a property: given true access classes, a batch leaves the servers in the state, and returns the results, that running its
 * calls one by one in order would have. Latencies, approvals, the model's pace and the servers' start are the scheduler's; what fails is fixed per call.
 */

const common = {
  server: fc.constantFrom('a' as const, 'b' as const, 'c' as const, 'd' as const),
  key: fc.constantFrom('x' as const, 'y' as const, 'z' as const),
  to: fc.constantFrom('x' as const, 'y' as const, 'z' as const),
  value: fc.constantFrom('0', '1', '2', '3'),
  twist: fc.constantFrom(
    'none' as const,
    'none' as const,
    'none' as const,
    'asked' as const,
    'asked' as const,
    'denied' as const,
    'bad' as const,
  ),
};
const failures = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.nat(3) },
);

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    ...common,
    tool: fc.constantFrom('get' as const, 'all' as const),
    // A declared read may be shared, or dropped and begun again: it never fails so often that it matters which attempt that was.
    failsBefore: fc.nat(1),
    failsAfter: fc.nat(1),
    shareable: fc.boolean(),
  }),
  fc.record({
    ...common,
    tool: fc.constantFrom(...(['look', 'set', 'append', 'append', 'swap', 'append-all'] as const)),
    failsBefore: failures,
    failsAfter: failures,
    shareable: fc.constant(false),
  }),
);

const steps = fc.array(step, { maxLength: 9, size: 'max' });
const late = fc.subarray(['a', 'b', 'c', 'd']);

const revisions = (length: number): fc.Arbitrary<readonly Revision[]> =>
  length === 0
    ? fc.constant([])
    : fc
        .array(fc.record({ after: fc.nat(length - 1), index: fc.nat(length - 1), step }), {
          maxLength: 4,
        })
        .map((all) => all.filter(({ after, index }) => index <= after));

const scripts = steps.chain((all) =>
  fc.record({
    steps: fc.constant(all),
    streamed: fc.boolean(),
    late,
    revisions: revisions(all.length),
  }),
);

/** What the message says in the end. */
function finalSteps(all: readonly Step[], changes: readonly Revision[]): readonly Step[] {
  const final = [...all];
  for (const [after] of all.entries()) {
    for (const change of changes) if (change.after === after) final[change.index] = change.step;
  }
  return final;
}

interface Counts {
  batches: number;
  sent: number;
  overlapped: number;
}

function property(
  compose?: StoreHostOptions['compose'],
  counts: Counts = { batches: 0, sent: 0, overlapped: 0 },
) {
  return fc.asyncProperty(scripts, fc.scheduler(), async (script, scheduler) => {
    const host = new StoreHost(scheduler, {
      late: script.late,
      ...(compose === undefined ? {} : { compose }),
    });
    const changes = script.streamed ? script.revisions : [];
    const input = script.streamed
      ? host.message(script.steps, changes)
      : script.steps.map((one, index) => toCall(one, index));
    const effect = await scheduler.waitFor(host.run(input, script.steps));
    expect(effect).toEqual(serially(finalSteps(script.steps, changes)));
    expect(host.collisions).toBe(0);
    expect(host.locksHeld).toBe(0);
    counts.batches += 1;
    counts.sent += host.sent;
    counts.overlapped += host.overlapped;
  });
}

verifies(
  'batch:model-order',
  'any batch ends like its calls one by one, whatever the latencies, the failures and the revisions',
  async () => {
    const counts = { batches: 0, sent: 0, overlapped: 0 };
    await fc.assert(property(undefined, counts), { numRuns: 500 });
    // Not vacuous: there was much to send, and a good part of it in flight together.
    expect(counts.sent).toBeGreaterThan(3 * counts.batches);
    expect(counts.overlapped / counts.sent).toBeGreaterThan(0.2);
  },
);

describe('the property fails', () => {
  const QUEUE = { queueMs: Infinity, setting: '' };

  function composed(
    links: (tool: Tool, parts: PipelineParts) => readonly (Link | undefined)[],
  ): (tool: Tool, parts: PipelineParts) => Caller {
    return (tool, parts) =>
      chain(
        links(tool, parts).filter((link) => link !== undefined),
        send(parts.callTool),
      );
  }

  const inner = (parts: PipelineParts): readonly Link[] => [
    exclude(parts.locks, QUEUE),
    retry({ maxAttempts: 3, totalMs: Infinity, totalSetting: '', backoff: { baseMs: 0 } }),
    limit(parts.lane, QUEUE),
  ];

  test.each([
    [
      'without `order`',
      composed((tool, parts) => [
        observe(),
        tool.declaredReadOnly ? undefined : hold(),
        approve(),
        tool.declaredReadOnly ? dedupe() : undefined,
        ...inner(parts),
      ]),
    ],
    [
      'with `order` within `dedupe`',
      composed((tool, parts) => [
        observe(),
        tool.declaredReadOnly ? dedupe() : undefined,
        order(),
        tool.declaredReadOnly ? undefined : hold(),
        approve(),
        ...inner(parts),
      ]),
    ],
    [
      'when every tool may be sent again',
      composed((tool, parts) => {
        const repeats = (next: Caller): Caller => {
          const again = retry({
            maxAttempts: 3,
            totalMs: Infinity,
            totalSetting: '',
            backoff: { baseMs: 0 },
          })(next);
          return (call, scope) =>
            again({ ...call, tool: { ...call.tool, declaredIdempotent: true } }, scope);
        };
        return [
          observe(),
          order(),
          tool.declaredReadOnly ? undefined : hold(),
          approve(),
          repeats,
          limit(parts.lane, QUEUE),
        ];
      }),
    ],
  ])('%s', async (_what, compose) => {
    const result = await fc.check(property(compose), { numRuns: 1_000, endOnFailure: true });
    expect(result.failed).toBe(true);
    expect(String(result.errorInstance)).toContain('AssertionError');
  });
});

verifies(
  'batch:exclude-batches',
  'calls that conflict are never in flight together, however many batches there are',
  async () => {
    let overlapped = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(scripts, { minLength: 2, maxLength: 4 }),
        fc.scheduler(),
        async (all, scheduler) => {
          const host = new StoreHost(scheduler, { late: all[0]?.late ?? [] });
          const batches = all.map(({ steps: own, streamed, revisions: changes }, batch) => {
            // Each batch has nonces of its own, so that nothing fails for another's sake.
            const input = streamed
              ? host.message(own, changes)
              : own.map((one, index) => toCall(one, index, `${batch}.${index}`));
            return host.run(input, own);
          });
          await scheduler.waitFor(Promise.all(batches));
          expect(host.collisions).toBe(0);
          expect(host.locksHeld).toBe(0);
          overlapped += host.overlapped;
        },
      ),
      { numRuns: 150 },
    );
    expect(overlapped).toBeGreaterThan(300);
  },
);

test('calls of different batches do collide without `exclude`', async () => {
  let collisions = 0;
  const compose = (tool: Tool, parts: PipelineParts): Caller =>
    chain(
      [
        observe(),
        order(),
        ...(tool.declaredReadOnly ? [] : [hold()]),
        limit(parts.lane, { queueMs: Infinity, setting: '' }),
      ],
      send(parts.callTool),
    );
  await fc.assert(
    fc.asyncProperty(steps, steps, fc.scheduler(), async (one, two, scheduler) => {
      const host = new StoreHost(scheduler, { compose });
      const batches = [one, two].map((own) =>
        host.run(
          own.map((step_, index) => toCall(step_, index)),
          own,
        ),
      );
      await scheduler.waitFor(Promise.all(batches));
      collisions += host.collisions;
    }),
    { numRuns: 50 },
  );
  expect(collisions).toBeGreaterThan(0);
});
