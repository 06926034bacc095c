import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isMemoryFile, isOutOfDate } from './memory-file.ts';

/** All that is remembered may take this much together, bytes: 128 MiB. */
const MAX_TOTAL_BYTES = 128 * 1_024 * 1_024;

/**
 * Removes lists that are out of date and, the oldest first, what is more than `maxTotalBytes` together (default 128 MiB). Only what has the name of one is touched, and
 * no link is followed. What cannot be removed stays; the next time tries again. Rejects when the folder cannot be read.
 */
export async function removeOldMemories(
  folder: string,
  maxTotalBytes = MAX_TOTAL_BYTES,
): Promise<void> {
  const names = (await readdir(folder)).filter(isMemoryFile);
  const files = [];
  for (const name of names) {
    // Another process may have removed it.
    const stats = await lstat(join(folder, name)).catch(() => undefined);
    if (stats !== undefined) files.push({ name, at: stats.mtimeMs, bytes: stats.size });
  }
  let total = 0;
  for (const { name, at, bytes } of files.toSorted((one, other) => other.at - one.at)) {
    total += bytes;
    if (!isOutOfDate(at) && total <= maxTotalBytes) continue;
    await rm(join(folder, name), { force: true }).catch(() => undefined);
  }
}
