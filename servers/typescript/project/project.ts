import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { systemCode } from '../../shared/refusal.ts';

/** The one project that this server knows. */
export interface Project {
  /** Its folder as it was named, absolute; symlinks not resolved. */
  readonly named: string;
  /** The same with all symlinks resolved: the only form that anything is compared with. */
  readonly real: string;
  /** The native compiler, symlinks resolved. */
  readonly tsc: string;
}

/** A folder that cannot be served, or a compiler that cannot be run; the message says why. */
export class ProjectError extends Error {
  override readonly name = 'ProjectError';
}

/** Resolves to the project; rejects with a ProjectError. */
export async function openProject(folder: string, tsc: string): Promise<Project> {
  const named = path.resolve(folder);
  const real = await realFolder(folder, named);
  if (!(await isFile(path.join(real, 'tsconfig.json')))) {
    throw new ProjectError(`--project ${JSON.stringify(folder)} holds no tsconfig.json.`);
  }
  if (!(await isFile(tsc))) throw new ProjectError(`--tsc ${JSON.stringify(tsc)} is no file.`);
  return { named, real, tsc: await realpath(tsc) };
}

async function realFolder(folder: string, named: string): Promise<string> {
  try {
    const real = await realpath(named);
    if ((await stat(real)).isDirectory()) return real;
  } catch (error) {
    const why = systemCode(error) === 'ENOENT' ? 'does not exist' : 'cannot be read';
    throw new ProjectError(`--project ${JSON.stringify(folder)} ${why}.`, { cause: error });
  }
  throw new ProjectError(`--project ${JSON.stringify(folder)} is not a folder.`);
}

async function isFile(name: string): Promise<boolean> {
  try {
    return (await stat(name)).isFile();
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return false;
  }
}

/** The segments of an absolute path below a folder; undefined for one that is not below it. */
export function segmentsBelow(folder: string, absolute: string): readonly string[] | undefined {
  const relative = path.relative(folder, absolute);
  if (relative === '') return [];
  const segments = relative.split(path.sep);
  return segments[0] === '..' || path.isAbsolute(relative) ? undefined : segments;
}
