import { constants } from 'node:buffer';
import { LineBytes } from './line-bytes.ts';

/** One line of a server's stdout, or what is left of one that was over the limit. */
export type Line =
  | { readonly kind: 'line'; readonly text: string }
  | {
      readonly kind: 'oversize';
      /** Of the whole line. */
      readonly bytes: number;
      /** The line's first and last bytes, for finding the message's id; not whole characters. */
      readonly head: string;
      readonly tail: string;
    };

const NEWLINE = 0x0a;
const RETURN = 0x0d;
/** How much of an oversize line is kept at either end, in bytes. */
const KEPT_BYTES = 1_024;

/** A line over the limit, until it ends. */
interface Skipped {
  bytes: number;
  readonly head: Buffer;
  tail: Buffer;
}

/**
 * Cuts a byte stream into lines, in time linear in its length: a newline is looked for in the new chunk only, and a line is put together once.
 * A line over the limit is skipped, not kept, so that it costs no more memory than the limit; what follows it is read as usual.
 */
export class LineFraming {
  readonly #maxBytes: number;
  readonly #onLine: (line: Line) => void;
  readonly #line: LineBytes;
  #skipped: Skipped | undefined;

  /** `maxBytes`: longest line, without its newline; never more than one text can hold. */
  constructor(maxBytes: number, onLine: (line: Line) => void) {
    this.#maxBytes = Math.min(maxBytes, constants.MAX_STRING_LENGTH);
    this.#onLine = onLine;
    this.#line = new LineBytes(this.#maxBytes);
  }

  /** Bytes of a line that has not ended. */
  get pendingBytes(): number {
    return this.#skipped?.bytes ?? this.#line.length;
  }

  /** The first bytes of a line that is over the limit and has not ended. */
  get overrunHead(): string | undefined {
    return this.#skipped?.head.toString();
  }

  push(chunk: Buffer): void {
    let start = 0;
    for (;;) {
      const newline = chunk.indexOf(NEWLINE, start);
      if (newline === -1) break;
      this.#end(chunk, start, newline);
      start = newline + 1;
    }
    if (start < chunk.length) this.#append(chunk.subarray(start));
  }

  /** The stream ended: what has no newline yet is a line, too. */
  end(): void {
    if (this.pendingBytes > 0) this.#finish();
  }

  #append(part: Buffer): void {
    const skipped = this.#skipped;
    if (skipped !== undefined) {
      skipped.bytes += part.length;
      skipped.tail = lastBytes(skipped.tail, part);
      return;
    }
    const bytes = this.#line.length + part.length;
    if (bytes <= this.#maxBytes) {
      this.#line.append(part);
      return;
    }
    const before = this.#line.take();
    const tail = lastBytes(lastBytes(Buffer.alloc(0), before), part);
    this.#skipped = { bytes, head: firstBytes(before, part), tail };
  }

  /** A line ends in this chunk. Most begin in it, too, and are read where they are. */
  #end(chunk: Buffer, start: number, end: number): void {
    if (this.pendingBytes === 0 && end - start <= this.#maxBytes) {
      this.#hand(decode(chunk, start, end));
      return;
    }
    this.#append(chunk.subarray(start, end));
    this.#finish();
  }

  #finish(): void {
    const skipped = this.#skipped;
    if (skipped === undefined) {
      const line = this.#line.take();
      this.#hand(decode(line, 0, line.length));
      return;
    }
    this.#skipped = undefined;
    const { bytes, head, tail } = skipped;
    this.#onLine({ kind: 'oversize', bytes, head: head.toString(), tail: tail.toString() });
  }

  #hand(text: string): void {
    if (text.trim() !== '') this.#onLine({ kind: 'line', text });
  }
}

function decode(bytes: Buffer, start: number, end: number): string {
  const hasMark = bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf;
  const stop = end > start && bytes[end - 1] === RETURN ? end - 1 : end;
  return bytes.toString('utf8', hasMark ? start + 3 : start, stop);
}

/** The first bytes of two buffers, copied. */
function firstBytes(before: Buffer, after: Buffer): Buffer {
  const head = before.subarray(0, KEPT_BYTES);
  return Buffer.concat([head, after.subarray(0, KEPT_BYTES - head.length)]);
}

/** The last bytes of two buffers, copied: a view would keep the whole chunk alive. */
function lastBytes(before: Buffer, after: Buffer): Buffer {
  if (after.length >= KEPT_BYTES) return Buffer.from(after.subarray(after.length - KEPT_BYTES));
  return Buffer.concat([
    before.subarray(Math.max(0, before.length + after.length - KEPT_BYTES)),
    after,
  ]);
}
