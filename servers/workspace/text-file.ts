/** What counts as text, and text files read whole. */
import type { FileHandle } from 'node:fs/promises';
import { BINARY_SNIFF_BYTES, MAX_FILE_BYTES } from './limits.ts';
import { quote, Refusal } from '../shared/refusal.ts';

/** Whether the file holds something other than text, by its first bytes. Does not move the file's position. */
export async function looksBinary(handle: FileHandle): Promise<boolean> {
  const { buffer, bytesRead } = await handle.read({
    buffer: Buffer.alloc(BINARY_SNIFF_BYTES),
    position: 0,
  });
  return buffer.subarray(0, bytesRead).includes(0);
}

export function binaryRefusal(name: string, size: bigint): Refusal {
  return new Refusal(
    `${quote(name)} is a binary file (${size} bytes, with NUL bytes at its beginning), or text in an encoding other ` +
      'than UTF-8. This server works with UTF-8 text only.',
  );
}

/** The whole text of a file, to be edited: refuses what could not be written back unchanged. */
export async function readWhole(handle: FileHandle, name: string, size: bigint): Promise<string> {
  if (size > MAX_FILE_BYTES) {
    throw new Refusal(
      `${quote(name)} has ${size} bytes; files of more than ${MAX_FILE_BYTES} bytes are not edited.`,
    );
  }
  if (await looksBinary(handle)) throw binaryRefusal(name, size);
  const bytes = await readUpTo(handle, MAX_FILE_BYTES + 1);
  if (bytes.length > MAX_FILE_BYTES) {
    throw new Refusal(`${quote(name)} grew beyond ${MAX_FILE_BYTES} bytes while it was read.`);
  }
  const text = decodeStrictly(bytes);
  if (text === undefined) {
    throw new Refusal(
      `${quote(name)} is not valid UTF-8: editing it would change bytes that the edit does not name.`,
    );
  }
  return text;
}

/** The text of UTF-8 bytes, byte order mark kept; undefined if they are not UTF-8. */
export function decodeStrictly(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

async function readUpTo(handle: FileHandle, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let total = 0;
  while (total < limit) {
    const want = Math.min(64 * 1024, limit - total);
    const { buffer, bytesRead } = await handle.read({
      buffer: Buffer.alloc(want),
      position: total,
    });
    if (bytesRead === 0) break;
    chunks.push(buffer.subarray(0, bytesRead));
    total += bytesRead;
  }
  return Buffer.concat(chunks);
}
