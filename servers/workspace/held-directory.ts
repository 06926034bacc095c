/**
 * A directory that stays the same directory while it is worked in.
 *
 * On Linux it is an open descriptor, and its entries are reached through `/proc/self/fd/N/name`, which is what
 * openat(2) would do: every step down is taken from the directory itself and never through a symlink, so a parent
 * that is swapped for a symlink meanwhile changes nothing. (A directory that is itself *moved* out of the root
 * while it is held stays held; whoever can do that can move the files afterwards just as well.)
 *
 * Elsewhere Node has nothing like it: the directory is its real path, each step is checked before it is taken, and
 * `confirm()` checks again after a file was opened and before one is renamed into place. The race that remains there: a
 * parent swapped for a symlink after one check and swapped back before the next, or between the last check and the
 * rename. It needs another process that writes inside the root at the same time.
 */
import { constants, existsSync } from 'node:fs';
import { type FileHandle, lstat, open, realpath } from 'node:fs/promises';
import path from 'node:path';
import { Refusal } from '../shared/refusal.ts';

export interface HeldDirectory extends AsyncDisposable {
  /** A path by which `node:fs`, or a child process as its working directory, reaches this very directory. */
  readonly self: string;
  /** A path by which `node:fs` reaches the entry `name` of this very directory. */
  at(name: string): string;
  /** Holds the directory `name` in this one; rejects if that is not a directory (any more), or a symlink. */
  enter(name: string): Promise<HeldDirectory>;
  /** Rejects if the directory is no longer where it was found. */
  confirm(): Promise<void>;
}

const DIRECTORY =
  constants.O_RDONLY |
  (constants.O_DIRECTORY ?? 0) |
  (constants.O_NOFOLLOW ?? 0) |
  (constants.O_NONBLOCK ?? 0);

const hasDescriptorPaths = process.platform === 'linux' && existsSync('/proc/self/fd');

/** Holds the directory at a real, absolute path. */
export async function holdAt(real: string): Promise<HeldDirectory> {
  return hasDescriptorPaths
    ? new PinnedDirectory(await open(real, DIRECTORY))
    : new NamedDirectory(real);
}

class PinnedDirectory implements HeldDirectory {
  readonly self: string;
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
    this.self = `/proc/self/fd/${handle.fd}`;
  }

  at(name: string): string {
    return `${this.self}/${name}`;
  }

  async enter(name: string): Promise<HeldDirectory> {
    return new PinnedDirectory(await open(this.at(name), DIRECTORY));
  }

  async confirm(): Promise<void> {
    // Nothing can be swapped under an open descriptor.
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}

class NamedDirectory implements HeldDirectory {
  readonly self: string;

  constructor(real: string) {
    this.self = real;
  }

  at(name: string): string {
    return path.join(this.self, name);
  }

  async enter(name: string): Promise<HeldDirectory> {
    const place = this.at(name);
    if (!(await lstat(place)).isDirectory()) throw changed();
    return new NamedDirectory(place);
  }

  async confirm(): Promise<void> {
    if ((await realpath(this.self)) !== this.self) throw changed();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Holds nothing.
  }
}

function changed(): Refusal {
  return new Refusal(
    'A folder of the path was replaced while it was being used; nothing was done.',
  );
}
