import { startTimer } from './timer.ts';

/** A time budget that can stand still: what is left of it when it is halted is left when it goes on. Expires at most once; disposed of, never. */
export class Countdown implements Disposable {
  readonly #onExpired: () => void;
  #budgetMs: number;
  #leftMs: number;
  #runningSince: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** Runs at once. `budgetMs`: `Infinity` for none. */
  constructor(budgetMs: number, onExpired: () => void) {
    this.#budgetMs = budgetMs;
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

  /** Begins anew, with the whole budget; one that is halted stays so. */
  restart(): void {
    const isWhole = this.#leftMs === this.#budgetMs;
    if (this.#runningSince !== undefined && isWhole) {
      // The common case, and the cheap one: it was never halted.
      this.#timer?.refresh();
      this.#runningSince = performance.now();
      return;
    }
    const isHalted = this.#runningSince === undefined;
    this.halt();
    this.#leftMs = this.#budgetMs;
    if (!isHalted) this.goOn();
  }

  [Symbol.dispose](): void {
    this.halt();
    this.#budgetMs = Infinity;
    this.#leftMs = Infinity;
  }
}
