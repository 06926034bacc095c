import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { describe, HostError, systemCode } from '../base/errors.ts';

/** What is looked at of a file that is there already, bytes. */
const START_BYTES = 4 * 1_024;

/** A kind of file that is written from its beginning. */
export interface OwnKind {
  /** For messages: `the trace`. */
  readonly name: string;
  /** Whether a file that begins so was written by this program, and may be written over. */
  readonly isOurs: (start: string) => boolean;
}

/**
 * Opens a file and empties it, for its owner alone (mode 0600). What somebody else has written is never lost: the file must be new, empty, or one of the same
 * kind. Returns its descriptor. Throws HostError `usage` for any other, and for a path that cannot be written or that is neither a plain file nor a character
 * device: a symbolic link is not followed.
 */
export function openOwnFile(path: string, { name, isOurs }: OwnKind): number {
  const refusal = (why: string, cause?: unknown): HostError =>
    new HostError('usage', `cannot write ${name} ${path}: ${why}`, { cause });
  // A named pipe that nobody reads must not stop the program here. Windows has neither that nor O_NOFOLLOW: as `undefined` they add nothing.
  const { O_RDWR, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  let fd: number;
  try {
    fd = openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  } catch (reason) {
    throw refusal(openFault(path, reason), reason);
  }
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile() && !stats.isCharacterDevice()) throw refusal('it is no plain file');
    if (stats.isFile()) {
      if (stats.size > 0 && !isOurs(startOf(fd))) {
        throw refusal(
          `it is there already, and is not ${name} of an earlier run: name another file`,
        );
      }
      fchmodSync(fd, 0o600);
      ftruncateSync(fd);
    }
    return fd;
  } catch (reason) {
    closeSync(fd);
    throw reason instanceof HostError ? reason : refusal(describe(reason), reason);
  }
}

function startOf(fd: number): string {
  const start = Buffer.alloc(START_BYTES);
  // From a given place: the writing begins at 0 all the same.
  const bytes = readSync(fd, start, 0, start.length, 0);
  return start.toString('utf8', 0, bytes);
}

function openFault(path: string, reason: unknown): string {
  switch (systemCode(reason) ?? '') {
    case 'ENOENT':
      return `there is no such folder: ${dirname(path)}`;
    case 'ENOTDIR':
      return `this is no folder: ${dirname(path)}`;
    case 'EISDIR':
      return 'it is a folder';
    case 'ELOOP':
      return 'it is a symbolic link: name the file itself';
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'you may not write there';
    default:
      return describe(reason);
  }
}
