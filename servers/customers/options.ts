import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { parseArgs } from 'node:util';

export interface Options {
  /** The database file, or `:memory:`. */
  readonly db: string;
  /** Artificial delay of a tool, in ms. A tool that is not in it answers at once. */
  readonly latencyMs: ReadonlyMap<string, number>;
}

/** A mistake on the command line; the message says what is wrong and what would be right. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const HELP = `An MCP server over stdio: a customer-support desk in an SQLite file.

Usage: node server.js [options]

  --db PATH       the database file; made and filled with sample data on the first start.
                  Several servers may share one file. ":memory:" keeps nothing.
                  Default: $XDG_DATA_HOME/mcp-fanout/customers.db,
                  or ~/.local/share/mcp-fanout/customers.db
  --latency LIST  make tools slow, to see concurrency at work: TOOL=MS, separated by commas.
                  "example" stands for get_customer=400,get_orders=500,get_tickets=600
  --help          print this text
`;

const EXAMPLE_LATENCY = 'get_customer=400,get_orders=500,get_tickets=600';
const MAX_LATENCY_MS = 600_000;

/** Reads the command line. Returns `help` when it was asked for; throws `UsageError`. */
export function parseOptions(
  argv: readonly string[],
  toolNames: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Options | 'help' {
  const values = parse(argv);
  if (values.help) return 'help';
  if (values.db === '') throw new UsageError('--db needs the path of a file');
  return {
    db: values.db ?? defaultDatabase(env),
    latencyMs: parseLatency(values.latency, toolNames),
  };
}

function parse(argv: readonly string[]): { db?: string; latency: string[]; help: boolean } {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        db: { type: 'string' },
        latency: { type: 'string', multiple: true, default: [] },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    return values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function parseLatency(lists: readonly string[], toolNames: readonly string[]): Map<string, number> {
  const latencyMs = new Map<string, number>();
  const entries = lists.flatMap((list) => list.split(',')).map((entry) => entry.trim());
  for (const entry of entries.flatMap((entry) =>
    entry === 'example' ? EXAMPLE_LATENCY.split(',') : entry,
  )) {
    const [, tool = '', ms = ''] = /^(\w+)=(\d+)$/.exec(entry) ?? [];
    if (ms === '') {
      throw new UsageError(
        `--latency ${JSON.stringify(entry)} is neither TOOL=MS, such as get_orders=500, nor "example"`,
      );
    }
    if (!toolNames.includes(tool)) {
      throw new UsageError(
        `--latency names ${tool}, which is no tool here; the tools are ${toolNames.join(', ')}`,
      );
    }
    if (Number(ms) > MAX_LATENCY_MS) {
      throw new UsageError(`--latency ${entry} is more than ${String(MAX_LATENCY_MS)} ms`);
    }
    latencyMs.set(tool, Number(ms));
  }
  return latencyMs;
}

function defaultDatabase(env: NodeJS.ProcessEnv): string {
  const configured = env['XDG_DATA_HOME'];
  // The XDG specification has relative paths ignored.
  const base =
    configured !== undefined && isAbsolute(configured)
      ? configured
      : join(homedir(), '.local', 'share');
  return join(base, 'mcp-fanout', 'customers.db');
}
