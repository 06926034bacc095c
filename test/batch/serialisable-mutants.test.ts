import * as fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { pipeline } from '../../src/batch/pipeline.ts';
import { chain, type Link } from '../../src/call/link.ts';
import { approve } from '../../src/links/approve.ts';
import { dedupe } from '../../src/links/dedupe.ts';
import { exclude } from '../../src/links/exclude.ts';
import { hold } from '../../src/links/hold.ts';
import { limit } from '../../src/links/limit.ts';
import { observe } from '../../src/links/observe.ts';
import { order } from '../../src/links/order.ts';
import { retry } from '../../src/links/retry.ts';
import { send } from '../../src/links/send.ts';
import { serverConfig } from '../support/scripted-host.ts';
import {
  brokenOff,
  oneBatch,
  REPORT,
  severalBatches,
  type PropertyOptions,
} from '../support/serialisable.ts';
import type { Compose } from '../support/store-host.ts';

/*
 * The properties of `serialisable.test.ts` are worth what they catch: the pipeline with one link taken out, or in another place, must break one of them.
 */

vi.setConfig({ testTimeout: 60_000 });

const QUEUE = { queueMs: Infinity, setting: '' };
const RETRY = { maxAttempts: 3, totalMs: Infinity, totalSetting: '', backoff: { baseMs: 0 } };

/** The links of a chain by name; `undefined` where a tool has none of that name. */
type Links = Readonly<
  Record<
    'observe' | 'order' | 'hold' | 'approve' | 'dedupe' | 'exclude' | 'retry' | 'limit',
    Link | undefined
  >
>;

/** The pipeline with its links in another order, or changed. */
function rearranged(arrange: (links: Links) => readonly (Link | undefined)[]): Compose {
  return (tool, parts) => {
    const links: Links = {
      observe: observe(),
      order: order(),
      hold: tool.declaredReadOnly ? undefined : hold(),
      approve: approve(),
      dedupe: tool.declaredReadOnly ? dedupe() : undefined,
      exclude: exclude(parts.locks, QUEUE),
      retry: retry(RETRY),
      limit: limit(parts.lane, QUEUE),
    };
    return chain(
      arrange(links).filter((link) => link !== undefined),
      send(parts.callTool),
    );
  };
}

/** Takes every tool for one that may be sent again. */
const careless =
  (link: Link): Link =>
  (next) => {
    const inner = link(next);
    return (call, scope) =>
      inner({ ...call, tool: { ...call.tool, declaredIdempotent: true } }, scope);
  };

type Property = (options: PropertyOptions) => fc.IAsyncProperty<unknown>;

const MUTANTS: readonly [string, Property, Compose][] = [
  [
    'without `order`',
    oneBatch,
    rearranged((l) => [l.observe, l.hold, l.approve, l.dedupe, l.exclude, l.retry, l.limit]),
  ],
  [
    'with `order` within `dedupe`, so that a read shares one from before a write',
    oneBatch,
    rearranged((l) => [
      l.observe,
      l.dedupe,
      l.order,
      l.hold,
      l.approve,
      l.exclude,
      l.retry,
      l.limit,
    ]),
  ],
  [
    'with `order` within `exclude`, so that a call holds a lock while it waits for its turn',
    oneBatch,
    rearranged((l) => [
      l.observe,
      l.hold,
      l.approve,
      l.exclude,
      l.order,
      l.dedupe,
      l.retry,
      l.limit,
    ]),
  ],
  [
    'without `hold`, so that a write runs that the model then revises',
    oneBatch,
    rearranged((l) => [l.observe, l.order, l.approve, l.dedupe, l.exclude, l.retry, l.limit]),
  ],
  [
    'without `hold`, so that a message that breaks off has written',
    brokenOff,
    rearranged((l) => [l.observe, l.order, l.approve, l.dedupe, l.exclude, l.retry, l.limit]),
  ],
  [
    'without `approve`',
    oneBatch,
    rearranged((l) => [l.observe, l.order, l.hold, l.dedupe, l.exclude, l.retry, l.limit]),
  ],
  [
    'without `retry`',
    oneBatch,
    rearranged((l) => [l.observe, l.order, l.hold, l.approve, l.dedupe, l.exclude, l.limit]),
  ],
  [
    'with a `retry` that sends writes again',
    oneBatch,
    rearranged((l) => [
      l.observe,
      l.order,
      l.hold,
      l.approve,
      l.dedupe,
      l.exclude,
      careless(l.retry!),
      l.limit,
    ]),
  ],
  [
    'without `exclude`',
    severalBatches,
    rearranged((l) => [l.observe, l.order, l.hold, l.approve, l.dedupe, l.retry, l.limit]),
  ],
  [
    'with `exclude` within `retry`, so that another batch gets between two attempts',
    severalBatches,
    rearranged((l) => [
      l.observe,
      l.order,
      l.hold,
      l.approve,
      l.dedupe,
      l.retry,
      l.exclude,
      l.limit,
    ]),
  ],
];

describe('the property fails', () => {
  test.each(MUTANTS)('%s', async (_what, property, compose) => {
    const mutant = property({ compose, stallMs: 50 });
    const result = await fc.check(mutant, { numRuns: 2_000, endOnFailure: true });
    expect(result.failed).toBe(true);
    expect(String(result.errorInstance)).toContain('not as one by one');
  });

  const properties: Readonly<Record<string, Property>> = { oneBatch, severalBatches, brokenOff };
  test.each(Object.keys(properties))('not with the links as they are: %s', async (name) => {
    const compose = rearranged((l) => Object.values(l));
    const result = await fc.check(properties[name]!({ compose }), { numRuns: 100 });
    expect(result.failed).toBe(false);
  });
});

test('the counter-example is small, and comes with what should have been and its waterfall', async () => {
  const compose: Compose = (tool, parts) =>
    tool.name === 'get'
      ? rearranged((l) => Object.values({ ...l, order: undefined }))(tool, parts)
      : pipeline(tool, serverConfig(tool.server), parts);
  const mutant = fc.assert(oneBatch({ compose }), { ...REPORT, numRuns: 2_000, seed: 1 });
  const report = String(await mutant.catch((reason: unknown) => reason));
  expect(report).toMatch(/call \d, \w get \w: ok .*\n +and not ok /u);
  expect(report).toMatch(/^ *[a-d] +get +█+ .* ok$/mu);
  expect(report).toMatch(/^ *[a-d] +(append|set|swap|append-all) +·*█+/mu);
  expect(report).toMatch(/^ +waited .* for the end of the model’s message/mu);
});
