/** What is on disk, as far as it matters to the compiler: which files there are, and whether they changed. */
import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { MAX_WATCHED_FILES } from '../limits.ts';
import { systemCode } from '../../shared/refusal.ts';
import type { Project } from './project.ts';

export interface DiskState {
  /** Of each file of the project, by its absolute path, something that changes when it does. */
  readonly files: ReadonlyMap<string, string>;
  /** The same of what says which packages are installed. */
  readonly packages: string;
  /** There are more files than are watched. */
  readonly truncated: boolean;
}

export interface Change {
  readonly absolute: string;
  readonly kind: 'created' | 'changed' | 'deleted';
}

/** What can be part of a program, or configures one. */
const RELEVANT = /\.(?:[cm]?[jt]sx?|json)$/;
const SKIPPED = new Set(['node_modules', '.git', '.hg', '.svn', '.jj']);

/** Files of the folders above, which a project often inherits from. */
const INHERITED = ['tsconfig.json', 'tsconfig.base.json', 'package.json'];

/** Files that package managers write last. */
const INSTALLED = [
  'node_modules/.package-lock.json',
  'node_modules/.modules.yaml',
  'node_modules/.yarn-state.yml',
  'node_modules/.yarn-integrity',
  'node_modules/.bun-tag',
];

export async function readDisk(project: Project): Promise<DiskState> {
  const files = new Map<string, string>();
  const folders = foldersAbove(project.real);
  const [packages] = await Promise.all([
    stampAll([project.real, ...folders].flatMap((folder) => joinAll(folder, INSTALLED))),
    walk(project.real, files),
    stampInto(
      folders.flatMap((folder) => joinAll(folder, INHERITED)),
      files,
    ),
  ]);
  return { files, packages, truncated: files.size >= MAX_WATCHED_FILES };
}

export function compare(before: DiskState, after: DiskState): Change[] {
  const changes: Change[] = [];
  for (const [absolute, stamp] of after.files) {
    const old = before.files.get(absolute);
    if (old === undefined) changes.push({ absolute, kind: 'created' });
    else if (old !== stamp) changes.push({ absolute, kind: 'changed' });
  }
  for (const absolute of before.files.keys()) {
    if (!after.files.has(absolute)) changes.push({ absolute, kind: 'deleted' });
  }
  return changes;
}

async function walk(folder: string, files: Map<string, string>): Promise<void> {
  const entries = await list(folder);
  const folders: string[] = [];
  const names: string[] = [];
  for (const entry of entries) {
    const absolute = path.join(folder, entry.name);
    // Links to folders are not followed: the compiler works with the real paths.
    if (entry.isDirectory() && !SKIPPED.has(entry.name)) folders.push(absolute);
    else if (!entry.isDirectory() && RELEVANT.test(entry.name)) names.push(absolute);
  }
  await stampInto(names.slice(0, MAX_WATCHED_FILES - files.size), files);
  if (files.size < MAX_WATCHED_FILES) {
    await Promise.all(folders.map(async (name) => await walk(name, files)));
  }
}

async function list(folder: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    // Gone, or not for us: then it is not for the compiler either.
    if (systemCode(error) === undefined) throw error;
    return [];
  }
}

async function stampInto(names: readonly string[], files: Map<string, string>): Promise<void> {
  await Promise.all(
    names.map(async (name) => {
      const stamp = await stampOf(name);
      if (stamp !== undefined && files.size < MAX_WATCHED_FILES) files.set(name, stamp);
    }),
  );
}

async function stampAll(names: readonly string[]): Promise<string> {
  return (await Promise.all(names.map(stampOf))).join();
}

/** Undefined for what is not there, and for what is no file. */
async function stampOf(name: string): Promise<string | undefined> {
  try {
    const stats = await stat(name);
    return stats.isFile() ? `${stats.mtimeMs} ${stats.size} ${stats.ino}` : undefined;
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return undefined;
  }
}

function foldersAbove(folder: string): string[] {
  const parent = path.dirname(folder);
  return parent === folder ? [] : [parent, ...foldersAbove(parent)];
}

function joinAll(folder: string, names: readonly string[]): string[] {
  return names.map((name) => path.join(folder, name));
}
