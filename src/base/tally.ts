import { deferred, type Deferred } from './deferred.ts';

/** Counts what is under way, and tells when nothing is: one promise for all of them, where each would cost one. */
export class Tally {
  #open = 0;
  #idle: Deferred<void> | undefined;

  begin(): void {
    this.#open += 1;
  }

  end(): void {
    this.#open -= 1;
    if (this.#open > 0) return;
    this.#idle?.resolve();
    this.#idle = undefined;
  }

  /** Resolves when nothing is under way; by then something may have begun again. `undefined`: nothing is now. */
  idle(): Promise<void> | undefined {
    if (this.#open === 0) return undefined;
    this.#idle ??= deferred();
    return this.#idle.promise;
  }
}
