import { afterEach, beforeEach, vi } from 'vitest';

/** Timers and the monotonic clock of each test of this file (or block) are in its own hands; one that leaves a timer behind fails. */
export function useFakeTime(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });
  afterEach(() => {
    const left = vi.getTimerCount();
    vi.useRealTimers();
    if (left > 0) throw new Error(`${left} timers are left behind`);
  });
}

/** Lets this much time pass, and everything happen that it brings. */
export async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}
