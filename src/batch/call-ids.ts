import { callId, type CallId } from '../call/names.ts';

/**
 * Gives each call of a batch an id of its own: a missing, empty or repeated one is replaced by a fresh one, the same for the same batch every time, so
 * that a follow-up does not depend on who finished first (B6).
 */
export class CallIds {
  readonly #batch: number;
  readonly #taken = new Set<string>();

  constructor(batch: number) {
    this.#batch = batch;
  }

  /** The id for the call at `index`. */
  assign(id: string | undefined, index: number): CallId {
    const fresh = `call_${this.#batch}_${index}`;
    let own = id === undefined || id === '' || this.#taken.has(id) ? fresh : id;
    for (let copy = 2; this.#taken.has(own); copy += 1) own = `${fresh}_${copy}`;
    this.#taken.add(own);
    return callId(own);
  }
}
