import { parseArgs } from 'node:util';

export const USAGE = `Usage: workspace [--root DIR] [--read-only] [--http [--host HOST] [--port PORT]]

An MCP server that lists, finds, reads, searches, writes and edits the text files of one folder.
It serves standard input and output, or Streamable HTTP with --http.

Options:
  --root DIR    the folder; nothing outside it is reachable (default: the current folder)
  --read-only   offer no tools that change files
  --http        serve http://HOST:PORT/mcp; the address is printed on stderr
  --host HOST   address to listen on (default: 127.0.0.1). There is no authentication:
                whoever can reach another address can use the tools
  --port PORT   port to listen on, 0 for any free one (default: 0)
  --help        show this text

Exit codes: 0 done, 2 bad options, 3 the address cannot be listened on

Examples:
  workspace --root ~/project
  workspace --root ~/project --read-only --http --port 8123
`;

export interface HttpOptions {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
}

export type Options =
  | { readonly kind: 'help' }
  | {
      readonly kind: 'serve';
      readonly root: string;
      readonly readOnly: boolean;
      /** Undefined: standard input and output. */
      readonly http: HttpOptions | undefined;
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
  if (values.root === '') throw new UsageError('--root needs a folder.');
  if (values.host === '') throw new UsageError('--host needs an address or name.');
  return {
    kind: 'serve',
    root: values.root ?? process.cwd(),
    readOnly: values['read-only'],
    http: values.http
      ? { host: values.host ?? '127.0.0.1', port: parsePort(values.port) }
      : undefined,
  };
}

function parseValues(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        root: { type: 'string' },
        'read-only': { type: 'boolean', default: false },
        http: { type: 'boolean', default: false },
        host: { type: 'string' },
        port: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function parsePort(given: string | undefined): number {
  if (given === undefined) return 0;
  const port = /^\d{1,5}$/.test(given) ? Number(given) : Number.NaN;
  if (!(port <= 65_535)) {
    throw new UsageError(
      `--port ${JSON.stringify(given)} is not a port; it is a number from 0 to 65535.`,
    );
  }
  return port;
}
