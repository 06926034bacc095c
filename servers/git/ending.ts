/** How the process ends, and what it says on stderr. */
import type { Repository } from './repository.ts';

export const EXIT_USAGE = 2;
export const EXIT_GIT = 3;

/** How long the end may take before it is enforced, in ms: a commit under way may need STOP_GRACE_MS. */
const END_MS = 4000;

/**
 * Arms SIGINT and SIGTERM, and returns the function that they call: the connection is closed, every git is ended,
 * and the process ends by itself with nothing left to do.
 */
export function armEnd(repository: Repository, close: () => Promise<void>): () => void {
  let ended = false;
  const end = () => {
    if (ended) return;
    ended = true;
    // Only if something keeps the process alive against expectation.
    setTimeout(() => process.exit(), END_MS).unref();
    Promise.all([close(), repository.close()]).catch(report);
  };
  process.once('SIGINT', end).once('SIGTERM', end);
  return end;
}

export function report(error: unknown): void {
  process.stderr.write(`git: ${error instanceof Error ? error.message : String(error)}\n`);
}

/** Says why the server cannot start, and lets the process end with this exit code. */
export function fail(code: number, message: string): void {
  process.stderr.write(`git: ${message}\n`);
  process.exitCode = code;
}
