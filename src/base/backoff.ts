/** How long to wait before each new try. All durations in ms. */
export interface BackoffOptions {
  /** The first delay. Default 200. */
  readonly baseMs?: number;
  /** No delay is longer. Default 10_000. */
  readonly maxMs?: number;
  /** A number in [0, 1): injected where a test must own it. Default `Math.random`. */
  readonly random?: () => number;
}

/**
 * The delay before try `attempt` (1 is the first repetition): doubling, with "equal jitter" (half fixed, half random), so that clients that failed
 * together do not come back together. Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 */
export function backoffMs(attempt: number, options: BackoffOptions = {}): number {
  const { baseMs = 200, maxMs = 10_000, random = Math.random } = options;
  const ceiling = Math.min(maxMs, baseMs * 2 ** Math.max(0, attempt - 1));
  return ceiling / 2 + (ceiling / 2) * random();
}
