import { deferred, type Deferred } from '../base/deferred.ts';
import type { BatchItem } from '../call/batch-item.ts';

/** The items of one batch on their way from the model to the executor. One reader; nothing is lost before it comes, and nobody waits for it. */
export class ItemQueue implements AsyncIterable<BatchItem> {
  #items: BatchItem[] = [];
  #closed = false;
  #arrival: Deferred<void> | undefined;

  /** Adds an item; `end` is the last one. After that, or once the reader has gone, it does nothing. */
  push(item: BatchItem): void {
    if (this.#closed) return;
    this.#items.push(item);
    this.#closed = item.kind === 'end';
    this.#arrival?.resolve();
  }

  [Symbol.asyncIterator](): AsyncIterator<BatchItem, void> {
    return {
      next: () => this.#next(),
      return: () => {
        this.#closed = true;
        this.#items = [];
        this.#arrival?.resolve();
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }

  async #next(): Promise<IteratorResult<BatchItem, void>> {
    while (this.#items.length === 0 && !this.#closed) {
      this.#arrival = deferred();
      await this.#arrival.promise;
    }
    const value = this.#items.shift();
    return value === undefined ? { done: true, value: undefined } : { done: false, value };
  }
}
