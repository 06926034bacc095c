import type { Asker } from '../call/asks.ts';
import type { CallLife } from '../call/call-life.ts';

const NONE: readonly string[] = [];

/** What the questions of its server need of one call while it is in flight. */
export class CallInFlight {
  /** How often its server has come back with something that it wanted first: it has worked on the call by then. */
  rounds = 0;
  /** What it, or calls together with it, has caused so far. */
  questions = 0;
  samplings = 0;
  /** The id of its request on the lane, the latest one: by it is known on which request's stream a question came. */
  requestId: number | undefined;
  readonly #life: Pick<CallLife, 'asker'>;
  #asker: Asker | undefined;
  #refusals: Set<string> | undefined;
  #onEnd: Set<() => void> | undefined;

  constructor(life: Pick<CallLife, 'asker'>) {
    this.#life = life;
  }

  get asker(): Asker {
    this.#asker ??= this.#life.asker();
    return this.#asker;
  }

  /** Why its server was refused what it asked for in the course of this call, and of no other. */
  get refusals(): readonly string[] {
    return this.#refusals === undefined ? NONE : [...this.#refusals];
  }

  refuse(reason: string): void {
    this.#refusals ??= new Set();
    this.#refusals.add(reason);
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
    if (listeners === undefined) return;
    this.#onEnd = undefined;
    for (const listener of listeners) listener();
  }
}
