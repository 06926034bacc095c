import { open, type FileHandle } from 'node:fs/promises';
import { describe, HostError, systemCode } from '../base/errors.ts';

/** One line of a file. */
export interface FileLine {
  /** From 1. */
  readonly number: number;
  /** `undefined` for one that is longer than the limit. */
  readonly text: string | undefined;
  /** Whether it ends with a line break: the last one of a file that broke off does not. */
  readonly whole: boolean;
}

const NEWLINE = 0x0a;
const CHUNK_BYTES = 256 * 1024;

/** At most this much of each line is held. */
export interface LineLimits {
  /** Of the first line, bytes: one that is longer ends the reading, for what is no trace need not have an end. */
  readonly firstBytes: number;
  /** Of every other line, bytes. */
  readonly bytes: number;
}

/**
 * Reads a file line by line, holding no more of it than one line. Blank lines are left out, but counted. Throws HostError `usage` for what cannot be read.
 */
export async function* readLines(path: string, limits: LineLimits): AsyncGenerator<FileLine> {
  const file = await openFile(path);
  const line = new LineBuffer(limits);
  try {
    for (;;) {
      // A new one each time: what is left of it is part of the next line.
      const { bytesRead, buffer } = await readChunk(file, path);
      if (bytesRead === 0) break;
      let from = 0;
      const chunk = buffer.subarray(0, bytesRead);
      for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
        line.add(chunk.subarray(from, end));
        from = end + 1;
        const whole = line.take(true);
        if (whole !== undefined) yield whole;
      }
      line.add(chunk.subarray(from));
      if (line.isEndless) break;
    }
    const last = line.isEmpty ? undefined : line.take(false);
    if (last !== undefined) yield last;
  } finally {
    await file.close();
  }
}

/** The line that is being read. */
class LineBuffer {
  readonly #limits: LineLimits;
  #number = 1;
  #parts: Buffer[] = [];
  #size = 0;

  constructor(limits: LineLimits) {
    this.#limits = limits;
  }

  get isEmpty(): boolean {
    return this.#size === 0;
  }

  /** Whether the first line is longer than that of any trace. */
  get isEndless(): boolean {
    return this.#number === 1 && this.#isTooLong;
  }

  add(part: Buffer): void {
    this.#size += part.length;
    if (this.#isTooLong) this.#parts = [];
    else if (part.length > 0) this.#parts.push(part);
  }

  /** The line, which is over; `undefined` for a blank one. */
  take(whole: boolean): FileLine | undefined {
    const text = this.#isTooLong ? undefined : Buffer.concat(this.#parts).toString('utf8');
    const number = this.#number;
    this.#number += 1;
    this.#parts = [];
    this.#size = 0;
    return text?.trim() === '' ? undefined : { number, text, whole };
  }

  get #isTooLong(): boolean {
    const { firstBytes, bytes } = this.#limits;
    return this.#size > (this.#number === 1 ? firstBytes : bytes);
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (reason) {
    throw unreadable(path, reason);
  }
}

async function readChunk(
  file: FileHandle,
  path: string,
): Promise<{ readonly bytesRead: number; readonly buffer: Buffer }> {
  try {
    return await file.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, null);
  } catch (reason) {
    throw unreadable(path, reason);
  }
}

function unreadable(path: string, reason: unknown): HostError {
  const why = systemCode(reason) === 'ENOENT' ? 'there is no such file' : describe(reason);
  return new HostError('usage', `cannot read ${path}: ${why}`, { cause: reason });
}
