import { Refusal, systemCode } from '../shared/refusal.ts';

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
