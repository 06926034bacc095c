/** How long the end may take before it is enforced, in ms, unless a server needs longer. */
const END_MS = 2000;

/**
 * Arms SIGINT and SIGTERM, and returns the function that they call: it closes what `close` closes, and the process
 * ends by itself with nothing left to do.
 */
export function armEnd(
  close: () => Promise<void>,
  report: (error: unknown) => void,
  endMs = END_MS,
): () => void {
  let ended = false;
  const end = () => {
    if (ended) return;
    ended = true;
    // Only if something keeps the process alive against expectation.
    setTimeout(() => process.exit(), endMs).unref();
    close().catch(report);
  };
  process.once('SIGINT', end).once('SIGTERM', end);
  return end;
}
