import { parseArgs } from 'node:util';

export const USAGE = `Usage: git [--repo DIR] [--read-only]

An MCP server for one git repository, over standard input and output: status, log, diff, show
and blame read, commit writes. It uses the git that is installed (2.31 or newer).

Options:
  --repo DIR    a folder of the work tree (default: the current folder). Paths in calls and
                answers are relative to the top of the work tree
  --read-only   offer no commit
  --help        show this text

Reading runs no program that the repository's own config names: no filter, no textconv or
external diff, no hook, no fsmonitor, no signature check, no transport. A commit runs what your
git would run: hooks, filters, signing.

Exit codes: 0 done, 2 bad options or no work tree there, 3 git is missing or too old

Examples:
  git --repo ~/project
  git --repo ~/project --read-only
`;

export type Options =
  | { readonly kind: 'help' }
  | { readonly kind: 'serve'; readonly repo: string; readonly readOnly: boolean };

/** A mistake in the options, to be told to the one who started the server. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Reads command line arguments; throws a UsageError. */
export function parseOptions(args: readonly string[]): Options {
  const values = parseValues(args);
  if (values.help) return { kind: 'help' };
  if (values.repo === '') throw new UsageError('--repo needs a folder.');
  return { kind: 'serve', repo: values.repo ?? process.cwd(), readOnly: values['read-only'] };
}

function parseValues(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        repo: { type: 'string' },
        'read-only': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
