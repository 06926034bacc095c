import * as fc from 'fast-check';
import { conflict } from '../../src/base/locks.ts';
import { pictureOf } from './batch-picture.ts';
import { scripts, type Script } from './random-batches.ts';
import { StoreHost, type Compose } from './store-host.ts';
import {
  differences,
  effectOf,
  finalSteps,
  freshState,
  runAlone,
  serially,
} from './store-model.ts';

/*
 * The guarantee to the user, as properties: given true access classes, a batch leaves the servers in the state, and returns the results, that running its
 * calls one by one in order would have; several batches at once, what some order of their whole calls would have, each batch's own order kept where its
 * calls conflict. Latencies, approvals, the model's pace and the servers' start are the scheduler's; what fails is fixed for each call.
 */

/** A counter-example is printed with its waterfall. */
export const REPORT = { includeErrorInReport: true } as const;

/** That a property was not proved on nothing. */
export class Counts {
  batches = 0;
  /** Sendings, and how many of them were in flight with another one. */
  sent = 0;
  overlapped = 0;
  /** Calls that waited for another batch. */
  waited = 0;

  add(host: StoreHost, batches: number): void {
    this.batches += batches;
    this.sent += host.sent;
    this.overlapped += host.overlapped;
    this.waited += host.locks.waited;
  }
}

export interface PropertyOptions {
  readonly compose?: Compose;
  readonly counts?: Counts;
  /** How long nothing may happen before a batch counts as stuck, in looks of so many ms. Default 500. */
  readonly stallMs?: number;
}

export function oneBatch(options: PropertyOptions = {}) {
  return fc.asyncProperty(scripts, fc.scheduler(), async (script, scheduler) => {
    const { late } = script;
    const host = new StoreHost(scheduler, { late, compose: options.compose });
    await explained(host, async () => {
      const results = await host.until(host.run(script), options.stallMs);
      const wanted = serially(finalSteps(script.steps, script.revisions));
      return [...differences(host.effect(script, results), wanted), ...leftovers(host)];
    });
    options.counts?.add(host, 1);
  });
}

export function severalBatches(options: PropertyOptions = {}) {
  const all = fc.array(scripts, { minLength: 2, maxLength: 4 });
  return fc.asyncProperty(all, fc.scheduler(), async (batches, scheduler) => {
    const late = batches[0]?.late ?? [];
    const host = new StoreHost(scheduler, { late, compose: options.compose });
    await explained(host, async () => {
      const runs = Promise.all(batches.map((script) => host.run(script)));
      const results = await host.until(runs, options.stallMs);
      return [...unlikeTheirOrder(host, batches, results), ...leftovers(host)];
    });
    options.counts?.add(host, batches.length);
  });
}

/** A message that breaks off: no write has run, and what was read is what was there before it. */
export function brokenOff(options: PropertyOptions = {}) {
  const streamed = scripts.map((script) => ({ ...script, streamed: true }));
  return fc.asyncProperty(streamed, fc.scheduler(), async (script, scheduler) => {
    const { late } = script;
    const host = new StoreHost(scheduler, { late, compose: options.compose, truncated: true });
    await explained(host, async () => {
      const results = await host.until(host.run(script), options.stallMs);
      const steps = finalSteps(script.steps, script.revisions);
      const wanted = steps.map((step, index) => {
        const isDeclared = step.tool === 'get' || step.tool === 'all';
        const alone = runAlone(freshState(), step);
        const mayBe = isDeclared || step.twist === 'bad' ? [alone, 'cancelled'] : ['cancelled'];
        const result = results[index] ?? '';
        return mayBe.includes(result) ? result : mayBe.join(' or ');
      });
      const effect = effectOf(freshState(), steps, wanted);
      return [...differences(host.effect(script, results), effect), ...leftovers(host)];
    });
    options.counts?.add(host, 1);
  });
}

/** Calls do not overlap where they conflict, so that the order in which they ended is an order in which they can have run one by one. */
function unlikeTheirOrder(
  host: StoreHost,
  batches: readonly Script[],
  results: readonly (readonly string[])[],
): readonly string[] {
  const final = batches.map(({ steps, revisions }) => finalSteps(steps, revisions));
  const place = new Map<string, number>();
  for (const [at, { event }] of host.events.entries()) {
    // The last end of a call that was revised is that of what it is in the end.
    if (event.kind === 'call-end') place.set(`${event.batch - 1} ${event.index}`, at);
  }
  const calls = final
    .flatMap((steps, batch) => steps.map((step, index) => ({ batch, index, step })))
    .sort(
      (one, two) =>
        (place.get(`${one.batch} ${one.index}`) ?? 0) -
        (place.get(`${two.batch} ${two.index}`) ?? 0),
    );
  const state = freshState();
  const alone = final.map((): string[] => []);
  for (const { batch, index, step } of calls) alone[batch]![index] = runAlone(state, step);
  const faults = final.flatMap((steps, batch) => {
    const effect = host.effect(batches[batch]!, results[batch]!);
    return differences(effect, effectOf(state, steps, alone[batch]!)).map(
      (line) => `batch ${batch + 1}, ${line}`,
    );
  });
  for (const [at, later] of calls.entries()) {
    if (!hasRun(later.step.twist)) continue;
    for (const earlier of calls.slice(0, at)) {
      if (earlier.batch !== later.batch || earlier.index < later.index) continue;
      if (!hasRun(earlier.step.twist)) continue;
      const conflicting = host
        .claims(earlier.step)
        .some((one) => host.claims(later.step).some((two) => conflict(one, two)));
      if (conflicting)
        faults.push(
          `batch ${later.batch + 1}: call ${earlier.index} ended before call ${later.index}`,
        );
    }
  }
  return faults;
}

function hasRun(twist: Script['steps'][number]['twist']): boolean {
  return twist === 'none' || twist === 'asked';
}

function leftovers(host: StoreHost): readonly string[] {
  const { locks, collisions } = host;
  return [
    ...(collisions > 0 ? [`${collisions} conflicting calls were in flight together`] : []),
    ...(locks.overtakings > 0 ? [`${locks.overtakings} calls overtook one that waited`] : []),
    ...(locks.size > 0 ? [`${locks.size} host-wide locks are held`] : []),
    ...toldAfterTheEnd(host),
  ];
}

/** Of a call that has ended nothing more is told, unless the model revises it. */
function toldAfterTheEnd({ events }: StoreHost): readonly string[] {
  const ended = new Set<string>();
  return events.flatMap(({ event }) => {
    if (event.kind === 'call-revise') ended.delete(`${event.batch} ${event.id}`);
    if (event.kind === 'call-end') ended.add(`${event.batch} ${event.record.id}`);
    return 'batch' in event && 'id' in event && ended.has(`${event.batch} ${event.id}`)
      ? [`${event.kind} of call ${event.id} after its end`]
      : [];
  });
}

/** Fails with everything that somebody needs who has to understand the counter-example. */
async function explained(host: StoreHost, check: () => Promise<readonly string[]>): Promise<void> {
  let faults: readonly string[];
  try {
    faults = await check();
  } catch (reason) {
    faults = [String(reason)];
  }
  if (faults.length === 0) return;
  const list = faults.map((fault) => `  ${fault}`).join('\n');
  throw new Error(`not as one by one:\n${list}\n\n${pictureOf(host.events)}`);
}
