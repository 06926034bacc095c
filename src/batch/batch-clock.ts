import { startTimer } from '../base/timer.ts';

/** A batch's time: ms since it began, and a budget that does not run while it is paused. */
export class BatchClock implements Disposable {
  readonly #startedAt = performance.now();
  readonly #onExpired: () => void;
  #leftMs: number;
  #runningSince: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #pauses = 0;

  /** `budgetMs`: `Infinity` for none. */
  constructor(budgetMs: number, onExpired: () => void) {
    this.#leftMs = budgetMs;
    this.#onExpired = onExpired;
    this.#run();
  }

  now(): number {
    return performance.now() - this.#startedAt;
  }

  /** Stops the budget until the returned function is called; pauses may overlap. */
  pause(): () => void {
    this.#pauses += 1;
    if (this.#pauses === 1) this.#halt();
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      this.#pauses -= 1;
      if (this.#pauses === 0) this.#run();
    };
  }

  [Symbol.dispose](): void {
    this.#leftMs = Infinity;
    this.#halt();
  }

  #run(): void {
    this.#runningSince = performance.now();
    this.#timer = startTimer(this.#leftMs, this.#onExpired);
  }

  #halt(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#runningSince === undefined) return;
    this.#leftMs = Math.max(0, this.#leftMs - (performance.now() - this.#runningSince));
    this.#runningSince = undefined;
  }
}
