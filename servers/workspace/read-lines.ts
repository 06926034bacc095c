/** A range of lines of a file, read in one pass and bounded memory, however large the file is. */
import type { FileHandle } from 'node:fs/promises';
import {
  MAX_COUNT_BYTES,
  MAX_LINE_BYTES,
  MAX_READ_BYTES,
  MAX_READ_LINES,
  MAX_SCAN_BYTES,
} from './limits.ts';
import { decodeStrictly } from './text-file.ts';

export interface LinesAsked {
  /** First line, from 1. */
  readonly start: number;
  /** Last line, included; `Infinity` for the end of the file. */
  readonly end: number;
}

export interface LinesRead {
  /** The lines as they stand in the file, line ends included; only lines over MAX_LINE_BYTES are cut, and say so. */
  readonly text: string;
  /** How many lines `text` holds. */
  readonly count: number;
  /** Lines of the whole file; undefined if it was too large to count them all. */
  readonly total: number | undefined;
  /** Lines that were cut. */
  readonly cut: number;
  /** False if some bytes were not UTF-8 and stand as U+FFFD in `text`. */
  readonly utf8: boolean;
}

const CHUNK_BYTES = 256 * 1024;
const NEWLINE = 0x0a;
const LINE_END = Buffer.from('\n');

/** Resolves to the lines asked for, as far as one result may carry them. Throws the signal's reason when aborted. */
export async function readLines(
  handle: FileHandle,
  asked: LinesAsked,
  signal: AbortSignal,
): Promise<LinesRead> {
  const lines = new LineCollector(asked);
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  let position = 0;
  let complete = false;
  while (position < lines.scanLimit()) {
    signal.throwIfAborted();
    const { bytesRead } = await handle.read(chunk, 0, CHUNK_BYTES, position);
    if (bytesRead === 0) {
      complete = true;
      break;
    }
    lines.push(chunk.subarray(0, bytesRead), position);
    position += bytesRead;
  }
  return lines.finish(complete);
}

class LineCollector {
  readonly #asked: LinesAsked;
  readonly #kept: Buffer[] = [];
  #keptBytes = 0;
  #count = 0;
  #cut = 0;
  /** Lines that have ended so far. */
  #ended = 0;
  /** The line that has not ended yet: its bytes, how many of them are kept, how many more may be. */
  #lineBytes = 0;
  #lineKept = 0;
  #lineRoom = MAX_LINE_BYTES;
  /** Where in the file the last line to return was complete; undefined while there is more to collect. */
  #fullAt: number | undefined;

  constructor(asked: LinesAsked) {
    this.#asked = asked;
  }

  /** How many bytes of the file are worth reading, as known so far. */
  scanLimit(): number {
    return this.#fullAt === undefined ? MAX_SCAN_BYTES : this.#fullAt + MAX_COUNT_BYTES;
  }

  push(chunk: Buffer, position: number): void {
    let from = 0;
    while (from < chunk.length) {
      const newline = chunk.indexOf(NEWLINE, from);
      this.#take(chunk.subarray(from, newline === -1 ? chunk.length : newline));
      if (newline === -1) return;
      from = newline + 1;
      this.#endLine(position + from);
    }
  }

  #take(piece: Buffer): void {
    this.#lineBytes += piece.length;
    if (!this.#collecting() || this.#lineRoom === 0) return;
    const fits = piece.length <= this.#lineRoom;
    const kept = fits ? piece : wholeCharacters(piece, this.#lineRoom);
    this.#keep(kept);
    this.#lineKept += kept.length;
    this.#lineRoom = fits ? this.#lineRoom - kept.length : 0;
  }

  #keep(bytes: Buffer): void {
    // The chunk is used again for what comes next.
    this.#kept.push(Buffer.from(bytes));
    this.#keptBytes += bytes.length;
  }

  #closeLine(): void {
    this.#count += 1;
    const missing = this.#lineBytes - this.#lineKept;
    if (missing === 0) return;
    this.#cut += 1;
    this.#keep(Buffer.from(` …[line cut: ${missing} more bytes]`));
  }

  #endLine(position: number): void {
    if (this.#collecting()) {
      this.#closeLine();
      this.#keep(LINE_END);
    }
    this.#ended += 1;
    this.#lineBytes = 0;
    this.#lineKept = 0;
    this.#lineRoom = MAX_LINE_BYTES;
    const last =
      this.#ended >= this.#asked.end ||
      this.#count >= MAX_READ_LINES ||
      // The next line might not fit: a result ends with a whole line.
      this.#keptBytes + MAX_LINE_BYTES > MAX_READ_BYTES;
    if (last && this.#fullAt === undefined && this.#ended >= this.#asked.start)
      this.#fullAt = position;
  }

  #collecting(): boolean {
    return this.#fullAt === undefined && this.#ended + 1 >= this.#asked.start;
  }

  finish(complete: boolean): LinesRead {
    // The file's last line may lack its line end; a line that the scan limit broke off counts as well.
    const open = this.#lineBytes > 0;
    if (open && this.#collecting()) this.#closeLine();
    const bytes = Buffer.concat(this.#kept);
    const text = decodeStrictly(bytes);
    return {
      text: withoutByteOrderMark(text ?? bytes.toString(), this.#asked.start),
      count: this.#count,
      total: complete ? this.#ended + (open ? 1 : 0) : undefined,
      cut: this.#cut,
      utf8: text !== undefined,
    };
  }
}

/** At most `room` bytes from the beginning, not ending inside a UTF-8 character. */
function wholeCharacters(piece: Buffer, room: number): Buffer {
  let end = room;
  while (end > 0 && ((piece[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return piece.subarray(0, end);
}

function withoutByteOrderMark(text: string, start: number): string {
  return start === 1 && text.startsWith('\uFEFF') ? text.slice(1) : text;
}
