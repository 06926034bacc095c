import { Countdown } from '../base/countdown.ts';

/** A running time budget of a call. */
export interface CallClock extends Disposable {
  /** Begins anew, with the whole budget. */
  restart(): void;
}

/** The time budgets of one call, which stand still together. */
export class CallClocks {
  readonly #now: () => number;
  readonly #running = new Set<Countdown>();
  #pauses = 0;
  #stoodMs = 0;
  #since = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** For how long they have stood so far, ms. */
  get stoodMs(): number {
    return this.#stoodMs + (this.#pauses > 0 ? this.#now() - this.#since : 0);
  }

  start(budgetMs: number, onExpired: () => void): CallClock {
    const clock = new Countdown(budgetMs, onExpired);
    if (this.#pauses > 0) clock.halt();
    this.#running.add(clock);
    return {
      restart: () => {
        clock.restart();
      },
      [Symbol.dispose]: () => {
        this.#running.delete(clock);
        clock[Symbol.dispose]();
      },
    };
  }

  /** They stand until the returned function is called, once; pauses may overlap. */
  pause(): () => void {
    this.#pauses += 1;
    if (this.#pauses === 1) {
      this.#since = this.#now();
      for (const clock of this.#running) clock.halt();
    }
    return () => {
      this.#pauses -= 1;
      if (this.#pauses > 0) return;
      this.#stoodMs += this.#now() - this.#since;
      for (const clock of this.#running) clock.goOn();
    };
  }
}
