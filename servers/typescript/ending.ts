/** How the process ends, and what it says on stderr. */

export const EXIT_USAGE = 2;

/** How long the end may take before it is enforced, in ms. */
const END_MS = 2000;

/**
 * Arms SIGINT and SIGTERM, and returns the function that they call: it closes what `close` closes, and the process
 * ends by itself with nothing left to do.
 */
export function armEnd(close: () => Promise<void>): () => void {
  let ended = false;
  const end = () => {
    if (ended) return;
    ended = true;
    // Only if something keeps the process alive against expectation.
    setTimeout(() => process.exit(), END_MS).unref();
    close().catch(report);
  };
  process.once('SIGINT', end).once('SIGTERM', end);
  return end;
}

export function report(error: unknown): void {
  process.stderr.write(`typescript: ${error instanceof Error ? error.message : String(error)}\n`);
}

/** Says why the server cannot start, and lets the process end with this exit code. */
export function fail(code: number, message: string): void {
  process.stderr.write(`typescript: ${message}\n`);
  process.exitCode = code;
}
