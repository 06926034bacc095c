import type { Asker } from '../call/asks.ts';

/** What the questions of its server need of one call while it is in flight. */
export class CallInFlight {
  /** How often its server has come back with something that it wanted first: it has worked on the call by then. */
  rounds = 0;
  /** What it, or calls together with it, has caused so far. */
  questions = 0;
  samplings = 0;
  /** Why its server was refused what it asked for in the course of this call, and of no other. */
  readonly refusals = new Set<string>();
  readonly #makeAsker: () => Asker;
  #asker: Asker | undefined;
  #onEnd: Set<() => void> | undefined;

  constructor(makeAsker: () => Asker) {
    this.#makeAsker = makeAsker;
  }

  get asker(): Asker {
    this.#asker ??= this.#makeAsker();
    return this.#asker;
  }

  /** The call's clocks stand until the returned function is called, or the call has ended: whoever asks may go on asking for another call. */
  pauseClocks(asked: 'person' | 'model'): () => void {
    const resume = this.asker.pauseClocks(asked);
    let isOver = false;
    const goOn = (): void => {
      if (isOver) return;
      isOver = true;
      unsubscribe();
      resume();
    };
    const unsubscribe = this.onEnd(goOn);
    return goOn;
  }

  /** Runs `listener` when the call has ended. Returns the function that unsubscribes. */
  onEnd(listener: () => void): () => void {
    this.#onEnd ??= new Set();
    const listeners = this.#onEnd.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }

  end(): void {
    const listeners = this.#onEnd;
    this.#onEnd = undefined;
    for (const listener of listeners ?? []) listener();
  }
}
