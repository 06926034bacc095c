import { parseArgs } from 'node:util';
import { UsageError } from './usage-error.ts';

export interface BenchOptions {
  readonly rounds: number | undefined;
  readonly only: readonly string[] | undefined;
  /** Parts of row ids. */
  readonly rows: readonly string[] | undefined;
  readonly with: readonly string[];
  readonly peers: boolean;
  readonly quick: boolean;
  readonly quietMs: number;
  readonly json: string | undefined;
  readonly profiles: string | undefined;
  readonly help: boolean;
}

const QUIET_MS = 3_000;

export const OPTIONS_HELP = `  --quick        small works, one round: whether it runs, not how fast it is
  --rounds N     samples of each contender
  --row TEXT     only rows whose id holds TEXT (repeatable)
  --only NAME    only this contender (repeatable), beside the floor
  --with FILE    one more contender: a module that exports \`contender\` (repeatable)
  --peers        other hosts, too: npm ci --prefix bench/peers
  --wait MS      longest wait for a quiet machine before each sample; default ${QUIET_MS}
  --json FILE    all figures
  --cpu-prof DIR a CPU profile of each contender's process, warm-up included
  --help`;

/** Throws UsageError. */
export function readOptions(args: readonly string[]): BenchOptions {
  const values = parse(args);
  return {
    rounds: numberOf('rounds', values.rounds, 1) ?? (values.quick ? 1 : undefined),
    only: values.only,
    rows: values.row,
    with: values.with,
    peers: values.peers,
    quick: values.quick,
    quietMs: numberOf('wait', values.wait, 0) ?? (values.quick ? 0 : QUIET_MS),
    json: values.json,
    profiles: values['cpu-prof'],
    help: values.help,
  };
}

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        quick: { type: 'boolean', default: false },
        rounds: { type: 'string' },
        row: { type: 'string', multiple: true },
        only: { type: 'string', multiple: true },
        with: { type: 'string', multiple: true, default: [] },
        peers: { type: 'boolean', default: false },
        wait: { type: 'string' },
        json: { type: 'string' },
        'cpu-prof': { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
    return values;
  } catch (reason) {
    throw new UsageError(reason instanceof Error ? reason.message : String(reason));
  }
}

function numberOf(name: string, text: string | undefined, atLeast: number): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (Number.isInteger(number) && number >= atLeast) return number;
  throw new UsageError(`--${name} takes a whole number of at least ${atLeast}`);
}
