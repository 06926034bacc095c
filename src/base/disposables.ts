import { HostError } from './errors.ts';

/** What can be disposed of, at once or with waiting. */
type Disposer = () => void | Promise<void>;

/**
 * Disposes in reverse order of registration. Node 20 has the symbols, but no `AsyncDisposableStack`.
 * Every disposer runs, even when an earlier one throws; the errors are thrown together at the end.
 */
export class DisposableStack implements AsyncDisposable {
  #disposers: Disposer[] = [];
  #disposed: Promise<void> | undefined;

  /** Registers a resource; returns it. */
  use<T extends AsyncDisposable | Disposable>(resource: T): T {
    this.defer(async () => {
      if (Symbol.asyncDispose in resource) await resource[Symbol.asyncDispose]();
      else resource[Symbol.dispose]();
    });
    return resource;
  }

  /** Registers a function to run on disposal. Throws `closed` after disposal has begun. */
  defer(disposer: Disposer): void {
    if (this.#disposed !== undefined) throw new HostError('closed', 'already disposed of');
    this.#disposers.push(disposer);
  }

  /** Runs all disposers, last first, once; later calls return the same promise. */
  dispose(): Promise<void> {
    this.#disposed ??= this.#run();
    return this.#disposed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  async #run(): Promise<void> {
    const errors: unknown[] = [];
    for (const disposer of this.#disposers.toReversed()) {
      try {
        await disposer();
      } catch (reason) {
        errors.push(reason);
      }
    }
    this.#disposers = [];
    if (errors.length === 1) throw errors[0];
    if (errors.length > 1)
      throw new AggregateError(errors, 'several resources could not be closed');
  }
}
