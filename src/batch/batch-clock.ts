import { CallClock, CallClocks } from '../call/call-clocks.ts';
import type { BatchOptions } from './batch-options.ts';

/** A batch's time: ms since it began, and a budget that does not run while it is paused. */
export class BatchClock implements Disposable {
  /** Made when they first stand. */
  clocks: CallClocks | undefined;
  readonly #startedAt = performance.now();
  readonly #budget: CallClock<BatchClock>;

  constructor(options: Pick<BatchOptions, 'deadlineMs' | 'deadlineRow'>, onExpired: () => void) {
    const { deadlineMs: wholeMs, deadlineRow: row } = options;
    const budgets = { wholeMs, silenceMs: Infinity, ...(row !== undefined && { row }) };
    this.#budget = new CallClock<BatchClock>(this, budgets, onExpired);
  }

  now(): number {
    return performance.now() - this.#startedAt;
  }

  /** Stops the budget until the returned function is called; pauses may overlap. */
  pause(): () => void {
    this.clocks ??= new CallClocks();
    const resume = this.clocks.pause();
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      resume();
    };
  }

  [Symbol.dispose](): void {
    this.#budget.clear();
  }
}
