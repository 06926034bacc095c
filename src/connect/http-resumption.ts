import { backoffMs, type BackoffOptions } from '../base/backoff.ts';
import { MAX_TIMER_MS } from '../base/timer.ts';

/** Shortest wait before an answer is resumed, ms. */
const RESUME_MS = 50;
const BACKOFF: BackoffOptions = { baseMs: 1_000, maxMs: 30_000 };
/** So often in a row an answer is resumed in vain. */
const MAX_FAILURES = 2;
/** What can be sent as a header. */
const SENDABLE = /^[\x20-\x7E\x80-\xFF]*$/u;

/** How to go on with an answer whose stream ends before it. Source: MCP 2025-11-25, Streamable HTTP, resumability. */
export class Resumption {
  /** The wait that the server asked for, ms. */
  retryMs: number | undefined;
  #lastEventId = '';
  #failures = 0;

  /** Of the last event that has one; `""` where there is none that could be gone on from. */
  get lastEventId(): string {
    return this.#lastEventId;
  }

  set lastEventId(id: string) {
    this.#lastEventId = SENDABLE.test(id) ? id : '';
  }

  get isPossible(): boolean {
    return this.#lastEventId !== '';
  }

  get delayMs(): number {
    const wanted = this.retryMs ?? backoffMs(this.#failures + 1, BACKOFF);
    return boundedResumeMs(wanted);
  }

  /** The stream is there again. */
  succeeded(): void {
    this.#failures = 0;
  }

  /** It is not: refused with `status`, or not answered at all. Returns whether to try again. */
  failed(status: number | undefined): boolean {
    this.#failures += 1;
    const isFinal = status !== undefined && status < 500 && status !== 408 && status !== 429;
    return !isFinal && this.#failures < MAX_FAILURES;
  }
}

/** A server may want it at once, again and again, or later than any timer goes. */
export function boundedResumeMs(wantedMs: number): number {
  return Math.min(Math.max(wantedMs, RESUME_MS), MAX_TIMER_MS);
}
