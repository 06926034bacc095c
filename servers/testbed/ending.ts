/** How the process ends, and what it says on stderr. */

export const EXIT_USAGE = 2;
export const EXIT_ADDRESS = 3;

/** How long the end may take before it is enforced, in ms. */
const END_MS = 2000;

export interface Ending {
  /** Aborted when the end has come: by a signal, or because `now` was called. */
  readonly signal: AbortSignal;
  readonly now: () => void;
}

/** Arms SIGINT and SIGTERM. Whoever has something open closes it at the end, and the process ends by itself. */
export function armEnding(): Ending {
  const controller = new AbortController();
  const now = () => {
    if (controller.signal.aborted) return;
    // Only if something keeps the process alive against expectation.
    setTimeout(() => process.exit(), END_MS).unref();
    controller.abort();
  };
  process.once('SIGINT', now).once('SIGTERM', now);
  return { signal: controller.signal, now };
}

export function report(error: unknown): void {
  process.stderr.write(`testbed: ${error instanceof Error ? error.message : String(error)}\n`);
}

/** Says why the server cannot start, and lets the process end with this exit code. */
export function fail(code: number, message: string): void {
  process.stderr.write(`testbed: ${message}\n`);
  process.exitCode = code;
}
