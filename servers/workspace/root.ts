import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';

/** The one folder that this server shows. */
export interface Root {
  /** As it was named, absolute; symlinks not resolved. */
  readonly named: string;
  /** The same with all symlinks resolved: the only form that anything is compared with. */
  readonly real: string;
}

/** Resolves to the root; rejects with the operating system's error, or ENOTDIR's meaning in words. */
export async function openRoot(folder: string): Promise<Root> {
  const named = path.resolve(folder);
  const real = await realpath(named);
  if (!(await stat(real)).isDirectory()) throw new Error(`${named} is not a folder`);
  return { named, real };
}

/** The segments of a real path below the root; undefined for one that is not below it. */
export function segmentsBelow(base: string, real: string): readonly string[] | undefined {
  const relative = path.relative(base, real);
  if (relative === '') return [];
  const segments = relative.split(path.sep);
  return segments[0] === '..' || path.isAbsolute(relative) ? undefined : segments;
}
