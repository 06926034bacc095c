import { parseArgs } from 'node:util';
import { MAX_EXTRA_TOOLS, MAX_LIST_PAGES, MAX_MS } from './limits.ts';

export const USAGE = `Usage: testbed [--era ERA] [--http [--host HOST] [--port PORT]] [options]

An MCP server for demonstrations, tests and benchmarks: its tools echo, sleep, fail, hang, crash,
flood, answer with much data, count, and ask back. It serves standard input and output, or
Streamable HTTP with --http.

Options:
  --era ERA         which clients it understands:
                    dual (default)  those of protocol 2026-07-28 and all older ones
                    modern          only those of 2026-07-28
                    legacy          only older ones, with the SDK of that time
  --http            serve http://HOST:PORT/mcp; the address is printed on stderr
  --host HOST       address to listen on (default: 127.0.0.1). There is no authentication:
                    whoever can reach another address can crash this server
  --port PORT       port to listen on, 0 for any free one (default: 0)
  --start-delay MS  say and hear nothing for so long after the start (default: 0)
  --tools N         add N tools tool_0001, tool_0002, … (default: 0)
  --list-pages N    list the tools in N pages (default: 1)
  --help            show this text

Exit codes: 0 done, 2 bad options, 3 the address cannot be listened on; crash ends it as it is told

Examples:
  testbed --era legacy
  testbed --tools 500 --list-pages 10 --http --port 8123
`;

type Era = 'modern' | 'legacy' | 'dual';

const ERAS: readonly string[] = ['modern', 'legacy', 'dual'] satisfies Era[];

export interface HttpOptions {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
}

export type Options =
  | { readonly kind: 'help' }
  | {
      readonly kind: 'serve';
      readonly era: Era;
      /** Undefined: standard input and output. */
      readonly http: HttpOptions | undefined;
      readonly startDelayMs: number;
      readonly extraTools: number;
      readonly listPages: number;
    };

/** A mistake in the options, to be told to the one who started the server. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Reads command line arguments; throws a UsageError. */
export function parseOptions(args: readonly string[]): Options {
  const values = parseValues(args);
  if (values.help) return { kind: 'help' };
  if (!values.http && (values.host !== undefined || values.port !== undefined)) {
    throw new UsageError('--host and --port are for --http.');
  }
  if (values.host === '') throw new UsageError('--host needs an address or name.');
  const whole = (name: 'port' | 'start-delay' | 'tools' | 'list-pages', range: Range) =>
    parseWhole(`--${name}`, values[name], range);
  const port = whole('port', { least: 0, most: 65_535, otherwise: 0 });
  return {
    kind: 'serve',
    era: parseEra(values.era),
    http: values.http ? { host: values.host ?? '127.0.0.1', port } : undefined,
    startDelayMs: whole('start-delay', { least: 0, most: MAX_MS, otherwise: 0 }),
    extraTools: whole('tools', { least: 0, most: MAX_EXTRA_TOOLS, otherwise: 0 }),
    listPages: whole('list-pages', { least: 1, most: MAX_LIST_PAGES, otherwise: 1 }),
  };
}

function parseValues(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        era: { type: 'string', default: 'dual' },
        http: { type: 'boolean', default: false },
        host: { type: 'string' },
        port: { type: 'string' },
        'start-delay': { type: 'string' },
        tools: { type: 'string' },
        'list-pages': { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function parseEra(given: string): Era {
  if (ERAS.includes(given)) return given as Era;
  throw new UsageError(`--era ${JSON.stringify(given)} is none of ${ERAS.join(', ')}.`);
}

interface Range {
  readonly least: number;
  readonly most: number;
  /** What it is when it is not given. */
  readonly otherwise: number;
}

function parseWhole(option: string, given: string | undefined, range: Range): number {
  if (given === undefined) return range.otherwise;
  const number = /^\d{1,7}$/.test(given) ? Number(given) : Number.NaN;
  if (number >= range.least && number <= range.most) return number;
  throw new UsageError(
    `${option} ${JSON.stringify(given)} is not a whole number from ${range.least} to ${range.most}.`,
  );
}
