/** Work that many ask for at once: each gets a run that began after it asked, and those that wait share one. */
export class SharedRun {
  readonly #work: () => Promise<void>;
  #last: Promise<void> = Promise.resolve();
  #waiting: Promise<void> | undefined;

  constructor(work: () => Promise<void>) {
    this.#work = work;
  }

  /** Resolves, or rejects, as the run does. */
  async run(): Promise<void> {
    if (this.#waiting === undefined) {
      const run = this.#after(this.#last);
      this.#waiting = run;
      // The next run begins after this one, however it ended; its callers are told how.
      this.#last = run.catch(() => undefined);
    }
    await this.#waiting;
  }

  async #after(last: Promise<void>): Promise<void> {
    await last;
    this.#waiting = undefined;
    await this.#work();
  }
}
