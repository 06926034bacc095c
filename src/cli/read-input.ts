import { open } from 'node:fs/promises';
import { describe, HostError, systemCode } from '../base/errors.ts';

/** A prompt or a batch is no larger than this. */
const MAX_INPUT_BYTES = 64 * 1024 * 1024;

/** Reads a file, or stdin for `-`, as UTF-8. Throws HostError `usage` for what cannot be read, is too large, or is no text; the signal ends the reading. */
export async function readInput(
  path: string,
  options: { readonly stdin: NodeJS.ReadableStream; readonly signal: AbortSignal },
): Promise<string> {
  const { stdin, signal } = options;
  if (path === '-') {
    const stop = (): void => {
      // Ends the loop below; `destroy` is there on every stream that stdin can be.
      if ('destroy' in stdin && typeof stdin.destroy === 'function') stdin.destroy();
    };
    signal.addEventListener('abort', stop, { once: true });
    try {
      return await read(stdin, 'stdin');
    } catch (reason) {
      signal.throwIfAborted();
      throw unreadable('stdin', reason);
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }
  try {
    const file = await open(path, 'r');
    const stream = file.createReadStream();
    try {
      return await read(stream, path);
    } finally {
      // Not `using`: what closing says about a folder must not hide what reading said.
      stream.destroy();
    }
  } catch (reason) {
    throw unreadable(path, reason);
  }
}

async function read(stream: NodeJS.ReadableStream, name: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    chunks.push(bytes);
    size += bytes.length;
    if (size > MAX_INPUT_BYTES) {
      throw new HostError('usage', `${name} is larger than ${String(MAX_INPUT_BYTES)} bytes`);
    }
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch (reason) {
    throw new HostError('usage', `${name} is not UTF-8 text`, { cause: reason });
  }
}

const CAUSES: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder; name a file',
  EACCES: 'it may not be read by this user',
};

function unreadable(name: string, reason: unknown): HostError {
  if (reason instanceof HostError) return reason;
  const why = CAUSES[systemCode(reason) ?? ''] ?? describe(reason);
  return new HostError('usage', `cannot read ${name}: ${why}`, { cause: reason });
}
