/** The directory tree below a folder, breadth first, so that a bound costs the deepest levels and not the last names. */
import { opendir } from 'node:fs/promises';
import type { BigIntStats } from 'node:fs';
import { holdDirectory, resolveInside, statsAt } from './entries.ts';
import type { HeldDirectory } from './held-directory.ts';
import { MAX_FOLDER_ENTRIES, MAX_LISTED } from './limits.ts';
import { Refusal, systemCode } from '../shared/refusal.ts';
import { TEMPORARY_PREFIX } from './replace-file.ts';
import type { Workspace } from './workspace.ts';
import { joinPath, loosePath } from './workspace-path.ts';

type EntryType = 'file' | 'directory' | 'symlink' | 'other';

export interface TreeEntry {
  /** Relative to the root. */
  readonly path: string;
  readonly name: string;
  readonly type: EntryType;
  /** Bytes; regular files only. */
  readonly size: number | undefined;
  /** What is in a directory; undefined if that was not looked at. */
  children: readonly TreeEntry[] | undefined;
  /** Why a directory was not looked at, where it is not just too deep. */
  unlisted: 'skipped' | 'unreadable' | undefined;
}

export interface Tree {
  /** The folder listed, relative to the root; empty for the root. */
  readonly path: string;
  readonly entries: readonly TreeEntry[];
  readonly truncated: boolean;
}

/** Full of what nobody reads: shown, but entered only when named as the path. */
const SKIPPED: ReadonlySet<string> = new Set([
  '.git',
  '.hg',
  '.svn',
  'node_modules',
  '.venv',
  '__pycache__',
]);

/** Lists `path` (default: the root) down to `depth` levels. Symlinks are shown, never followed. */
export async function listTree(
  workspace: Workspace,
  request: { readonly path: string | undefined; readonly depth: number },
  signal: AbortSignal,
): Promise<Tree> {
  const { root } = workspace;
  const folder = await resolveInside(root, loosePath(root, request.path));
  let left = MAX_LISTED;
  let truncated = false;

  const read = async (segments: readonly string[]): Promise<TreeEntry[]> => {
    signal.throwIfAborted();
    await using directory = await holdDirectory(root, joinPath(segments));
    const { names, more } = await readNames(directory);
    const kept = names.slice(0, left);
    left -= kept.length;
    truncated ||= more || kept.length < names.length;
    const described = kept.map(async (name) => await describe(directory, segments, name));
    return (await Promise.all(described)).filter((entry) => entry !== undefined);
  };

  const entries = await read(folder.segments);
  let level = entries;
  for (let depth = 1; depth < request.depth; depth += 1) {
    const next: TreeEntry[] = [];
    for (const entry of level) {
      if (entry.type !== 'directory' || entry.unlisted !== undefined) continue;
      if (left === 0) {
        truncated = true;
        break;
      }
      const children = await readOrExplain(entry, read);
      next.push(...children);
    }
    level = next;
  }
  return { path: folder.text, entries, truncated };
}

async function readOrExplain(
  entry: TreeEntry,
  read: (segments: readonly string[]) => Promise<TreeEntry[]>,
): Promise<readonly TreeEntry[]> {
  try {
    entry.children = await read(entry.path.split('/'));
  } catch (error) {
    // One folder that vanished or may not be read does not cost the rest of the tree.
    if (!(error instanceof Refusal) && systemCode(error) === undefined) throw error;
    entry.unlisted = 'unreadable';
  }
  return entry.children ?? [];
}

async function readNames(directory: HeldDirectory): Promise<{ names: string[]; more: boolean }> {
  const names: string[] = [];
  let more = false;
  for await (const { name } of await opendir(directory.self)) {
    if (name.startsWith(TEMPORARY_PREFIX)) continue;
    more = names.length === MAX_FOLDER_ENTRIES;
    if (more) break;
    names.push(name);
  }
  return { names: names.sort(), more };
}

/** Undefined for an entry that vanished meanwhile. */
async function describe(
  directory: HeldDirectory,
  segments: readonly string[],
  name: string,
): Promise<TreeEntry | undefined> {
  const stats = await statsAt(directory, name);
  if (stats === undefined) return undefined;
  const type = typeOf(stats);
  return {
    path: [...segments, name].join('/'),
    name,
    type,
    size: type === 'file' ? Number(stats.size) : undefined,
    children: undefined,
    unlisted: type === 'directory' && SKIPPED.has(name) ? 'skipped' : undefined,
  };
}

function typeOf(stats: BigIntStats): EntryType {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  return stats.isSymbolicLink() ? 'symlink' : 'other';
}

/** The tree as indented text. */
export function renderTree(entries: readonly TreeEntry[], indent = ''): string[] {
  return entries.flatMap((entry) => [
    `${indent}${label(entry)}`,
    ...renderTree(entry.children ?? [], `${indent}  `),
  ]);
}

/** All entries of the tree, each directory before what is in it. */
export function flattenTree(entries: readonly TreeEntry[]): TreeEntry[] {
  return entries.flatMap((entry) => [entry, ...flattenTree(entry.children ?? [])]);
}

function label(entry: TreeEntry): string {
  if (entry.type === 'file') return `${entry.name}  ${entry.size ?? 0} B`;
  if (entry.type === 'symlink') return `${entry.name}  (symlink)`;
  if (entry.type === 'other') return `${entry.name}  (not a regular file)`;
  if (entry.unlisted === undefined) return `${entry.name}/`;
  return `${entry.name}/  (${entry.unlisted === 'skipped' ? 'not expanded' : 'cannot be read'})`;
}
