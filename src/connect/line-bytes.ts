/// <reference lib="es2024.arraybuffer" />

/** So many parts are kept as they came, or so many bytes of them; more is copied together. A part that is kept costs more than a hundred bytes beside what is in it. */
const MAX_PARTS = 256;
const MAX_LOOSE_BYTES = 512 * 1_024;

/**
 * The bytes of a line as they come. A long one is copied together as it comes, into memory that grows in place: as a list of parts that are put together at its end it
 * would stand in memory twice, and both be swept up later. (To give that memory back at once, by making it small again, takes as long as reading it.)
 */
export class LineBytes {
  readonly #maxBytes: number;
  #parts: Buffer[] = [];
  #long: Uint8Array<ArrayBuffer> | undefined;
  #length = 0;

  /** `maxBytes`: longest line. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get length(): number {
    return this.#length;
  }

  /** What is there already and `part` must not be longer than the longest line together. */
  append(part: Buffer): void {
    const at = this.#length;
    this.#length += part.length;
    if (this.#long !== undefined) {
      grow(this.#long.buffer, this.#length);
      this.#long.set(part, at);
      return;
    }
    this.#parts.push(part);
    if (this.#parts.length >= MAX_PARTS || this.#length > MAX_LOOSE_BYTES) this.#join();
  }

  /** All bytes, which are forgotten here. */
  take(): Buffer {
    const bytes =
      this.#long === undefined
        ? together(this.#parts)
        : Buffer.from(this.#long.buffer, 0, this.#length);
    this.#parts = [];
    this.#long = undefined;
    this.#length = 0;
    return bytes;
  }

  #join(): void {
    // Only what is used of the longest that it may become is memory.
    const buffer = new ArrayBuffer(this.#length, { maxByteLength: this.#maxBytes });
    // It grows with its buffer.
    const long = new Uint8Array(buffer);
    let at = 0;
    for (const part of this.#parts) {
      long.set(part, at);
      at += part.length;
    }
    this.#parts = [];
    this.#long = long;
  }
}

function grow(buffer: ArrayBuffer, bytes: number): void {
  if (bytes <= buffer.byteLength) return;
  buffer.resize(Math.min(buffer.maxByteLength, Math.max(bytes, 2 * buffer.byteLength)));
}

function together(parts: readonly Buffer[]): Buffer {
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
}
