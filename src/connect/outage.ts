import { deferred } from '../base/deferred.ts';
import { startTimer } from '../base/timer.ts';

/**
 * The time from which a server that was ready is away until it is back or given up. Calls wait for its end, but no longer than `patienceMs` from its
 * beginning: after that they fail at once, however long the server goes on being tried.
 */
export class Outage implements Disposable {
  readonly #over = deferred<void>();
  readonly #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(patienceMs: number) {
    this.#timer = startTimer(patienceMs, () => {
      this[Symbol.dispose]();
    });
  }

  /** Resolves when nobody should wait any more; `undefined` once that is so. */
  get waited(): Promise<void> | undefined {
    return this.#isOver ? undefined : this.#over.promise;
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#over.resolve();
  }
}
