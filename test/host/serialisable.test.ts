import * as fc from 'fast-check';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterAll, expect, test, vi } from 'vitest';
import type { Host, ToolCall } from '../../src/index.ts';
import type { BatchItem } from '../../src/call/batch-item.ts';
import { SERVERS as FIXTURES } from '../support/connections.ts';
import { scripts, type Script } from '../support/random-batches.ts';
import { rawHost, textOf, type RawHost } from '../support/raw-host.ts';
import { REPORT } from '../support/serialisable.ts';
import {
  differences,
  effectOf,
  finalSteps,
  freshState,
  RESOURCES,
  SERVERS,
  serially,
  toCall,
  type State,
  type Step,
} from '../support/store-model.ts';
import { verifies } from '../support/verifies.ts';

/*
 * The property of `batch/serialisable.test.ts` again, through the whole host and real processes, each of which reads a file, waits, and writes it back.
 * In memory there are thousands of batches and all failures; here it shows that nothing between the executor and the wire takes the guarantee away.
 */

vi.setConfig({ testTimeout: 60_000 });

const folder = mkdtempSync(join(tmpdir(), 'fanout-stores-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
const fileOf = (store: string): string => join(folder, `${store}.json`);

function openStores(settings: object = {}): Promise<RawHost> {
  // The stores are whole files: claims on single records would be untrue.
  const entries = SERVERS.map((server): [string, object] => [
    server,
    {
      command: process.execPath,
      args: [join(FIXTURES, 'store.mjs'), fileOf(RESOURCES[server])],
      resource: RESOURCES[server],
      ...settings,
    },
  ]);
  reset();
  return rawHost(Object.fromEntries(entries));
}

function reset(): void {
  for (const [store, records] of freshState())
    writeFileSync(fileOf(store), JSON.stringify(records));
}

function stored(): State {
  return new Map(
    [...freshState().keys()].map((store) => [
      store,
      JSON.parse(readFileSync(fileOf(store), 'utf8')) as Record<string, string>,
    ]),
  );
}

/** Nothing fails here, and nobody is asked. */
function plain(step: Step): Step {
  return {
    ...step,
    failsBefore: 0,
    failsAfter: 0,
    twist: step.twist === 'bad' ? 'bad' : 'none',
  };
}

const plainScripts = scripts.map((script) => ({
  ...script,
  steps: script.steps.map(plain),
  revisions: script.revisions.map((revision) => ({ ...revision, step: plain(revision.step) })),
}));

/** How long each call takes between reading and writing, ms. */
const latencies = fc.array(fc.nat(5), { minLength: 9, maxLength: 9 });

function timed(call: ToolCall, latency = 0): ToolCall {
  return typeof call.arguments === 'object'
    ? { ...call, arguments: { ...call.arguments, latency } }
    : call;
}

async function* message(
  { steps, revisions }: Script,
  times: readonly number[],
): AsyncGenerator<BatchItem> {
  for (const [index, step] of steps.entries()) {
    await setImmediate();
    yield { kind: 'call', call: timed(toCall(step, 1, `${index}`), times[index]) };
    for (const { after, index: revised, step: changed } of revisions) {
      if (after !== index) continue;
      await setImmediate();
      yield {
        kind: 'revise',
        index: revised,
        call: timed(toCall(changed, 1, `${revised}`), times[revised]),
      };
    }
  }
  yield { kind: 'end', complete: true };
}

function property(host: Host) {
  return fc.asyncProperty(plainScripts, latencies, async (script, times) => {
    reset();
    const calls = script.streamed
      ? message(script, times)
      : script.steps.map((step, index) => timed(toCall(step, 1, `${index}`), times[index]));
    const records = await host.runBatch(calls);
    const results = records.map(({ outcome }) =>
      outcome.kind === 'ok' ? `ok ${textOf(outcome)}` : outcome.kind,
    );
    const final = finalSteps(script.steps, script.revisions);
    expect(differences(effectOf(stored(), final, results), serially(final))).toEqual([]);
  });
}

verifies(
  'batch:model-order',
  'random batches over real processes end like their calls one by one',
  async () => {
    await using stores = await openStores();
    await fc.assert(property(stores.host), { ...REPORT, numRuns: 60 });
  },
);

test('with everything at once they do not', async () => {
  await using stores = await openStores({ parallel: 'always' });
  const result = await fc.check(property(stores.host), { numRuns: 500, endOnFailure: true });
  expect(result.failed).toBe(true);
});
