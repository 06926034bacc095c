/**
 * Puts new content into a file at once: readers see the old content or the new, never a part.
 *
 * The content goes to a temporary file in the same directory, is flushed, and renamed over the target. The file keeps
 * its mode and owner; being a new inode it leaves the other names of a hard link with the old content.
 */
import { randomBytes } from 'node:crypto';
import { type BigIntStats, constants } from 'node:fs';
import { access, type FileHandle, open, rename, rm } from 'node:fs/promises';
import type { HeldDirectory } from './held-directory.ts';

/** Temporary files are called like this; list, find and search leave them out. */
export const TEMPORARY_PREFIX = '.mcp-workspace-';

export interface Replacement {
  readonly directory: HeldDirectory;
  readonly name: string;
  readonly bytes: Uint8Array;
  /** The file as it is now; undefined for a new one. */
  readonly previous: BigIntStats | undefined;
  /** Called last: throwing here leaves everything as it was. */
  readonly beforeRename: () => Promise<void>;
}

/** Resolves when the new content is in place; on any error nothing has changed. */
export async function replaceFile(replacement: Replacement): Promise<void> {
  const { directory, name, previous } = replacement;
  // A rename would replace even a file that may not be written.
  if (previous !== undefined) await access(directory.at(name), constants.W_OK);
  const temporary = directory.at(`${TEMPORARY_PREFIX}${randomBytes(8).toString('hex')}.tmp`);
  await directory.confirm();
  // A new file takes the mode that the process gives new files; content of a private one is private from the start.
  const handle = await open(temporary, 'wx', previous === undefined ? 0o666 : 0o600);
  try {
    try {
      await fill(handle, replacement);
    } finally {
      await handle.close();
    }
    await replacement.beforeRename();
    await directory.confirm();
    await rename(temporary, directory.at(name));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function fill(handle: FileHandle, { bytes, previous }: Replacement): Promise<void> {
  await handle.writeFile(bytes);
  if (previous !== undefined && process.platform !== 'win32') {
    const now = await handle.stat({ bigint: true });
    // Fails if it is another user's file: better than making it ours.
    if (now.uid !== previous.uid || now.gid !== previous.gid) {
      await handle.chown(Number(previous.uid), Number(previous.gid));
    }
    await handle.chmod(Number(previous.mode & 0o7777n));
  }
  await handle.sync();
}
