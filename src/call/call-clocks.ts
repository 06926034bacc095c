import { Alarm, type Alarms } from '../base/alarms.ts';

/** The clocks of one call: they stand together while its server waits for us. Nothing has to be told that they do: whoever measures asks. */
export class CallClocks {
  readonly #waiting = new Set<() => void>();
  #pauses = 0;
  #stoodMs = 0;
  #since = 0;

  get stand(): boolean {
    return this.#pauses > 0;
  }

  /** For how long they have stood so far, ms. */
  get stoodMs(): number {
    return this.#stoodMs + (this.stand ? performance.now() - this.#since : 0);
  }

  /** They stand until the returned function is called, once; pauses may overlap. */
  pause(): () => void {
    this.#pauses += 1;
    if (this.#pauses === 1) this.#since = performance.now();
    return () => {
      this.#pauses -= 1;
      if (this.stand) return;
      this.#stoodMs += performance.now() - this.#since;
      // One that leaves meanwhile does not run.
      for (const listener of this.#waiting) {
        this.#waiting.delete(listener);
        listener();
      }
    };
  }

  /** Runs `listener` once, when clocks that stand go on. Returns the function that unsubscribes. */
  onGoOn(listener: () => void): () => void {
    this.#waiting.add(listener);
    return () => {
      this.#waiting.delete(listener);
    };
  }
}

/** How long a part of a call may take, ms. `Infinity` disables one. */
export interface CallBudgets {
  /** From its beginning. */
  readonly wholeMs: number;
  /** From its last sign of life. */
  readonly silenceMs: number;
  /** What other parts with the same budgets wait in, too: then it needs no timer of its own. */
  readonly row?: Alarms;
}

/** What a {@link CallClock} needs to know of its call. */
interface Clocked {
  /** Made when they first stand. */
  readonly clocks: CallClocks | undefined;
}

/** Is given whose time is over, so that one function does for all calls. */
export type OnExpired<T> = (budget: 'whole' | 'silence', call: T) => void;

/**
 * Bounds a part of a call. A sign of life and a pause are only noted: it looks at them when the budgets would be spent without, and again when they then will be.
 * For that second look, of which a call has one in many seconds, it has a timer of its own. Never early; as late as {@link Alarms}.
 */
export class CallClock<T extends Clocked = Clocked> extends Alarm {
  readonly #call: T;
  readonly #budgets: CallBudgets;
  readonly #onExpired: OnExpired<T>;
  readonly #startedAt: number;
  #signAt: number;
  #unsubscribe: (() => void) | undefined;

  /** Runs at once. */
  constructor(call: T, budgets: CallBudgets, onExpired: OnExpired<T>) {
    super();
    this.#call = call;
    this.#budgets = budgets;
    this.#onExpired = onExpired;
    const now = performance.now();
    this.#startedAt = now - (call.clocks?.stoodMs ?? 0);
    this.#signAt = this.#startedAt;
    this.set(Math.min(budgets.wholeMs, budgets.silenceMs), budgets.row, now);
  }

  /** A sign of life. */
  restart(): void {
    this.#signAt = this.#now();
  }

  /** Internal: its time may have come. */
  override ring(): void {
    const { clocks } = this.#call;
    if (clocks?.stand === true) {
      this.#unsubscribe = clocks.onGoOn(() => {
        this.ring();
      });
      return;
    }
    const now = this.#now();
    const wholeLeftMs = this.#startedAt + this.#budgets.wholeMs - now;
    const silenceLeftMs = this.#signAt + this.#budgets.silenceMs - now;
    const leftMs = Math.min(wholeLeftMs, silenceLeftMs);
    if (leftMs > 0) this.set(leftMs);
    else this.#onExpired(wholeLeftMs <= silenceLeftMs ? 'whole' : 'silence', this.#call);
  }

  /** It does not ring any more. */
  override clear(): void {
    super.clear();
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
  }

  /** The call's own time: it stands when its clocks do. */
  #now(): number {
    return performance.now() - (this.#call.clocks?.stoodMs ?? 0);
  }
}
