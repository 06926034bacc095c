import { constants, open, type FileHandle } from 'node:fs/promises';
import { characterStart } from '../base/utf8.ts';

/** A text that was kept in a file of its own. Offsets in it are bytes of UTF-8. */
export interface KeptText {
  /** By which it is asked for. */
  readonly id: string;
  readonly path: string;
  readonly bytes: number;
}

/** Whole characters of a kept text. */
export interface Slice {
  /** The first byte, and the one behind the last. */
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** One place where a text was found. */
interface Hit {
  readonly offset: number;
  /** The place with what stands around it. */
  readonly excerpt: string;
}

export interface Hits {
  /** The first ones. */
  readonly hits: readonly Hit[];
  /** Of all there are from where the search began. */
  readonly count: number;
}

/** Longest character, bytes. */
const MAX_CHARACTER = 4;
const WINDOW_BYTES = 1024 * 1024;
const BEFORE_BYTES = 80;
const AFTER_BYTES = 160;

/** Reads about `length` bytes from `offset` on, moved to where characters begin. Rejects when the file cannot be read. */
export async function readSlice(kept: KeptText, offset: number, length: number): Promise<Slice> {
  return withFile(kept, (file) => sliceOf(file, offset, length));
}

/** Finds a text, to the letter, from `offset` on: the first `most` places, and how many there are. Rejects when the file cannot be read. */
export async function findIn(
  kept: KeptText,
  search: string,
  { offset, most }: { readonly offset: number; readonly most: number },
): Promise<Hits> {
  const wanted = Buffer.from(search);
  return withFile(kept, async (file) => {
    const offsets: number[] = [];
    let count = 0;
    let next = offset;
    for (let start = offset; start < kept.bytes; start += WINDOW_BYTES) {
      // A place may lie across the border of two windows.
      const window = await readAt(file, start, WINDOW_BYTES + wanted.length - 1);
      for (;;) {
        const at = window.indexOf(wanted, Math.max(0, next - start));
        if (at === -1) break;
        if (offsets.length < most) offsets.push(start + at);
        count += 1;
        next = start + at + wanted.length;
      }
      next = Math.max(next, start + WINDOW_BYTES);
    }
    const hits: Hit[] = [];
    for (const at of offsets) {
      hits.push({ offset: at, excerpt: await excerptAt(file, at, wanted.length) });
    }
    return { hits, count };
  });
}

async function excerptAt(file: FileHandle, at: number, length: number): Promise<string> {
  const start = Math.max(0, at - BEFORE_BYTES);
  return (await sliceOf(file, start, at - start + length + AFTER_BYTES)).text;
}

async function sliceOf(file: FileHandle, offset: number, length: number): Promise<Slice> {
  const start = Math.max(0, offset - (MAX_CHARACTER - 1));
  const bytes = await readAt(file, start, offset - start + length + MAX_CHARACTER);
  const from = characterStart(bytes, offset - start);
  const wanted = offset - start + length;
  const end = wanted >= bytes.length ? bytes.length : characterStart(bytes, wanted);
  // A single character that is longer than what was asked for.
  const to = end > from ? end : nextCharacter(bytes, from);
  return { from: start + from, to: start + to, text: bytes.toString('utf8', from, to) };
}

/** Where the character behind the one at `index` begins. */
function nextCharacter(bytes: Buffer, index: number): number {
  let next = index + 1;
  while (next < bytes.length && characterStart(bytes, next) !== next) next += 1;
  return next;
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

async function withFile<T>(kept: KeptText, use: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(kept.path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}
