/** A part of a text and its size in UTF-8. */
export interface Beginning {
  readonly text: string;
  readonly bytes: number;
}

/**
 * As many whole characters from the start of a text as fit into `maxBytes` of UTF-8. A copy: a part of a string keeps the whole of it in memory.
 */
export function beginningOf(text: string, maxBytes: number): Beginning {
  const room = Buffer.alloc(Math.min(maxBytes, text.length * MAX_BYTES_PER_UNIT));
  // It writes no half character.
  const { written } = new TextEncoder().encodeInto(text, room);
  return { text: room.toString('utf8', 0, written), bytes: written };
}

/** Of one UTF-16 code unit in UTF-8; the two of a pair take four together. */
export const MAX_BYTES_PER_UNIT = 3;

/** Whether a text is longer than `maxBytes` in UTF-8; the bytes are counted only where that is in doubt. */
export function isLongerThan(text: string, maxBytes: number): boolean {
  if (text.length * MAX_BYTES_PER_UNIT <= maxBytes) return false;
  return text.length > maxBytes || Buffer.byteLength(text) > maxBytes;
}

/** The text in UTF-8, piece by piece: the whole of a large one would stand in memory twice. */
export function* utf8Pieces(text: string): Generator<Buffer> {
  for (let start = 0; start < text.length;) {
    let end = Math.min(text.length, start + PIECE_UNITS);
    if (end < text.length && HIGH_SURROGATE.test(text.charAt(end - 1))) end += 1;
    yield Buffer.from(text.slice(start, end));
    start = end;
  }
}

const PIECE_UNITS = 256 * 1024;
const HIGH_SURROGATE = /[\uD800-\uDBFF]/u;

/** Where the character that holds the byte at `index` begins. */
export function characterStart(bytes: Uint8Array, index: number): number {
  let start = index;
  // No character has more than three bytes behind its first; what is not UTF-8 is left as it is.
  while (start > 0 && index - start < 3 && isContinuation(bytes[start])) start -= 1;
  return isContinuation(bytes[start]) ? index : start;
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
