import { callId, type CallId } from '../call/names.ts';

/**
 * Gives each call of a batch an id of its own: a missing, empty or repeated one, and one that is taken already, is replaced by a fresh one, the same for the
 * same batch every time, so that a follow-up does not depend on who finished first (B6).
 */
export class CallIds {
  readonly #batch: number;
  readonly #given = new Set<string>();
  readonly #isTaken: (id: string) => boolean;

  /** `isTaken`: by a call before this batch. */
  constructor(batch: number, isTaken: (id: string) => boolean = () => false) {
    this.#batch = batch;
    this.#isTaken = (id) => this.#given.has(id) || isTaken(id);
  }

  /** The id for the call at `index`. */
  assign(id: string | undefined, index: number): CallId {
    const fresh = `call_${this.#batch}_${index}`;
    let own = id === undefined || id === '' || this.#isTaken(id) ? fresh : id;
    for (let copy = 2; this.#isTaken(own); copy += 1) own = `${fresh}_${copy}`;
    this.#given.add(own);
    return callId(own);
  }
}
