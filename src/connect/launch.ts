import { linkAbort, untilAborted } from '../base/abort.ts';
import { HostError } from '../base/errors.ts';
import { startTimer } from '../base/timer.ts';
import { Session, type SessionOptions } from './session.ts';

export interface LaunchOptions extends SessionOptions {
  /** Longest wait until the tools are listed, ms. `Infinity` disables it. */
  readonly connectMs: number;
}

/**
 * One try to get a server ready. A stdio server is started once; only when the question about the new era made it exit is it started again, without the
 * question, and after the first process is gone. Owns whatever it started until `run` has handed the session over.
 */
export class Launch {
  readonly #options: LaunchOptions;
  readonly #link = linkAbort(undefined);
  #session: Session | undefined;
  #gone: Promise<void> = Promise.resolve();

  constructor(options: LaunchOptions) {
    this.#options = options;
  }

  /** Resolves when everything is gone that a failed or aborted launch had started. Never rejects. */
  get gone(): Promise<void> {
    return this.#gone;
  }

  /** Gives up: `run` rejects with the reason. */
  abort(reason: HostError): void {
    this.#link.abort(reason);
  }

  /** Resolves to the session, connected and its tools listed. Rejects with a HostError whose message is for people; see {@link gone}. */
  async run(): Promise<Session> {
    const timer = this.#startTimer();
    try {
      return await this.#connect();
    } catch (reason) {
      const failure = this.#explain(reason);
      if (this.#session !== undefined) this.#gone = this.#session.close(failure);
      throw failure;
    } finally {
      clearTimeout(timer);
    }
  }

  async #connect(): Promise<Session> {
    const { signal } = this.#link;
    const first = new Session(this.#options);
    this.#session = first;
    try {
      await untilAborted(first.connect(signal, 'ask'), signal);
      return first;
    } catch (reason) {
      if (signal.aborted || !first.diedOfProbe) throw reason;
      await first.close(HostError.from(reason));
    }
    const second = new Session(this.#options);
    this.#session = second;
    await untilAborted(second.connect(signal, 'old'), signal);
    return second;
  }

  #explain(reason: unknown): HostError {
    const { signal } = this.#link;
    if (signal.aborted) return HostError.from(signal.reason);
    return this.#session?.explain(reason) ?? HostError.from(reason, 'connect-failed');
  }

  #startTimer(): NodeJS.Timeout | undefined {
    const { connectMs, server } = this.#options;
    return startTimer(connectMs, () => {
      const reason = this.#session?.explainTimeout(connectMs);
      this.#link.abort(
        reason ??
          new HostError(
            'connect-timeout',
            `server "${server}" was not ready within ${connectMs} ms`,
          ),
      );
    });
  }
}
