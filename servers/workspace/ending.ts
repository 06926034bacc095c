/** How the process ends, and what it says on stderr. */
import { closeWorkspace, type Workspace } from './workspace.ts';

export const EXIT_USAGE = 2;
export const EXIT_ADDRESS = 3;

/** How long the end may take before it is enforced, in ms. */
const END_MS = 2000;

/**
 * Arms SIGINT and SIGTERM, and returns the function that they call: the connections are closed, searches killed,
 * writes under way finished, and the process ends by itself with nothing left to do.
 */
export function armEnd(workspace: Workspace, close: () => Promise<void>): () => void {
  let ended = false;
  const end = () => {
    if (ended) return;
    ended = true;
    // Only if something keeps the process alive against expectation.
    setTimeout(() => process.exit(), END_MS).unref();
    Promise.all([close(), closeWorkspace(workspace)]).catch(report);
  };
  process.once('SIGINT', end).once('SIGTERM', end);
  return end;
}

export function report(error: unknown): void {
  process.stderr.write(`workspace: ${error instanceof Error ? error.message : String(error)}\n`);
}

/** Says why the server cannot start, and lets the process end with this exit code. */
export function fail(code: number, message: string): void {
  process.stderr.write(`workspace: ${message}\n`);
  process.exitCode = code;
}
