import { HostError } from '../base/errors.ts';

/** Between a change of a list and reading it anew, ms: changes come in flocks, and a storm of them must not become one of requests. */
const RELIST_MS = 100;

/** Reads a list anew when it is said to have changed: at most one reading under way, and one more to come. Owned by one session's state, which disposes of it. */
export class Relisting implements Disposable {
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  readonly #read: (signal: AbortSignal) => Promise<void>;
  #state: 'idle' | 'waiting' | 'running' | 'again' = 'idle';
  #timer: NodeJS.Timeout | undefined;

  /** `read` must not reject. */
  constructor(read: (signal: AbortSignal) => Promise<void>) {
    this.#read = read;
    this.signal = this.#controller.signal;
  }

  /** The list is said to have changed. */
  schedule(): void {
    if (this.#state === 'running') this.#state = 'again';
    if (this.#state !== 'idle' || this.signal.aborted) return;
    this.#state = 'waiting';
    this.#timer = setTimeout(() => {
      void this.#run();
    }, RELIST_MS).unref();
  }

  async #run(): Promise<void> {
    this.#state = 'running';
    await this.#read(this.signal);
    const isWanted = this.#state !== 'running';
    this.#state = 'idle';
    if (isWanted) this.schedule();
  }

  /** Ends a reading under way. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#controller.abort(new HostError('aborted', 'the list is of no use any more'));
  }
}
