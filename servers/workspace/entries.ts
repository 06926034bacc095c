/**
 * From a path to an open directory or file: the half of path safety that only the file system knows.
 *
 * E1. Every step is taken from the directory before it and never through a symlink (see held-directory.ts).
 * E2. Only regular files are opened: never a device, a socket or a FIFO (opening one could block for ever).
 * E3. A path that reaches a file under another name than its own (through a symlink, or in other letter case on a file
 *     system that ignores case) is refused by naming the file's own (P2 in workspace-path.ts).
 */
import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, readdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { distance } from 'fastest-levenshtein';
import { holdAt, type HeldDirectory } from './held-directory.ts';
import { MAX_FOLDER_ENTRIES } from './limits.ts';
import { quote, Refusal, systemCode } from '../shared/refusal.ts';
import { type Root, segmentsBelow } from './root.ts';
import { joinPath, outside, shown, type WorkspacePath } from './workspace-path.ts';

const READ_FILE = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** A regular file, open for reading. */
export interface OpenFile extends AsyncDisposable {
  readonly handle: FileHandle;
  readonly stats: BigIntStats;
}

/** Resolves a path through symlinks to where it really is, inside the root; refuses what leads outside. */
export async function resolveInside(root: Root, asked: WorkspacePath): Promise<WorkspacePath> {
  const real = await realpath(path.join(root.real, ...asked.segments)).catch((error: unknown) => {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    if (code === 'ELOOP') throw new Refusal(`${quote(asked.text)} is a loop of symlinks.`);
    throw error;
  });
  if (real === undefined) {
    // Walking it finds out which part is missing, and says so.
    const index = asked.segments.length - 1;
    await using parent = await holdDirectory(root, asked, { depth: index });
    const stats = await statsAt(parent, lastSegment(asked));
    throw stats?.isSymbolicLink() === true
      ? await otherName(root, asked, index)
      : await missing(parent, asked, index);
  }
  const segments = segmentsBelow(root.real, real);
  if (segments === undefined) throw outside(asked.text);
  return joinPath(segments);
}

/**
 * Holds the directory named by the first `depth` segments of `target` (default: all of them; E1, E3).
 * With `create`, directories that are missing are made on the way.
 */
export async function holdDirectory(
  root: Root,
  target: WorkspacePath,
  options: { readonly depth?: number; readonly create?: boolean } = {},
): Promise<HeldDirectory> {
  const depth = options.depth ?? target.segments.length;
  let here = await holdAt(root.real);
  try {
    for (const [index, name] of target.segments.slice(0, depth).entries()) {
      const next = await stepDown({
        root,
        target,
        here,
        index,
        name,
        create: options.create === true,
      });
      await here[Symbol.asyncDispose]();
      here = next;
    }
    return here;
  } catch (error) {
    await here[Symbol.asyncDispose]();
    throw error;
  }
}

interface Step {
  readonly root: Root;
  readonly target: WorkspacePath;
  readonly here: HeldDirectory;
  readonly index: number;
  readonly name: string;
  readonly create: boolean;
}

async function stepDown(step: Step): Promise<HeldDirectory> {
  const { root, target, here, index, name } = step;
  let stats = await statsAt(here, name);
  if (stats === undefined && step.create) {
    await makeDirectory(here, name);
    stats = await statsAt(here, name);
  }
  if (stats === undefined) throw await missing(here, target, index);
  if (stats.isSymbolicLink()) throw await otherName(root, target, index);
  if (!stats.isDirectory()) {
    if (index === target.segments.length - 1)
      throw new Refusal(`${quote(target.text)} is not a folder.`);
    const part = target.segments.slice(0, index + 1).join('/');
    throw new Refusal(`${quote(target.text)} does not exist: ${quote(part)} is not a folder.`);
  }
  await checkSpelling({ here, target, index, stats });
  return await here.enter(name);
}

/** What the last segment of `target` is in `parent`: undefined if absent; everything but a regular file is refused. */
export async function regularFileAt(
  root: Root,
  parent: HeldDirectory,
  target: WorkspacePath,
): Promise<BigIntStats | undefined> {
  const index = target.segments.length - 1;
  const stats = await statsAt(parent, lastSegment(target));
  if (stats === undefined) return undefined;
  if (stats.isSymbolicLink()) throw await otherName(root, target, index);
  if (stats.isDirectory())
    throw new Refusal(
      `${quote(target.text)} is a folder, not a file; list_files shows what is in it.`,
    );
  if (!stats.isFile()) throw notRegular(target);
  await checkSpelling({ here: parent, target, index, stats });
  return stats;
}

/** Opens the regular file `target` for reading (E1–E3). */
export async function openFile(root: Root, target: WorkspacePath): Promise<OpenFile> {
  const index = target.segments.length - 1;
  await using parent = await holdDirectory(root, target, { depth: index });
  if ((await regularFileAt(root, parent, target)) === undefined)
    throw await missing(parent, target, index);
  const handle = await open(parent.at(lastSegment(target)), READ_FILE);
  try {
    // It may have been swapped since it was looked at: the open file is what counts (E2).
    const stats = await handle.stat({ bigint: true });
    if (!stats.isFile()) throw notRegular(target);
    await parent.confirm();
    return { handle, stats, [Symbol.asyncDispose]: async () => await handle.close() };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

export async function isDirectory(root: Root, target: WorkspacePath): Promise<boolean> {
  const depth = target.segments.length - 1;
  if (depth < 0) return true;
  await using parent = await holdDirectory(root, target, { depth });
  return (await statsAt(parent, lastSegment(target)))?.isDirectory() === true;
}

export function lastSegment(target: WorkspacePath): string {
  return target.segments.at(-1) ?? '';
}

/** lstat of an entry; undefined if there is none. */
export async function statsAt(here: HeldDirectory, name: string): Promise<BigIntStats | undefined> {
  try {
    return await lstat(here.at(name), { bigint: true });
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function makeDirectory(here: HeldDirectory, name: string): Promise<void> {
  await here.confirm();
  try {
    await mkdir(here.at(name));
  } catch (error) {
    // Another call made it first: just as good.
    if (systemCode(error) !== 'EEXIST') throw error;
  }
}

function notRegular(target: WorkspacePath): Refusal {
  return new Refusal(
    `${quote(target.text)} is not a regular file (a device, socket or pipe); it is not opened.`,
  );
}

/** The refusal for a path with a symlink at segment `index`: names the real path, if that is inside the root (E3). */
async function otherName(root: Root, target: WorkspacePath, index: number): Promise<Refusal> {
  const link = target.segments.slice(0, index + 1).join('/');
  const real = await whereItLeads(root, target, index);
  if (real === undefined) {
    return new Refusal(
      `${quote(target.text)} cannot be used: ${quote(link)} is a symlink that leads nowhere.`,
    );
  }
  const inside = segmentsBelow(root.real, real);
  if (inside === undefined) {
    return new Refusal(
      `${quote(target.text)} is outside the workspace: ${quote(link)} is a symlink that leads out of it.`,
    );
  }
  return new Refusal(
    `${quote(target.text)} goes through the symlink ${quote(link)}: use the file's own path, ${quote(shown(inside.join('/')))}.`,
  );
}

async function whereItLeads(
  root: Root,
  target: WorkspacePath,
  index: number,
): Promise<string | undefined> {
  const whole = await realPathOf(root, target.segments);
  if (whole !== undefined) return whole;
  const linked = await realPathOf(root, target.segments.slice(0, index + 1));
  return linked === undefined ? undefined : path.join(linked, ...target.segments.slice(index + 1));
}

async function realPathOf(root: Root, segments: readonly string[]): Promise<string | undefined> {
  try {
    return await realpath(path.join(root.real, ...segments));
  } catch (error) {
    if (systemCode(error) !== undefined) return undefined;
    throw error;
  }
}

interface Spelled {
  readonly here: HeldDirectory;
  readonly target: WorkspacePath;
  readonly index: number;
  readonly stats: BigIntStats;
}

/**
 * Refuses a name that the file system takes for another (E3). A directory ignores case (or Unicode composition) if a
 * differently spelled name leads to the same inode; only then is it listed, to learn how the name is really spelled.
 */
async function checkSpelling(spelled: Spelled): Promise<void> {
  const { here, target, index, stats } = spelled;
  const name = target.segments[index] ?? '';
  for (const variant of new Set([swapCase(name), name.normalize('NFC'), name.normalize('NFD')])) {
    if (variant === name) continue;
    const other = await statsAt(here, variant);
    if (other === undefined || other.ino !== stats.ino || other.dev !== stats.dev) continue;
    const names = await readdir(here.self);
    // Two real names of one inode are hard links: different entries, each with its own spelling.
    if (names.includes(name)) return;
    const fold = (text: string) => text.normalize('NFC').toLowerCase();
    const own = names.find((candidate) => fold(candidate) === fold(name)) ?? name;
    const right = [
      ...target.segments.slice(0, index),
      own,
      ...target.segments.slice(index + 1),
    ].join('/');
    throw new Refusal(
      `${quote(target.text)} is spelled ${quote(right)} in the workspace: use that path.`,
    );
  }
}

function swapCase(name: string): string {
  const upper = name.toUpperCase();
  return upper === name ? name.toLowerCase() : upper;
}

/** The refusal for a path whose segment `index` does not exist in `here`: names the nearest entry that does. */
async function missing(
  here: HeldDirectory,
  target: WorkspacePath,
  index: number,
): Promise<Refusal> {
  const name = target.segments[index] ?? '';
  const before = target.segments.slice(0, index);
  const near = (await readdir(here.self))
    .slice(0, MAX_FOLDER_ENTRIES)
    .map((candidate) => ({ candidate, far: distance(candidate.toLowerCase(), name.toLowerCase()) }))
    .filter(({ far }) => far <= Math.max(1, Math.floor(name.length / 4)))
    .sort((a, b) => a.far - b.far)[0]?.candidate;
  const hint =
    near === undefined
      ? 'find_files and list_files show what there is.'
      : `Did you mean ${quote([...before, near].join('/'))}?`;
  return new Refusal(
    `${quote(target.text)} does not exist: there is no ${quote(name)} in ${quote(shown(before.join('/')))}. ${hint}`,
  );
}
