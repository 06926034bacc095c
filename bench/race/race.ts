import type { Sample } from './bench.ts';
import { withFloors, type Entrant } from './entrants.ts';
import { untilQuiet } from './quiet.ts';
import type { Row } from './row.ts';
import { takeSample } from './sample.ts';

/** What a row's entrants did. */
export interface Race {
  readonly row: Row;
  readonly entrants: readonly Entrant[];
  /** By name; the n-th samples of all were taken in one round. */
  readonly samples: ReadonlyMap<string, readonly Sample[]>;
  /** By name: why one is out. */
  readonly failures: ReadonlyMap<string, string>;
  /** How many samples were taken, and before how many the wait for a quiet machine was in vain. */
  readonly taken: number;
  readonly takenWhileBusy: number;
}

export interface RaceOptions {
  readonly rounds: number | undefined;
  /** Longest wait for a quiet machine before each sample, ms. */
  readonly quietMs: number;
  /** Ends the race; what has been measured counts. */
  readonly signal: AbortSignal;
  /** Folder for a CPU profile of each sample. */
  readonly profiles: string | undefined;
  /** Told before each sample. */
  readonly onSample: (round: number, rounds: number, entrant: Entrant) => void;
}

const ROUNDS = 9;

/**
 * Races all entrants over one row. In each round everybody runs once, each in a fresh process against fresh servers, and the order is reversed from round to
 * round: a drift of the machine meets all of them alike. Who fails once is out, and the others go on.
 */
export async function race(
  row: Row,
  everybody: readonly Entrant[],
  options: RaceOptions,
): Promise<Race> {
  const rounds = options.rounds ?? row.rounds ?? ROUNDS;
  const entrants = withFloors(everybody, ({ name }) => row.only?.includes(name) ?? true);
  const samples = new Map<string, Sample[]>(entrants.map(({ name }) => [name, []]));
  const failures = new Map<string, string>();
  let taken = 0;
  let takenWhileBusy = 0;
  for (let round = 1; round <= rounds; round += 1) {
    for (const entrant of round % 2 === 1 ? entrants : entrants.toReversed()) {
      if (failures.has(entrant.name)) continue;
      const isQuiet = options.quietMs === 0 || (await untilQuiet(options.quietMs, options.signal));
      if (options.signal.aborted) break;
      options.onSample(round, rounds, entrant);
      const reply = await takeSample(row, entrant, options);
      if (options.signal.aborted) break;
      taken += 1;
      if (!isQuiet) takenWhileBusy += 1;
      if (reply.kind === 'sample') samples.get(entrant.name)?.push(reply.sample);
      else failures.set(entrant.name, reply.reason);
    }
  }
  return { row, entrants, samples, failures, taken, takenWhileBusy };
}
