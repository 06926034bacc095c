/** What there is at a path in a commit, or in the work tree. */
import { lstat } from 'node:fs/promises';
import path from 'node:path';
import { MAX_CANDIDATES, MAX_FOLDER_NAMES } from './limits.ts';
import { fieldsOf, succeeded } from './outcome.ts';
import { quote, Refusal, systemCode } from '../shared/refusal.ts';
import { pathspec } from './repo-path.ts';
import type { Repository } from './repository.ts';
import { suggest } from './suggestions.ts';

export interface TreeEntry {
  readonly type: 'file' | 'folder' | 'symlink' | 'submodule';
  readonly id: string;
  /** Bytes, for files and symlinks. */
  readonly size: number;
  /** From the top of the repository. */
  readonly path: string;
}

/** The entry at a path of a commit; the empty path is its top folder. Throws a Refusal with paths that may be meant. */
export async function findEntry(
  repository: Repository,
  at: { readonly commit: string; readonly path: string },
  signal: AbortSignal,
): Promise<TreeEntry> {
  if (at.path === '') return { type: 'folder', id: at.commit, size: 0, path: '' };
  const listed = await listTree(repository, [at.commit, '--', pathspec(at.path)], signal);
  const [entry] = listed.entries;
  if (entry?.path === at.path) return entry;
  throw await noSuchPath(repository, at, signal);
}

/** What is in a folder of a commit. */
export async function listFolder(
  repository: Repository,
  entry: TreeEntry,
  signal: AbortSignal,
): Promise<{ readonly entries: readonly TreeEntry[]; readonly more: boolean }> {
  const { entries, cut } = await listTree(repository, [entry.id], signal);
  const prefix = entry.path === '' ? '' : `${entry.path}/`;
  return {
    entries: entries
      .slice(0, MAX_FOLDER_NAMES)
      .map((child) => ({ ...child, path: `${prefix}${child.path}` })),
    more: cut || entries.length > MAX_FOLDER_NAMES,
  };
}

async function listTree(repository: Repository, args: readonly string[], signal: AbortSignal) {
  const end = await repository.read(['ls-tree', '-z', '-l', '--full-tree', ...args], signal);
  const entries = fieldsOf(succeeded('git ls-tree', end)).flatMap(parseEntry);
  return { entries, cut: end.kind === 'enough' };
}

function parseEntry(field: string): TreeEntry[] {
  const [, mode = '', id = '', size = '', name = ''] =
    /^(\d{6}) \w+ ([0-9a-f]+) +(\d+|-)\t(.*)$/s.exec(field) ?? [];
  if (mode === '') return [];
  return [{ type: typeOf(mode), id, size: size === '-' ? 0 : Number(size), path: name }];
}

function typeOf(mode: string): TreeEntry['type'] {
  if (mode === '040000') return 'folder';
  if (mode === '120000') return 'symlink';
  return mode === '160000' ? 'submodule' : 'file';
}

/** A refusal for a path that a commit does not have. */
export async function noSuchPath(
  repository: Repository,
  at: { readonly commit: string; readonly path: string },
  signal: AbortSignal,
): Promise<Refusal> {
  const args = ['ls-tree', '-r', '-z', '--name-only', '--full-tree', at.commit];
  const end = await repository.read(args, signal);
  const near = suggest(at.path, fieldsOf(end.output).slice(0, MAX_CANDIDATES));
  return new Refusal(
    `There is no ${quote(at.path)} in commit ${at.commit.slice(0, 10)}.` +
      (near.length > 0
        ? ` Near it: ${near.map(quote).join(', ')}.`
        : ' Paths are relative to the top of the repository; log with path tells when one came or went.'),
  );
}

/** What there is at a path of the work tree; symlinks are not followed. */
export async function worktreeEntry(
  repository: Repository,
  repoPath: string,
): Promise<{ readonly type: 'file' | 'folder' | 'missing'; readonly size: number }> {
  try {
    const stats = await lstat(path.join(repository.top, repoPath));
    return { type: stats.isDirectory() ? 'folder' : 'file', size: stats.size };
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? ''))
      return { type: 'missing', size: 0 };
    throw error;
  }
}
