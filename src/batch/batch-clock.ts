import { Countdown } from '../base/countdown.ts';

/** A batch's time: ms since it began, and a budget that does not run while it is paused. */
export class BatchClock implements Disposable {
  readonly #startedAt = performance.now();
  readonly #budget: Countdown;
  #pauses = 0;

  /** `budgetMs`: `Infinity` for none. */
  constructor(budgetMs: number, onExpired: () => void) {
    this.#budget = new Countdown(budgetMs, onExpired);
  }

  now(): number {
    return performance.now() - this.#startedAt;
  }

  /** Stops the budget until the returned function is called; pauses may overlap. */
  pause(): () => void {
    this.#pauses += 1;
    this.#budget.halt();
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      this.#pauses -= 1;
      if (this.#pauses === 0) this.#budget.goOn();
    };
  }

  [Symbol.dispose](): void {
    this.#budget[Symbol.dispose]();
  }
}
