import { mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { folderName, removeOldFolders } from '../../src/record/old-results.ts';
import { ResultFolder, type Kept } from '../../src/record/result-folder.ts';
import { folderWith } from '../config/folder.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

interface Opened {
  readonly root: string;
  readonly warnings: string[];
  readonly folder: ResultFolder;
  readonly keep: (name: string, text: string) => Promise<Kept>;
}

async function open(above?: string, maxBytes = 1000): Promise<Opened> {
  const root = join(above ?? (await folderWith()), 'mcp-fanout', 'results');
  const warnings: string[] = [];
  const onWarning = (message: string): number => warnings.push(message);
  const folder = new ResultFolder({ root, onWarning, maxBytes });
  const keep = (name: string, text: string): Promise<Kept> =>
    folder.write(name, [Buffer.from(text)], Buffer.byteLength(text));
  return { root, warnings, folder, keep };
}

const pathOf = (kept: Kept): string => (kept.kind === 'kept' ? kept.path : `lost: ${kept.reason}`);
const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

/** The id of a process that has ended. */
const ENDED = spawnSync(process.execPath, ['--version']).pid;

test('what is kept is its owner’s alone, in a folder that is made when it is first needed', async () => {
  const { root, keep, warnings } = await open();
  await expect(stat(root)).rejects.toMatchObject({ code: 'ENOENT' });
  const path = pathOf(await keep('r1-1.txt', 'whole'));
  expect(await readFile(path, 'utf8')).toBe('whole');
  expect(await modeOf(path)).toBe(0o600);
  expect(await modeOf(dirname(path))).toBe(0o700);
  expect(await modeOf(root)).toBe(0o700);
  expect(dirname(pathOf(await keep('r1-2.txt', 'more')))).toBe(dirname(path));
  expect(warnings).toEqual([]);
});

test('two runs at once have a folder each', async () => {
  const above = await folderWith();
  const [one, other] = await Promise.all([open(above), open(above)]);
  const paths = await Promise.all([one.keep('r1-1.txt', 'one'), other.keep('r1-1.txt', 'other')]);
  const [a = '', b = ''] = paths.map(pathOf);
  expect(dirname(a)).not.toBe(dirname(b));
  expect([await readFile(a, 'utf8'), await readFile(b, 'utf8')]).toEqual(['one', 'other']);
});

test('a file of the same name is replaced, and a link in its place is not followed', async () => {
  const { keep, root } = await open();
  const path = pathOf(await keep('r1-1.txt', 'before'));
  expect(pathOf(await keep('r1-1.txt', 'after'))).toBe(path);
  expect(await readFile(path, 'utf8')).toBe('after');
  const victim = join(root, 'victim');
  await writeFile(victim, 'untouched');
  await symlink(victim, join(dirname(path), 'r1-2.txt'));
  await keep('r1-2.txt', 'own');
  expect(await readFile(victim, 'utf8')).toBe('untouched');
});

test('of two at once of the same name the later one is begun when the earlier is there, and stands', async () => {
  const { folder, warnings } = await open();
  const order: string[] = [];
  function* pieces(text: string): Generator<Buffer> {
    order.push(`${text} begins`);
    for (let count = 0; count < 100; count += 1) yield Buffer.from(text);
    order.push(`${text} ends`);
  }
  const both = ['a', 'b'].map((text) => folder.write('r1-1.txt', pieces(text), 100));
  const [path = '', again] = (await Promise.all(both)).map(pathOf);
  expect(again).toBe(path);
  expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
  expect(await readFile(path, 'utf8')).toBe('b'.repeat(100));
  expect(warnings).toEqual([]);
});

test('a folder that is a link is not used', async () => {
  const above = await folderWith();
  const elsewhere = await folderWith();
  await mkdir(join(above, 'mcp-fanout'));
  await symlink(elsewhere, join(above, 'mcp-fanout', 'results'));
  const { keep, warnings } = await open(above);
  expect(await keep('r1-1.txt', 'x')).toMatchObject({ kind: 'lost' });
  expect(warnings[0]).toContain('no folder, or a link to one');
  expect(await readdir(elsewhere)).toEqual([]);
});

test('a folder that others may look into is closed to them', async () => {
  const above = await folderWith();
  await mkdir(join(above, 'mcp-fanout', 'results'), { recursive: true, mode: 0o755 });
  const { keep, root } = await open(above);
  expect(await keep('r1-1.txt', 'x')).toMatchObject({ kind: 'kept' });
  expect(await modeOf(root)).toBe(0o700);
});

test('where nothing can be written, each loss is told to its caller, and one warning to the person', async () => {
  const above = await folderWith({ 'mcp-fanout': 'a file where the folder should be' });
  const { keep, warnings } = await open(above);
  for (const name of ['r1-1.txt', 'r1-2.txt'])
    expect(await keep(name, 'x')).toMatchObject({ kind: 'lost' });
  expect(warnings).toHaveLength(1);
});

test('one run keeps no more than its limit; what is smaller still fits', async () => {
  const { keep, warnings } = await open(undefined, 100);
  expect(await keep('r1-1.txt', 'x'.repeat(60))).toMatchObject({ kind: 'kept' });
  expect(await keep('r1-2.txt', 'x'.repeat(60))).toMatchObject({
    kind: 'lost',
    reason: 'this run already keeps 60 bytes; the limit is 100',
  });
  expect(await keep('r1-3.txt', 'x'.repeat(40))).toMatchObject({ kind: 'kept' });
  expect(warnings).toHaveLength(1);
});

test('a file that fails half-way leaves nothing behind', async () => {
  const { keep, folder } = await open();
  const path = pathOf(await keep('r1-1.txt', 'whole'));
  function* broken(): Generator<Buffer> {
    yield Buffer.from('half');
    throw new Error('no space left');
  }
  expect(await folder.write('r1-2.txt', broken(), 8)).toEqual({
    kind: 'lost',
    reason: 'no space left',
  });
  expect(await readdir(dirname(path))).toEqual(['r1-1.txt']);
});

async function runFolder(
  root: string,
  name: string,
  { bytes = 10, ageMs = 0 }: { readonly bytes?: number; readonly ageMs?: number } = {},
): Promise<void> {
  const path = join(root, name);
  await mkdir(path);
  await writeFile(join(path, 'r1-1.txt'), 'x'.repeat(bytes));
  const time = (Date.now() - ageMs) / 1000;
  await utimes(path, time, time);
}

test('folders of ended runs go when they are a week old, others never', async () => {
  const root = await folderWith();
  const name = (day: number, pid: number): string =>
    folderName(new Date(Date.UTC(2026, 0, day)), pid, '0123abcd');
  await runFolder(root, name(1, ENDED), { ageMs: 8 * DAY_MS });
  await runFolder(root, name(2, process.pid), { ageMs: 8 * DAY_MS });
  await runFolder(root, name(3, ENDED), { ageMs: 6 * DAY_MS });
  await runFolder(root, 'somebody-else’s', { ageMs: 80 * DAY_MS });
  await removeOldFolders(root);
  expect((await readdir(root)).toSorted()).toEqual(
    [name(2, process.pid), name(3, ENDED), 'somebody-else’s'].toSorted(),
  );
});

test('when they take too much together, the oldest go first', async () => {
  const root = await folderWith();
  const names = [1, 2, 3, 4].map((day) =>
    folderName(new Date(Date.UTC(2026, 0, day)), ENDED, '0123abcd'),
  );
  for (const name of names) await runFolder(root, name, { bytes: 100 });
  await removeOldFolders(root, { maxAgeMs: Infinity, maxTotalBytes: 250 });
  expect(await readdir(root)).toEqual(names.slice(2));
});

test('a link that looks like a run’s folder is left alone, and so is what it points to', async () => {
  const root = await folderWith();
  const precious = await folderWith({ 'r1-1.txt': 'precious' });
  const link = folderName(new Date(0), ENDED, '0123abcd');
  await symlink(precious, join(root, link));
  await removeOldFolders(root, { maxAgeMs: -1, maxTotalBytes: 0 });
  expect(await readdir(root)).toEqual([link]);
  expect(await readFile(join(precious, 'r1-1.txt'), 'utf8')).toBe('precious');
});

test('a new run removes what is old', async () => {
  const above = await folderWith();
  const first = await open(above);
  const path = pathOf(await first.keep('r1-1.txt', 'x'));
  const old = folderName(new Date(0), ENDED, '0123abcd');
  await runFolder(first.root, old, { ageMs: 8 * DAY_MS });
  const second = await open(above);
  await second.keep('r1-1.txt', 'y');
  const left = await readdir(first.root);
  expect(left).toHaveLength(2);
  expect(left).not.toContain(old);
  // This process lives, and so its first run stays.
  expect(left).toContain(basename(dirname(path)));
});
