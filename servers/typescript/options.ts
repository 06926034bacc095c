import { parseArgs } from 'node:util';

export const USAGE = `Usage: typescript [--project DIR] [--tsc FILE]

An MCP server over standard input and output that knows the code of one TypeScript project:
types, references, definitions and compiler errors, as the files are on disk at each call.

Options:
  --project DIR  the project's folder, with a tsconfig.json (default: the current folder)
  --tsc FILE     the native TypeScript compiler to run, version 7 or newer
                 (default: the one that this package installs)
  --help         show this text

Exit codes: 0 done, 2 bad options

Example:
  typescript --project ~/project
`;

export type Options =
  | { readonly kind: 'help' }
  | {
      readonly kind: 'serve';
      readonly project: string;
      /** Undefined: the compiler that was installed with this package. */
      readonly tsc: string | undefined;
    };

/** A mistake in the options, to be told to the one who started the server. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Reads command line arguments; throws a UsageError. */
export function parseOptions(args: readonly string[]): Options {
  const { help, project, tsc } = parseValues(args);
  if (help) return { kind: 'help' };
  if (project === '') throw new UsageError('--project needs a folder.');
  if (tsc === '') throw new UsageError('--tsc needs a file.');
  return { kind: 'serve', project: project ?? process.cwd(), tsc };
}

function parseValues(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        project: { type: 'string' },
        tsc: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
