/** The soak's result: what was counted, what was asked of it, and how that reads. */
import { availableParallelism } from 'node:os';
import type { Journals, Tally } from './ledger.ts';
import { MEASURES, type Sample, type Trend } from './samples.ts';
import { MEMBERS } from './fleet.ts';

export interface Facts {
  readonly seconds: number;
  readonly seed: number;
  readonly interrupted: boolean;
  readonly tally: Tally;
  readonly journals: Journals;
  readonly samples: readonly Sample[];
  /** `undefined`: too short to tell. */
  readonly trends: readonly Trend[] | undefined;
  /** Warnings of the runtime, such as too many listeners on one object. */
  readonly warnings: readonly string[];
  /** What was not there before, and is there after the host was closed: descriptors, handles, processes. */
  readonly left: readonly string[];
}

export interface Check {
  readonly name: string;
  /** How often it was not so. */
  readonly faults: number;
}

export function checksOf(facts: Facts): readonly Check[] {
  const { tally, journals, trends, warnings, left } = facts;
  const steady = MEMBERS.filter(({ crashMs }) => crashMs === undefined);
  const unanswered = steady.reduce((sum, { name }) => sum + (tally.unanswered[name] ?? 0), 0);
  return [
    { name: 'lost calls', faults: tally.lost },
    { name: 'mixed up answers', faults: tally.mixedUp },
    { name: 'repeated writes', faults: journals.repeated },
    { name: 'wrong about what ran', faults: journals.misreported },
    { name: 'writes out of order', faults: journals.disordered },
    { name: 'unanswered by a healthy server', faults: unanswered },
    { name: 'runtime warnings', faults: warnings.length },
    { name: 'left after close', faults: left.length },
    { name: 'growing', faults: (trends ?? []).filter(({ isFlat }) => !isFlat).length },
  ];
}

export function toJson(facts: Facts): object {
  const { tally, journals } = facts;
  return {
    ok: checksOf(facts).every(({ faults }) => faults === 0),
    seconds: Math.round(facts.seconds),
    seed: facts.seed,
    interrupted: facts.interrupted,
    node: process.version,
    cores: availableParallelism(),
    batches: tally.batches,
    calls: tally.calls,
    answered: tally.answered,
    unseen: tally.unseen,
    unanswered: tally.unanswered,
    writes: journals.writes,
    crashes: journals.crashes,
    checks: checksOf(facts),
    trends: facts.trends ?? null,
    samples: facts.samples.length,
    examples: [...tally.examples, ...journals.examples, ...facts.warnings, ...facts.left],
  };
}

export function toText(facts: Facts): string {
  const { tally, journals, trends, seconds } = facts;
  const number = (value: number): string => value.toLocaleString('en');
  const lines = [
    `soak${facts.interrupted ? ', interrupted' : ''}: ${(seconds / 60).toFixed(1)} min, Node ${process.version}, ${availableParallelism()} cores, seed ${facts.seed}`,
    `  ${number(tally.batches)} batches, ${number(tally.calls)} calls to ${MEMBERS.length} servers, ${number(tally.answered)} answered, ` +
      `${number(journals.writes)} writes ran, ${number(journals.crashes)} crashes`,
    ...checksOf(facts).map(({ name, faults }) => `  ${name.padEnd(32)}${number(faults)}`),
  ];
  for (const { measure, first, last, limit, isFlat } of trends ?? []) {
    const words = `${shown(measure, first)} → ${shown(measure, last)}`;
    const verdict = isFlat ? 'flat' : 'GROWS';
    lines.push(
      `  ${MEASURES[measure].words.padEnd(12)}${words.padEnd(24)}${verdict} (limit ${shown(measure, limit)})`,
    );
  }
  if (trends === undefined) lines.push('  too short to tell what grows');
  const examples = [...tally.examples, ...journals.examples, ...facts.warnings, ...facts.left];
  lines.push(...examples.slice(0, 10).map((example) => `  ! ${example}`));
  return lines.join('\n');
}

function shown(measure: keyof Sample, value: number): string {
  return measure.endsWith('Bytes')
    ? `${(value / 1024 / 1024).toFixed(1)} MiB`
    : value.toLocaleString('en');
}
