import { linkAbort } from '../base/abort.ts';
import { HostError } from '../base/errors.ts';
import { startTimer } from '../base/timer.ts';

/** Between a change of a list and reading it anew, ms: changes come in flocks, and a storm of them must not become one of requests. */
const RELIST_MS = 100;

export interface RelistingOptions {
  /** Nothing is read before: a change may be told of while the first list is still on its way, which then does not show it. Never rejects. */
  readonly after: Promise<void>;
  /** Longest one reading may take, ms; `Infinity` disables it. A server that leaves it unanswered may answer the next one. */
  readonly longestMs: number;
  /** Must not reject. */
  readonly read: (signal: AbortSignal) => Promise<void>;
}

/** Reads a list anew when it is said to have changed: at most one reading under way, and one more to come. Owned by one session's state, which disposes of it. */
export class Relisting implements Disposable {
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  readonly #options: RelistingOptions;
  #state: 'idle' | 'waiting' | 'running' | 'again' = 'idle';
  #timer: NodeJS.Timeout | undefined;

  constructor(options: RelistingOptions) {
    this.#options = options;
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
    await this.#options.after;
    await this.#readOnce();
    const isWanted = this.#state !== 'running';
    this.#state = 'idle';
    if (isWanted) this.schedule();
  }

  async #readOnce(): Promise<void> {
    const { longestMs, read } = this.#options;
    using limit = linkAbort(this.signal);
    const timer = startTimer(longestMs, () => {
      limit.abort(new HostError('connect-timeout', `no answer within ${longestMs} ms`));
    });
    await read(limit.signal);
    clearTimeout(timer);
  }

  /** Ends a reading under way. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#controller.abort(new HostError('aborted', 'the list is of no use any more'));
  }
}
