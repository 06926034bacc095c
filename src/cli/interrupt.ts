import { HostError } from '../base/errors.ts';
import { killAllGroups } from '../connect/process-groups.ts';
import { EXIT } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Turns signals into an abort: at the first one the command cancels what runs, writes what it has and ends by itself; the second one does not wait for
 * anything: the servers' process groups are killed, and the program exits. A reader of the results that goes away aborts, too.
 */
export class Interrupt implements Disposable {
  readonly #terminal: Terminal;
  readonly #controller = new AbortController();
  #signals = 0;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    for (const signal of SIGNALS) process.on(signal, this.#onSignal);
    terminal.onOutputEnd(() => {
      this.#controller.abort(new HostError('aborted', 'nobody reads the results any more'));
    });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Whether a person, or whoever manages the process, told it to stop. */
  get happened(): boolean {
    return this.#signals > 0;
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    this.#signals += 1;
    if (this.#signals > 1) {
      this.#terminal.restoreCursor();
      killAllGroups();
      process.exit(EXIT.interrupted);
    }
    this.#terminal.note('interrupted: cancelling what runs (once more to stop at once)');
    this.#controller.abort(new HostError('aborted', `interrupted by ${signal}`));
  };

  [Symbol.dispose](): void {
    for (const signal of SIGNALS) process.off(signal, this.#onSignal);
  }
}
