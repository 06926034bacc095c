import type { Json } from '../base/json.ts';
import type { Outcome } from '../call/outcome.ts';

/** Longest text that is kept of anything, in UTF-16 code units. */
const MAX_TEXT = 16 * 1024;
/** All arguments and results together, in UTF-16 code units: so that a huge trace can be looked at, too. */
const MAX_TOTAL = 64 * 1024 * 1024;

/**
 * The beginning of a text, {@link MAX_TEXT} long at most. A copy: a part of a string keeps the whole of it in memory, and what a trace was read from need
 * not fit there.
 */
export function beginning(text: string): string {
  if (text.length <= MAX_TEXT) return text;
  return Buffer.from(text.slice(0, MAX_TEXT), 'utf16le').toString('utf16le');
}

/** An outcome as the model got to read it. */
export type TextOf = (outcome: Outcome, name: string, maxChars: number) => string;

/** Keeps arguments and results for a picture: each cut to a limit, and none once there are too many of them. */
export class TraceDetails {
  readonly #textOf: TextOf;
  #left = MAX_TOTAL;
  #dropped = 0;

  constructor(textOf: TextOf) {
    this.#textOf = textOf;
  }

  /** How many were dropped whole. */
  get dropped(): number {
    return this.#dropped;
  }

  /** The value itself, or, where its JSON is too long, the beginning of that as a text. */
  json(value: Json): Json {
    const text = JSON.stringify(value);
    if (!this.#take(text)) return null;
    if (text.length <= MAX_TEXT) return value;
    return `${beginning(text)}… (${String(text.length)} characters)`;
  }

  outcome(outcome: Outcome, name: string): string | null {
    const text = this.#textOf(outcome, name, MAX_TEXT);
    if (!this.#take(text)) return null;
    // It may be made of a part of the result: see `beginning`.
    return Buffer.from(text, 'utf16le').toString('utf16le');
  }

  #take(text: string): boolean {
    const size = Math.min(text.length, MAX_TEXT);
    if (size > this.#left) {
      this.#dropped += 1;
      return false;
    }
    this.#left -= size;
    return true;
  }
}
