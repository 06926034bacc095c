/** The questions of one command to whoever sits at its terminal: one at a time, whoever asks, in the order in which they came. */
export class Questions {
  #askedMs = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** For how long questions have stood on the screen, ms. */
  get askedMs(): number {
    return this.#askedMs;
  }

  /** Runs `question` when its turn has come, and settles as it does. */
  ask<T>(question: () => Promise<T>): Promise<T> {
    const answer = this.#last.then(async () => {
      const since = performance.now();
      try {
        return await question();
      } finally {
        this.#askedMs += performance.now() - since;
      }
    });
    // A question that failed is its own caller's; the next one is asked all the same.
    this.#last = answer.catch(() => undefined);
    return answer;
  }
}
