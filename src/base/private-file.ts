import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, lstat, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { faultOfFile, faultOfFolder } from './private-stats.ts';

export interface WriteOptions {
  /** Whether the text must outlast a power failure, after which the file may otherwise be empty. Default `true`; it may take many ms. */
  readonly durable?: boolean;
}

/**
 * Writes a file that is its owner's alone (mode 0600), and the folders above it (0700). All or nothing: a new file takes the old one's place in one step, so that
 * a link that stands there is replaced, not followed. Rejects with the system's error.
 */
export async function writePrivately(
  path: string,
  text: string,
  { durable = true }: WriteOptions = {},
): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomUUID()}`;
  try {
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(text);
      if (durable) await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (reason) {
    await rm(draft, { force: true });
    throw reason;
  }
}

/** What {@link readPrivately} found: a text, or why there is none that can be relied on. */
export type PrivateText =
  | {
      readonly kind: 'text';
      readonly text: string;
      /** Unix time, ms. */
      readonly modifiedAt: number;
    }
  /** Continues the file's name, for people. */
  | { readonly kind: 'unusable'; readonly why: string };

/**
 * Reads a file that must be its owner's alone: neither a link nor another user's, and closed to others. Rejects with the system's error; a link is `ELOOP`.
 */
export async function readPrivately(path: string, maxBytes: number): Promise<PrivateText> {
  // Windows has none of these flags, nor modes, nor user ids. Without O_NONBLOCK a named pipe would stop the program here.
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const stats = await file.stat();
    const why = faultOfFile(stats);
    if (why !== undefined) return { kind: 'unusable', why };
    if (stats.size > maxBytes) return { kind: 'unusable', why: 'is too large' };
    return { kind: 'text', text: await file.readFile('utf8'), modifiedAt: stats.mtimeMs };
  } finally {
    await file.close();
  }
}

/** Makes a folder its owner's alone (mode 0700), and those above it that are not there. Rejects for one that is a link or another user's. */
export async function makePrivateFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const stats = await lstat(path);
  if (!stats.isDirectory()) throw new Error(`${path} is no folder, or a link to one`);
  const user = process.getuid?.();
  // Windows has neither modes nor user ids.
  if (user === undefined) return;
  if (stats.uid !== user) throw new Error(`${path} belongs to another user`);
  if ((stats.mode & 0o077) !== 0) await chmod(path, 0o700);
}

/** Why what is in the folder at `path` cannot be relied on: see {@link faultOfFolder}. Rejects with the system's error. */
export async function folderFault(path: string): Promise<string | undefined> {
  return faultOfFolder(await lstat(path));
}
