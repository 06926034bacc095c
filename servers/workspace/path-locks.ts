/**
 * One writer per file in this process, first come first served: an edit reads, changes and replaces its file, and a
 * second edit that read in between would undo the first. (Another process is another matter: see editFile in write-file.ts.)
 */
export class PathLocks {
  /** Per file, the end of the last turn that was given out. A tail never rejects. */
  readonly #tails = new Map<string, Promise<void>>();

  /** Runs `work` when all earlier turns on this path are over; resolves or rejects as `work` does. */
  async run<T>(path: string, work: () => Promise<T>): Promise<T> {
    // Coarser than the file system at worst: two spellings that might be one file take turns.
    const key = path.normalize('NFC').toLowerCase();
    const turn = (this.#tails.get(key) ?? Promise.resolve()).then(work);
    const tail: Promise<void> = turn.then(
      () => this.#forget(key, tail),
      () => this.#forget(key, tail),
    );
    this.#tails.set(key, tail);
    return await turn;
  }

  #forget(key: string, tail: Promise<void>): void {
    if (this.#tails.get(key) === tail) this.#tails.delete(key);
  }

  /** Resolves when no turn is running or waiting. */
  async idle(): Promise<void> {
    while (this.#tails.size > 0) await Promise.all(this.#tails.values());
  }
}
