import { startTimer } from './timer.ts';

/** A time budget that can stand still: what is left of it when it is halted is left when it goes on. Expires at most once; disposed of, never. */
export class Countdown implements Disposable {
  readonly #onExpired: () => void;
  #leftMs: number;
  #runningSince: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** Runs at once. `budgetMs`: `Infinity` for none. */
  constructor(budgetMs: number, onExpired: () => void) {
    this.#leftMs = budgetMs;
    this.#onExpired = onExpired;
    this.goOn();
  }

  halt(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#runningSince === undefined) return;
    this.#leftMs = Math.max(0, this.#leftMs - (performance.now() - this.#runningSince));
    this.#runningSince = undefined;
  }

  goOn(): void {
    if (this.#runningSince !== undefined) return;
    this.#runningSince = performance.now();
    this.#timer = startTimer(this.#leftMs, () => {
      this[Symbol.dispose]();
      this.#onExpired();
    });
  }

  [Symbol.dispose](): void {
    this.halt();
    this.#leftMs = Infinity;
  }
}
