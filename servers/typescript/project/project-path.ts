/** What a path in the arguments means: always something inside the project, symlinks included. */
import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { MAX_PATH_CHARS } from '../limits.ts';
import { quote, Refusal, systemCode } from '../../shared/refusal.ts';
import { isDependency, type ProjectFile } from './place.ts';
import { type Project, segmentsBelow } from './project.ts';

export type Entry =
  | ({ readonly type: 'file' } & ProjectFile)
  | ({ readonly type: 'folder' } & ProjectFile);

const SOURCE = /\.[cm]?[jt]sx?$/;

/** A file or folder of the project. Rejects with a Refusal for anything else. */
export async function findEntry(project: Project, given: string): Promise<Entry> {
  const absolute = inside(project, given);
  const real = await resolveLinks(absolute, given);
  const segments = segmentsBelow(project.real, real);
  if (segments === undefined) throw outside(given);
  if (isDependency(segments)) {
    throw new Refusal(`${quote(given)} is an installed package, not code of the project.`);
  }
  const stats = await stat(real);
  const place = { kind: 'project', path: segments.join('/'), absolute: real } as const;
  if (stats.isDirectory()) return { type: 'folder', ...place };
  if (stats.isFile()) return { type: 'file', ...place };
  throw new Refusal(`${quote(given)} is neither a file nor a folder.`);
}

/** A source file of the project. Rejects with a Refusal for anything else. */
export async function findSource(project: Project, given: string): Promise<ProjectFile> {
  const entry = await findEntry(project, given);
  if (entry.type === 'folder') throw new Refusal(`${quote(given)} is a folder; name a file in it.`);
  if (!SOURCE.test(entry.path)) {
    throw new Refusal(`${quote(given)} is no TypeScript or JavaScript file.`);
  }
  return entry;
}

/** The lexical half: nothing outside the project is even asked for. */
function inside(project: Project, given: string): string {
  if (given === '') throw new Refusal('The path is empty. The project folder itself is ".".');
  if (given.length > MAX_PATH_CHARS) {
    throw new Refusal(`The path is longer than ${MAX_PATH_CHARS} characters.`);
  }
  if (given.includes('\0')) throw new Refusal(`${quote(given)} contains a NUL byte.`);
  const absolute = path.resolve(project.real, given);
  const named = path.isAbsolute(given) ? segmentsBelow(project.named, absolute) : undefined;
  const segments = segmentsBelow(project.real, absolute) ?? named;
  if (segments === undefined) throw outside(given);
  return path.join(project.real, ...segments);
}

async function resolveLinks(absolute: string, given: string): Promise<string> {
  try {
    return await realpath(absolute);
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    const why = code === 'ENOENT' || code === 'ENOTDIR' ? 'does not exist' : 'is not readable';
    throw new Refusal(
      `${quote(given)} ${why} in the project. Paths are relative to the project folder, like "src/index.ts".`,
      { cause: error },
    );
  }
}

function outside(given: string): Refusal {
  return new Refusal(
    `${quote(given)} is outside the project. Paths are relative to the project folder, like "src/index.ts".`,
  );
}
