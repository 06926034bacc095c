import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Kept results older than this are removed, ms: a week. */
const MAX_AGE_MS = 7 * 24 * 60 * 60 * 1000;
/** The folders of all runs that have ended may take this much together, bytes; the oldest go first. */
const MAX_TOTAL_BYTES = 1024 * 1024 * 1024;

/** What is removed when. Default: after a week, and the oldest beyond 1 GiB. */
interface Retention {
  readonly maxAgeMs: number;
  readonly maxTotalBytes: number;
}

const RETENTION: Retention = { maxAgeMs: MAX_AGE_MS, maxTotalBytes: MAX_TOTAL_BYTES };

/** A run's folder: when it was made (so that names sort by age), by which process, and something that no other run has. */
export function folderName(made: Date, pid: number, unique: string): string {
  const time = made.toISOString().replaceAll(/[-:.]/gu, '');
  return `${time}-${String(pid)}-${unique}`;
}

const NAME = /^\d{8}T\d{9}Z-(?<pid>\d+)-[0-9a-f]{8}$/u;

/**
 * Removes the folders of runs that have ended, when they are old or, the oldest first, too many. Only what has a run's name is touched, a run whose process lives is
 * left alone, and no link is followed. What cannot be removed stays; the next run tries again. Rejects when `root` cannot be read.
 */
export async function removeOldFolders(root: string, retention = RETENTION): Promise<void> {
  const entries = await readdir(root, { withFileTypes: true });
  // Named by time: the youngest are counted first, and stay.
  const ended = entries
    .filter((entry) => entry.isDirectory() && hasEnded(entry.name))
    .map(({ name }) => join(root, name))
    .toSorted()
    .toReversed();
  let total = 0;
  for (const folder of ended) {
    const { bytes, ageMs } = await measure(folder);
    total += bytes;
    if (ageMs <= retention.maxAgeMs && total <= retention.maxTotalBytes) continue;
    // Another run may be at the same thing.
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** Whether it is the folder of a run whose process is gone. */
function hasEnded(name: string): boolean {
  const pid = Number(NAME.exec(name)?.groups?.['pid'] ?? 0);
  if (pid === 0) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (reason) {
    // EPERM: it lives, and is another user's.
    return (reason as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

async function measure(
  folder: string,
): Promise<{ readonly bytes: number; readonly ageMs: number }> {
  try {
    const stats = await lstat(folder);
    const sizes = await Promise.all(
      (await readdir(folder)).map(async (name) => (await lstat(join(folder, name))).size),
    );
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    return { bytes, ageMs: Date.now() - stats.mtimeMs };
  } catch {
    // It went while it was looked at: it takes no room.
    return { bytes: 0, ageMs: 0 };
  }
}
