import type { Stats } from 'node:fs';

/*
 * What is to be seen of a file, or of a folder, that only its owner may have written. Windows has neither modes nor user ids: there nothing is.
 */

/** Why a file cannot be relied on, which continues its name, for people; `undefined` where it can: it is a plain file, its owner's alone. */
export function faultOfFile(stats: Stats): string | undefined {
  const user = process.getuid?.();
  if (!stats.isFile()) return 'is no plain file';
  if (user !== undefined && stats.uid !== user) return 'belongs to another user';
  if (user !== undefined && (stats.mode & 0o077) !== 0) {
    return 'is open to other users (its mode must be 0600)';
  }
  return undefined;
}

/** Why what is in a folder cannot be relied on, which continues a path in it, for people; `undefined` where it can. `stats` are those of `lstat`. */
export function faultOfFolder(stats: Stats): string | undefined {
  if (!stats.isDirectory()) return 'is in a folder that is a link';
  const user = process.getuid?.();
  const isOpen = user !== undefined && (stats.uid !== user || (stats.mode & 0o022) !== 0);
  return isOpen ? 'is in a folder that other users may change' : undefined;
}
