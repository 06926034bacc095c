import { deferred, type Deferred } from '../../../src/base/deferred.ts';

/** Where the calls of several servers meet: one journal of what happened, and gates and meetings instead of delays. */
export class Floor {
  /** `a.set(x) start`, `a.set(x) end`, `a.hold(x) gone` … in the order in which it happened. */
  readonly journal: string[] = [];
  readonly #gates = new Map<string, Deferred<void>>();
  readonly #waiters: { readonly entry: string; readonly heard: Deferred<void> }[] = [];
  #met = 0;
  #meeting = deferred<void>();

  note(entry: string): void {
    this.journal.push(entry);
    for (const { entry: awaited, heard } of this.#waiters) if (awaited === entry) heard.resolve();
  }

  /** Resolves once it stands in the journal. */
  async heard(entry: string): Promise<void> {
    if (this.journal.includes(entry)) return;
    const heard = deferred<void>();
    this.#waiters.push({ entry, heard });
    await heard.promise;
  }

  /** Resolves once the gate is open. */
  pass(gate: string): Promise<void> {
    return this.#gate(gate).promise;
  }

  open(gate: string): void {
    this.#gate(gate).resolve();
  }

  /** Resolves once `count` have come: only those that run at the same time ever meet. */
  async meet(count: number): Promise<void> {
    const meeting = this.#meeting;
    this.#met += 1;
    if (this.#met >= count) {
      this.#met = 0;
      this.#meeting = deferred();
      meeting.resolve();
    }
    await meeting.promise;
  }

  /** How often it happened. */
  count(entry: string): number {
    return this.journal.filter((one) => one === entry).length;
  }

  #gate(name: string): Deferred<void> {
    const gate = this.#gates.get(name) ?? deferred<void>();
    this.#gates.set(name, gate);
    return gate;
  }
}
