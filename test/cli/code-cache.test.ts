import fs from 'node:fs';
import {
  chmod,
  chown,
  link,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { basename, dirname, join } from 'node:path';
import { createHash, randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { expect, test, vi } from 'vitest';
import { CodeCache } from '../../src/cli/code-cache.ts';
import { folderWith } from '../config/folder.ts';
import { verifies } from '../support/verifies.ts';

vi.mock(import('node:fs'), { spy: true });
// It would know a text that it compiled a moment ago, whatever it is handed.
setFlagsFromString('--no-compilation-cache');

const NAME = 'sum.cjs';
const SOURCE = 'exports.sum = (a, b) => a + b;\n';
const HOUR_MS = 60 * 60 * 1_000;

interface Place {
  readonly directory: string;
  readonly root: string;
  /** One start of the program: compiles its file, uses it, and keeps what is worth it. */
  readonly start: (purpose?: string) => { readonly used: boolean; readonly sum: number };
  /** The file that code is kept in. */
  readonly file: () => Promise<string>;
}

async function place(): Promise<Place> {
  const folder = await folderWith({ [`program/${NAME}`]: SOURCE });
  const directory = join(folder, 'program');
  const root = join(folder, 'cache', 'mcp-fanout', 'code');
  return {
    directory,
    root,
    start: (purpose = 'test') => {
      const cache = new CodeCache({ directory, root, purpose });
      const script = cache.compile(NAME);
      const exported: { sum?: (a: number, b: number) => number } = {};
      (script.runInThisContext() as (exports: object) => void)(exported);
      const sum = exported.sum?.(1, 2) ?? Number.NaN;
      cache.keep();
      // It is `undefined` where V8 was given none.
      return { used: script.cachedDataRejected === false, sum };
    },
    file: async () => {
      const [key = ''] = await readdir(root);
      const [name = ''] = await readdir(join(root, key));
      return join(root, key, name);
    },
  };
}

function sealOf(source: Buffer, code: Buffer): Buffer {
  return createHash('sha256').update(`${source.length}:`).update(source).update(code).digest();
}

const ANEW = { used: false, sum: 3 };
const USED = { used: true, sum: 3 };

test('what one start has compiled is used by the next one', async () => {
  const { start, file } = await place();
  expect(start()).toEqual(ANEW);
  const before = await stat(await file());
  expect(start()).toEqual(USED);
  // What is new is not written again.
  expect((await stat(await file())).mtimeMs).toBe(before.mtimeMs);
});

test('the functions that were called are kept with it, since V8 compiles each when it is called', async () => {
  const { directory, root } = await place();
  const sizes: number[] = [];
  for (const [purpose, isCalled] of [
    ['idle', false],
    ['busy', true],
  ] as const) {
    const cache = new CodeCache({ directory, root, purpose });
    const exported: { sum?: (a: number, b: number) => number } = {};
    (cache.compile(NAME).runInThisContext() as (exports: object) => void)(exported);
    if (isCalled) exported.sum?.(1, 2);
    cache.keep();
    const [key = ''] = await readdir(root);
    sizes.push((await stat(join(root, key, `${purpose}-${NAME}.code`))).size);
  }
  const [idle = 0, busy = 0] = sizes;
  expect(busy).toBeGreaterThan(idle);
});

test('each purpose has code of its own', async () => {
  const { start } = await place();
  start('one');
  expect(start('other')).toEqual(ANEW);
  expect(start('one')).toEqual(USED);
});

verifies('cold:code-own', 'what is written is closed to others, whatever was there', async () => {
  const { start, file, root } = await place();
  await mkdir(root, { recursive: true, mode: 0o777 });
  await chmod(root, 0o777);
  start();
  const path = await file();
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  for (const folder of [dirname(path), root, dirname(root)]) {
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
  }
});

type Fault = readonly [fault: string, plant: (path: string) => Promise<unknown>];

/** Code is kept, something happens to its file, and two more starts follow: the first must not use it. */
function isReplaced(plant: Fault[1]): () => Promise<void> {
  return async () => {
    const { start, file } = await place();
    start();
    await plant(await file());
    expect(start()).toEqual(ANEW);
    expect(start()).toEqual(USED);
  };
}

const STRANGE: Fault[] = [
  ['may be read by others', (path) => chmod(path, 0o644)],
  ['may be written by others', (path) => chmod(path, 0o622)],
  [
    'is a link',
    async (path) => {
      await rename(path, `${path}.real`);
      await symlink(`${path}.real`, path);
    },
  ],
  [
    'is a named pipe',
    async (path) => {
      await rm(path);
      await promisify(execFile)('mkfifo', ['-m', '600', path]);
    },
  ],
  ['has another name elsewhere', (path) => link(path, `${path}.real`)],
  ['is in a folder that others may change', (path) => chmod(dirname(path), 0o722)],
  [
    'is below a folder that others may change',
    (path) => chmod(dirname(dirname(dirname(path))), 0o770),
  ],
];
// Nobody else can give a file away.
if (process.getuid?.() === 0) {
  STRANGE.push(
    ['belongs to another user', (path) => chown(path, 65_534, 65_534)],
    ['is a link to a file of another user', foreignLink],
  );
}

async function foreignLink(path: string): Promise<void> {
  await rename(path, `${path}.real`);
  await chown(`${path}.real`, 65_534, 65_534);
  await symlink(`${path}.real`, path);
}

for (const [fault, plant] of STRANGE) {
  verifies('cold:code-own', `a file that ${fault} is not used, but replaced`, isReplaced(plant));
}

const DAMAGES: readonly Fault[] = [
  ['is empty', (path) => truncate(path, 0)],
  ['is shorter than its hash', (path) => truncate(path, 31)],
  ['lacks its last byte', async (path) => truncate(path, (await stat(path)).size - 1)],
  ['is garbage', (path) => writeFile(path, 'x'.repeat(5_000))],
  [
    'has one wrong bit',
    async (path) => {
      const bytes = await readFile(path);
      bytes.writeUInt8(bytes.readUInt8(bytes.length - 40) ^ 1, bytes.length - 40);
      await writeFile(path, bytes);
    },
  ],
];

for (const [damage, plant] of DAMAGES) {
  verifies('cold:code-exact', `a file that ${damage} is not used, but replaced`, isReplaced(plant));
}

verifies(
  'cold:code-exact',
  'a program that became another one, of the same length and age',
  async () => {
    const { start, directory } = await place();
    start();
    const path = join(directory, NAME);
    const { atime, mtime } = await stat(path);
    await writeFile(path, SOURCE.replace('a + b', 'a * b'));
    await utimes(path, atime, mtime);
    expect(start()).toEqual({ used: false, sum: 2 });
    expect(start()).toEqual({ used: true, sum: 2 });
  },
);

verifies(
  'cold:code-own',
  'nothing is kept behind a link, nor in a folder of another user',
  async () => {
    const { start, root } = await place();
    const elsewhere = await folderWith();
    await mkdir(dirname(root), { recursive: true });
    await symlink(elsewhere, root);
    expect(start()).toEqual(ANEW);
    expect(await readdir(elsewhere)).toEqual([]);
    expect(start()).toEqual(ANEW);
    if (process.getuid?.() !== 0) return;
    await rm(root);
    await mkdir(root, { mode: 0o700 });
    await chown(root, 65_534, 65_534);
    expect(start()).toEqual(ANEW);
    expect(await readdir(root)).toEqual([]);
  },
);

verifies('cold:code-harmless', 'a place that cannot be written costs the gain alone', async () => {
  const { start, root } = await place();
  await mkdir(dirname(dirname(root)), { recursive: true });
  await writeFile(dirname(root), 'no folder');
  expect(start()).toEqual(ANEW);
  expect(start()).toEqual(ANEW);
});

verifies(
  'cold:code-harmless',
  'a full disk costs the gain alone, and no draft is left',
  async () => {
    const { start, file, root } = await place();
    vi.mocked(fs.writeFileSync).mockImplementationOnce(() => {
      throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    });
    expect(start()).toEqual(ANEW);
    const [key = ''] = await readdir(root);
    expect(await readdir(join(root, key))).toEqual([]);
    expect(start()).toEqual(ANEW);
    expect((await stat(await file())).isFile()).toBe(true);
    expect(start()).toEqual(USED);
  },
);

verifies('cold:code-harmless', 'code of another V8 is refused by it, and replaced', async () => {
  const { start, file, directory } = await place();
  start();
  // Whole, and of the same text: as after an exchange of Node in place.
  const path = await file();
  const foreign = (await readFile(path)).subarray(32);
  foreign.writeUInt32LE(foreign.readUInt32LE(4) ^ 0xffff, 4);
  const source = await readFile(join(directory, NAME));
  await writeFile(path, Buffer.concat([sealOf(source, foreign), foreign]));
  expect(start()).toEqual(ANEW);
  expect(start()).toEqual(USED);
});

test('what is older than a day is used once more, and made anew', async () => {
  const { start, file } = await place();
  start();
  const old = new Date(Date.now() - 25 * HOUR_MS);
  await utimes(await file(), old, old);
  expect(start()).toEqual(USED);
  expect((await stat(await file())).mtimeMs).toBeGreaterThan(old.getTime() + HOUR_MS);
});

test('of many programs, those are forgotten that were used least lately', async () => {
  const { start, root } = await place();
  await mkdir(root, { recursive: true });
  const keys = Array.from({ length: 9 }, (_, index) => index.toString(16).repeat(32));
  for (const [index, key] of keys.entries()) {
    await mkdir(join(root, key));
    const at = new Date(Date.now() - (20 - index) * HOUR_MS);
    await utimes(join(root, key), at, at);
  }
  await mkdir(join(root, 'of somebody else'));
  start();
  const left = await readdir(root);
  expect(left).toEqual(expect.arrayContaining(['of somebody else', ...keys.slice(2)]));
  expect(left).toHaveLength(9);
});

test('what programs left that were killed while they wrote is removed, but not what is being written', async () => {
  const { start, file } = await place();
  start();
  const path = await file();
  const [left, written] = [`${path}.${randomUUID()}`, `${path}.${randomUUID()}`];
  for (const draft of [left, written]) await writeFile(draft, 'half of it');
  const old = new Date(Date.now() - HOUR_MS);
  await utimes(left, old, old);
  await truncate(path, 0);
  expect(start()).toEqual(ANEW);
  const names = await readdir(dirname(path));
  expect(names.toSorted()).toEqual([path, written].map((one) => basename(one)).toSorted());
});

test('a folder is not needed: then nothing is kept', async () => {
  const { directory } = await place();
  const cache = new CodeCache({ directory, root: undefined, purpose: 'test' });
  expect(cache.compile(NAME).cachedDataRejected).toBeUndefined();
  cache.keep();
});
