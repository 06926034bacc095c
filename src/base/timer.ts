/** The longest delay that a timer of Node takes, ms (24 days): a longer one would fire at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/** Runs `task` after `ms` milliseconds; with `Infinity`, or a delay longer than any timer, never: then there is no timer. `clearTimeout` ends it. */
export function startTimer(ms: number, task: () => void): NodeJS.Timeout | undefined {
  return ms > MAX_TIMER_MS ? undefined : setTimeout(task, ms);
}
