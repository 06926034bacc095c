const LINE_FEED = 0x0a;
const RETURN = 0x0d;
const COLON = 0x3a;

/**
 * Counts the bytes of each event of an SSE stream: what a reader must hold before it can hand the event on. A stream may be endless, an event may not.
 * Comments and blank lines, which hold nothing, count for nothing, as long as they end.
 */
export class EventSizes {
  readonly #maxBytes: number;
  #eventBytes = 0;
  #lineBytes = 0;
  #firstByte: number | undefined;
  /** The last line ended with CR: a LF right after it belongs to the same end. */
  #afterReturn = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Takes in the next bytes. Returns `false` once an event is over the limit. */
  accept(chunk: Uint8Array): boolean {
    if (this.#endsEvent(chunk)) {
      this.#eventBytes = 0;
      this.#lineBytes = 0;
      this.#afterReturn = false;
      return true;
    }
    let start = this.#afterReturn && chunk[0] === LINE_FEED ? 1 : 0;
    if (chunk.length > 0) this.#afterReturn = false;
    while (start < chunk.length) {
      const end = lineEnd(chunk, start);
      const stop = end === -1 ? chunk.length : end;
      if (this.#lineBytes === 0 && stop > start) this.#firstByte = chunk[start];
      this.#lineBytes += stop - start;
      if (this.#eventBytes + this.#lineBytes > this.#maxBytes) return false;
      if (end === -1) break;
      this.#endLine();
      start = end + 1;
      if (chunk[end] !== RETURN) continue;
      if (start === chunk.length) this.#afterReturn = true;
      else if (chunk[start] === LINE_FEED) start += 1;
    }
    return true;
  }

  /** Whether it ends with a blank line, and is so short that no event in it can be over the limit: then it need not be looked through. */
  #endsEvent(chunk: Uint8Array): boolean {
    const { length } = chunk;
    if (chunk[length - 1] !== LINE_FEED || chunk[length - 2] !== LINE_FEED) return false;
    return this.#eventBytes + this.#lineBytes + length <= this.#maxBytes;
  }

  #endLine(): void {
    if (this.#lineBytes === 0) this.#eventBytes = 0;
    else if (this.#firstByte !== COLON) this.#eventBytes += this.#lineBytes;
    this.#lineBytes = 0;
  }
}

/** Where the line that holds `start` ends; -1 if not in this chunk. */
function lineEnd(chunk: Uint8Array, start: number): number {
  const feed = chunk.indexOf(LINE_FEED, start);
  const stop = feed === -1 ? chunk.length : feed;
  const carriage = chunk.subarray(start, stop).indexOf(RETURN);
  return carriage === -1 ? feed : start + carriage;
}
