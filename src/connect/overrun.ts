/** How often a line over the limit is looked at, ms: whoever waits for its end is told after the first time. */
const LOOK_MS = 1_000;
/** So often in a row nothing more may have come of it. */
const MAX_PAUSES = 2;
/** No line is that long: whoever writes more of one writes without an end, 1 GiB. */
const MAX_LINE_BYTES = 1_024 * 1_024 * 1_024;

export interface OverrunOptions {
  /** How long the line is by now. */
  readonly bytes: () => number;
  /** The line is still not over: its call need not wait for that. */
  readonly onLate: (bytes: number) => void;
  /** Nothing will ever come behind this line. */
  readonly onEndless: (bytes: number) => void;
}

/**
 * Watches a line that is over the size limit until it ends. What a server writes behind it can only be read then, so a server that stops in the middle of such a
 * line, or goes on for ever, is of no more use. Dispose of it when the line has ended.
 */
export class Overrun implements Disposable {
  readonly #timer: NodeJS.Timeout;
  #seenBytes: number;
  #looks = 0;
  #pauses = 0;

  constructor(options: OverrunOptions) {
    this.#seenBytes = options.bytes();
    this.#timer = setInterval(() => {
      this.#look(options);
    }, LOOK_MS).unref();
  }

  #look({ bytes, onLate, onEndless }: OverrunOptions): void {
    const now = bytes();
    this.#pauses = now === this.#seenBytes ? this.#pauses + 1 : 0;
    this.#seenBytes = now;
    this.#looks += 1;
    if (this.#looks === 1) onLate(now);
    if (this.#pauses < MAX_PAUSES && now <= MAX_LINE_BYTES) return;
    this[Symbol.dispose]();
    onEndless(now);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
