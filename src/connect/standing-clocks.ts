import type { CallInFlight } from './call-in-flight.ts';

/** The clocks of a session's calls, which stand while a person is asked for something that they may be waiting for. */
export class StandingClocks {
  readonly #resumes = new Map<CallInFlight, () => void>();

  stop(calls: Iterable<CallInFlight>): void {
    for (const call of calls) {
      if (!this.#resumes.has(call)) this.#resumes.set(call, call.pauseClocks('person'));
    }
  }

  /** Of one call, or of all. */
  goOn(call?: CallInFlight): void {
    if (this.#resumes.size === 0) return;
    for (const each of call === undefined ? [...this.#resumes.keys()] : [call]) {
      this.#resumes.get(each)?.();
      this.#resumes.delete(each);
    }
  }
}
