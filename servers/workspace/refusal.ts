/**
 * What a tool answers as an `isError` result: which path, what is wrong, what would be right.
 * The message is written for the model that made the call and names no path outside the root.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}

const MAX_QUOTED_CHARS = 300;

/** A name from outside, as it may stand in a message: control characters escaped, length bounded. */
export function quote(text: string): string {
  return JSON.stringify(
    text.length <= MAX_QUOTED_CHARS ? text : `${text.slice(0, MAX_QUOTED_CHARS)}…`,
  );
}

/** What the operating system's error codes mean to the one who asked for a file. */
const MEANINGS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space is left on the device',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would be too large for the file system',
  ENAMETOOLONG: 'the name is too long for the file system',
  EMFILE: 'too many files are open at the moment; try again',
  ENFILE: 'too many files are open at the moment; try again',
  EIO: 'the device reported an input/output error',
  ENXIO: 'it is not a regular file',
  // The kinds of entry are checked before they are opened: these three mean that they changed in between.
  ENOENT: 'it disappeared while it was being used; try again',
  ENOTDIR: 'it changed while it was being used; try again',
  EISDIR: 'it changed while it was being used; try again',
  ELOOP: 'it changed while it was being used; try again',
};

/** The code of an error of the operating system, else undefined. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    'syscall' in error
    ? error.code
    : undefined;
}

/**
 * A refusal for an error of the operating system, in words of our own: Node's message holds host paths.
 * Undefined for every other value, which is a defect of this server.
 */
export function refusalFor(error: unknown, subject: string): Refusal | undefined {
  const code = systemCode(error);
  if (code === undefined) return undefined;
  return new Refusal(`${subject}: ${MEANINGS[code] ?? 'the operating system refused'} (${code}).`, {
    cause: error,
  });
}
