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

/**
 * Cuts a byte stream into lines, in time linear in its length: a newline is looked for in the new chunk only, and a line is put together once.
 * A line over the limit is skipped, not kept, so that it costs no more memory than the limit; what follows it is read as usual.
 */
export class LineFraming {
  readonly #maxBytes: number;
  readonly #onLine: (line: Line) => void;
  #state: Collecting | Skipping = {
    kind: 'collecting',
    parts: [],
    bytes: 0,
    loose: { parts: 0, bytes: 0 },
  };

  /** `maxBytes`: longest line, without its newline. */
  constructor(maxBytes: number, onLine: (line: Line) => void) {
    this.#maxBytes = maxBytes;
    this.#onLine = onLine;
  }

  /** Bytes of a line that has not ended. */
  get pendingBytes(): number {
    return this.#state.bytes;
  }

  /** The first bytes of a line that is over the limit and has not ended. */
  get overrunHead(): string | undefined {
    return this.#state.kind === 'skipping' ? this.#state.head.toString() : undefined;
  }

  push(chunk: Buffer): void {
    let start = 0;
    for (;;) {
      const newline = chunk.indexOf(NEWLINE, start);
      if (newline === -1) break;
      this.#append(chunk.subarray(start, newline));
      this.#finish();
      start = newline + 1;
    }
    if (start < chunk.length) this.#append(chunk.subarray(start));
  }

  /** The stream ended: what has no newline yet is a line, too. */
  end(): void {
    if (this.#state.bytes > 0) this.#finish();
  }

  #append(part: Buffer): void {
    const state = this.#state;
    state.bytes += part.length;
    if (state.kind === 'skipping') {
      state.tail = lastBytes(state.tail, part);
      return;
    }
    state.parts.push(part);
    pack(state, part.length);
    if (state.bytes <= this.#maxBytes) return;
    const head = firstBytes(state.parts);
    const tail = state.parts.reduce<Buffer>(lastBytes, Buffer.alloc(0));
    this.#state = { kind: 'skipping', bytes: state.bytes, head, tail };
  }

  #finish(): void {
    const state = this.#state;
    this.#state = { kind: 'collecting', parts: [], bytes: 0, loose: { parts: 0, bytes: 0 } };
    if (state.kind === 'skipping') {
      const { bytes, head, tail } = state;
      this.#onLine({ kind: 'oversize', bytes, head: head.toString(), tail: tail.toString() });
      return;
    }
    const [only] = state.parts;
    const whole =
      state.parts.length === 1 && only !== undefined ? only : Buffer.concat(state.parts);
    const text = decode(whole);
    if (text.trim() !== '') this.#onLine({ kind: 'line', text });
  }
}

interface Collecting {
  readonly kind: 'collecting';
  readonly parts: Buffer[];
  bytes: number;
  /** The last of the parts, and how much they hold: not yet packed, or found worth what they cost. */
  readonly loose: { parts: number; bytes: number };
}

/** So many parts in a row become one, if they hold less than this, bytes: a part costs more than a hundred bytes, and a line may come byte by byte. */
const PACK_PARTS = 1_024;
const PACK_BYTES = 1_024 * 1_024;

function pack({ parts, loose }: Collecting, bytes: number): void {
  loose.parts += 1;
  loose.bytes += bytes;
  if (loose.parts < PACK_PARTS) return;
  if (loose.bytes < PACK_BYTES) parts.push(Buffer.concat(parts.splice(-loose.parts)));
  loose.parts = 0;
  loose.bytes = 0;
}

interface Skipping {
  readonly kind: 'skipping';
  bytes: number;
  readonly head: Buffer;
  tail: Buffer;
}

function decode(line: Buffer): string {
  const end = line.at(-1) === RETURN ? line.length - 1 : line.length;
  const hasMark = line[0] === 0xef && line[1] === 0xbb && line[2] === 0xbf;
  return line.toString('utf8', hasMark ? 3 : 0, end);
}

function firstBytes(parts: readonly Buffer[]): Buffer {
  const head: Buffer[] = [];
  let bytes = 0;
  for (const part of parts) {
    if (bytes >= KEPT_BYTES) break;
    head.push(part.subarray(0, KEPT_BYTES - bytes));
    bytes += part.length;
  }
  return Buffer.concat(head);
}

/** The last bytes of two buffers, copied: a view would keep the whole chunk alive. */
function lastBytes(before: Buffer, after: Buffer): Buffer {
  if (after.length >= KEPT_BYTES) return Buffer.from(after.subarray(after.length - KEPT_BYTES));
  return Buffer.concat([
    before.subarray(Math.max(0, before.length + after.length - KEPT_BYTES)),
    after,
  ]);
}
