import type { HostEvent } from '../call/events.ts';
import type { Progress } from './progress.ts';

/** A progress that is still being loaded while the servers already start: what happens until then is told to it at once when it is there. */
export class LateProgress implements AsyncDisposable {
  /** Resolves when it is there. */
  readonly loaded: Promise<void>;
  readonly #opening: Promise<Progress>;
  readonly #held: HostEvent[] = [];
  #progress: Progress | undefined;

  constructor(opening: Promise<Progress>) {
    this.#opening = opening;
    this.loaded = this.#load();
    // Whoever waits for it is told; a command may fail before anybody does.
    this.loaded.catch(() => undefined);
  }

  readonly listen = (event: HostEvent): void => {
    if (this.#progress === undefined) this.#held.push(event);
    else this.#progress.listen(event);
  };

  async [Symbol.asyncDispose](): Promise<void> {
    (await this.#opening)[Symbol.dispose]();
  }

  async #load(): Promise<void> {
    this.#progress = await this.#opening;
    for (const event of this.#held.splice(0)) this.#progress.listen(event);
  }
}
