import { cpus, type, release } from 'node:os';
import type { Race } from './race.ts';
import type { Row, Shown } from './row.ts';
import { pairedSpread, spreadOf, type Spread } from './statistics.ts';
import { WORKS } from './works.ts';
import { HOST } from './entrants.ts';

/** All that was measured, as it is written to a file. */
export interface Results {
  /** ISO date and time. */
  readonly date: string;
  readonly machine: string;
  /** Works smaller than their names say: no measurement. */
  readonly quick: boolean;
  readonly sheets: readonly SheetResults[];
  /** Who could not take part, and why. */
  readonly absent: readonly string[];
}

interface SheetResults {
  readonly title: string;
  readonly rows: readonly RowResults[];
}

export interface RowResults {
  readonly id: string;
  readonly name: string;
  readonly unit: 'ms' | 'bytes';
  readonly shows: Shown;
  readonly goal?: number;
  /** Whether mcp-fanout reached the goal. */
  readonly reached?: boolean;
  readonly entrants: readonly EntrantResults[];
  readonly taken: number;
  readonly takenWhileBusy: number;
}

export interface EntrantResults {
  readonly name: string;
  readonly title: string;
  /** Name of the entrant that it is compared with. */
  readonly floor: string;
  readonly samples: number;
  /** Why it has no figures. */
  readonly failed?: string;
  /** Above the ideal, where the row has one. */
  readonly value?: Spread;
  /** The value and the computing time, as multiples of the floor's of the same round; and the value less the floor's. */
  readonly ratio?: Spread;
  readonly cpuRatio?: Spread;
  readonly excess?: Spread;
}

export function machine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  return `${cpus().length} cores (${model}), ${type()} ${release()}, Node ${process.version}`;
}

export function rowResults(race: Race): RowResults {
  const { row, taken, takenWhileBusy } = race;
  const entrants = race.entrants.flatMap((entrant) => entrantResults(race, entrant) ?? []);
  const host = entrants.find(({ name }) => name === HOST);
  return {
    id: row.id,
    name: row.name,
    unit: WORKS[row.work].unit,
    shows: row.shows,
    ...(row.goal !== undefined && { goal: row.goal }),
    ...(row.goal !== undefined &&
      host !== undefined && { reached: (host[row.shows]?.median ?? Infinity) <= row.goal }),
    entrants,
    taken,
    takenWhileBusy,
  };
}

/** Nothing where a race was broken off before it ran. */
function entrantResults(
  { row, samples, failures }: Race,
  { name, title, floor }: Race['entrants'][number],
): EntrantResults | undefined {
  const own = samples.get(name) ?? [];
  const base = { name, title, floor, samples: own.length };
  const failed = failures.get(name);
  if (failed !== undefined) return { ...base, failed };
  if (own.length === 0) return undefined;
  const floors = samples.get(floor) ?? [];
  const values = own.map(({ value }) => aboveIdeal(row, value));
  const floorValues = floors.map(({ value }) => aboveIdeal(row, value));
  const cpu = own.flatMap(({ cpuMs }) => cpuMs ?? []);
  const floorCpu = floors.flatMap(({ cpuMs }) => cpuMs ?? []);
  return {
    ...base,
    value: spreadOf(values),
    ...(floorValues.length > 0 && {
      ratio: pairedSpread(values, floorValues, (our, their) => our / their),
      excess: pairedSpread(values, floorValues, (our, their) => our - their),
    }),
    ...(cpu.length > 0 &&
      floorCpu.length > 0 && {
        cpuRatio: pairedSpread(cpu, floorCpu, (our, their) => our / their),
      }),
  };
}

function aboveIdeal({ idealMs = 0 }: Row, value: number): number {
  return value - idealMs;
}
