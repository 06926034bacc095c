import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { renameSync, symlinkSync } from 'node:fs';
import { link, lstat, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSession, type Scratch, scratch, type Session } from './workspace-session.ts';

const SECRET = 'top secret';

let folder: Scratch;
let session: Session;

beforeAll(async () => {
  folder = await scratch({
    'plain.txt': 'plain\n',
    'real/inside.txt': 'inside\n',
    '.git/config': '[core]\n',
    'sub/.git/config': '[core]\n',
  });
  await writeFile(path.join(folder.outside, 'secret.txt'), SECRET);
  await symlink(path.join(folder.outside, 'secret.txt'), folder.at('out-file'));
  await symlink('../outside/secret.txt', folder.at('out-relative'));
  await symlink(folder.outside, folder.at('out-folder'));
  await symlink(path.join(folder.outside, 'not-there.txt'), folder.at('dangling'));
  await symlink('loop', folder.at('loop'));
  await symlink('real', folder.at('in-folder'));
  await symlink('real/inside.txt', folder.at('in-file'));
  await symlink('.git', folder.at('git-link'));
  session = await openSession(folder.root);
});

afterAll(async () => {
  await session[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

/** What must hold after anything that was refused. */
async function expectOutsideUntouched(): Promise<void> {
  expect(await readdir(folder.outside)).toEqual(['secret.txt']);
  expect(await readFile(path.join(folder.outside, 'secret.txt'), 'utf8')).toBe(SECRET);
}

const ESCAPES = [
  '..',
  '../outside/secret.txt',
  'real/../../outside/secret.txt',
  './../outside/secret.txt',
  '/etc/passwd',
  '/',
  'OUTSIDE/secret.txt',
  'out-file',
  'out-relative',
  'out-folder',
  'out-folder/secret.txt',
  'out-folder/new.txt',
  'out-folder/new/er.txt',
  'in-folder/../out-file',
  'dangling',
  'dangling/x',
  'loop',
  'nul\0byte',
  'plain.txt\0',
  '',
];

describe.each(ESCAPES)('a path that does not stay in the workspace, %j', (escape) => {
  const given = () => escape.replace('OUTSIDE', folder.outside);

  test.each(['read_file', 'write_file', 'edit_file', 'list_files', 'find_files', 'search_text'])(
    'is refused by %s',
    async (tool) => {
      const args = {
        read_file: { path: given() },
        write_file: { path: given(), content: 'changed' },
        edit_file: { path: given(), edits: [{ old_text: 'top', new_text: 'changed' }] },
        list_files: { path: given() },
        find_files: { pattern: '*', path: given() },
        search_text: { query: 'secret', path: given() },
      }[tool];
      const { isError, text } = await session.call(tool, args ?? {});
      expect(text).not.toContain(SECRET);
      expect(text).not.toContain('secret.txt:');
      expect(text).not.toContain('/proc/');
      // A path that was given with the outside folder's name may be quoted back, and only that.
      expect(text.replace(given(), '')).not.toContain(folder.outside);
      expect(isError).toBe(true);
      await expectOutsideUntouched();
    },
  );
});

test('a refusal of a path that leads outside says so, of a broken or looping link as well', async () => {
  const why = async (given: string) => (await session.call('read_file', { path: given })).text;
  expect(await why('../outside/secret.txt')).toContain('is outside the workspace');
  expect(await why('/etc/passwd')).toContain('is outside the workspace');
  expect(await why('out-folder/secret.txt')).toContain(
    '"out-folder" is a symlink that leads out of it',
  );
  expect(await why('dangling')).toContain('"dangling" is a symlink that leads nowhere');
  expect(await why('loop')).toContain('symlink');
});

test('searching and listing the whole workspace do not follow symlinks out of it', async () => {
  const found = await session.call('search_text', { query: 'secret' });
  expect(found.data['matches']).toEqual([]);
  const files = await session.call('find_files', { pattern: '*' });
  expect(files.data['paths']).toEqual(['plain.txt', 'real/inside.txt']);
  const tree = await session.call('list_files', { depth: 5 });
  expect(tree.text).toContain('out-folder  (symlink)');
  expect(tree.text).not.toContain('secret.txt');
});

describe('one file has one spelling in the tools that declare path as their key', () => {
  const SPELLINGS = [
    ['./plain.txt', 'plain.txt'],
    ['plain.txt/', 'plain.txt'],
    ['real//inside.txt', 'real/inside.txt'],
    ['real/./inside.txt', 'real/inside.txt'],
    ['real/../plain.txt', 'plain.txt'],
    ['in-file', 'real/inside.txt'],
    ['in-folder/inside.txt', 'real/inside.txt'],
    ['in-folder/new.txt', 'real/new.txt'],
    ['ROOT/plain.txt', 'plain.txt'],
  ] as const;

  test.each(SPELLINGS)('%s is refused by naming %s', async (spelling, right) => {
    const given = spelling.replace('ROOT', folder.root);
    for (const [tool, args] of [
      ['read_file', {}],
      ['write_file', { content: 'x' }],
      ['edit_file', { edits: [{ old_text: 'a', new_text: 'b' }] }],
    ] as const) {
      const { isError, text } = await session.call(tool, { path: given, ...args });
      expect(isError).toBe(true);
      expect(text).toContain(`use ${JSON.stringify(right)}`.replace('use ', ''));
    }
    expect(await readdir(folder.at('real'))).toEqual(['inside.txt']);
    expect(await readFile(folder.at('plain.txt'), 'utf8')).toBe('plain\n');
  });

  test('the other tools take such paths, and answer with the real ones', async () => {
    const listed = await session.call('list_files', { path: './in-folder/' });
    expect(listed.data['entries']).toEqual([{ path: 'real/inside.txt', type: 'file', size: 7 }]);
    const found = await session.call('search_text', { query: 'inside', path: 'in-file' });
    expect(found.data['matches']).toEqual([{ path: 'real/inside.txt', line: 1, text: 'inside' }]);
    const absolute = await session.call('find_files', { pattern: '*', path: folder.at('real') });
    expect(absolute.data['paths']).toEqual(['real/inside.txt']);
  });

  test.runIf(process.platform === 'linux')(
    'hard links are different files with spellings of their own, even if those differ in case only',
    async () => {
      await using linked = await scratch({ first: 'x\n' });
      await link(linked.at('first'), linked.at('FIRST'));
      await using own = await openSession(linked.root);
      expect(await own.call('read_file', { path: 'first' })).toMatchObject({ text: 'x\n' });
      expect(await own.call('read_file', { path: 'FIRST' })).toMatchObject({ text: 'x\n' });
    },
  );
});

describe("git's own folder", () => {
  test.each([
    '.git/config',
    '.git/hooks/pre-commit',
    'sub/.git/config',
    '.GIT/config',
    'new/.git/x',
    '.git',
  ])('is not written: %s', async (given) => {
    const written = await session.call('write_file', { path: given, content: 'x' });
    expect(written).toMatchObject({ isError: true });
    expect(written.text).toContain("git's own folder");
    const edits = [{ old_text: 'core', new_text: 'x' }];
    expect(await session.call('edit_file', { path: given, edits })).toMatchObject({
      isError: true,
    });
    expect(await readFile(folder.at('.git/config'), 'utf8')).toBe('[core]\n');
  });

  test('is not written through a link to it, but may be read', async () => {
    const through = await session.call('write_file', { path: 'git-link/config', content: 'x' });
    expect(through).toMatchObject({ isError: true });
    expect(await session.call('read_file', { path: '.git/config' })).toMatchObject({
      text: '[core]\n',
    });
  });
});

describe.skipIf(process.platform === 'win32')('what is no regular file', () => {
  test('a FIFO and a socket are refused at once by every tool that would open them', async () => {
    await using special = await scratch();
    // Part of every Unix, and nothing that an npm package brings.
    const command = 'mkfifo';
    execFileSync(command, [special.at('fifo')]);
    const listener = createServer();
    await new Promise<void>((resolve) => listener.listen(special.at('sock'), resolve));
    await using own = await openSession(special.root);
    for (const name of ['fifo', 'sock']) {
      for (const [tool, args] of [
        ['read_file', { path: name }],
        ['write_file', { path: name, content: 'x' }],
        ['edit_file', { path: name, edits: [{ old_text: 'a', new_text: 'b' }] }],
        ['search_text', { path: name, query: 'x' }],
      ] as const) {
        const { isError, text } = await own.call(tool, args);
        expect(isError).toBe(true);
        expect(text).toContain('not a regular file');
      }
    }
    expect((await lstat(special.at('fifo'))).isFIFO()).toBe(true);
    expect(await own.call('search_text', { query: 'x' })).toMatchObject({ data: { matches: [] } });
    const tree = await own.call('list_files', {});
    expect(tree.text).toContain('fifo  (not a regular file)');
    listener.close();
  });

  test('a folder is refused as a file, and a file as a folder', async () => {
    expect((await session.call('read_file', { path: 'real' })).text).toContain('is a folder');
    const over = await session.call('write_file', { path: 'real', content: 'x' });
    expect(over.text).toContain('is a folder');
    const below = await session.call('write_file', { path: 'plain.txt/x', content: 'x' });
    expect(below.text).toContain('"plain.txt" is not a folder');
    expect((await session.call('list_files', { path: 'plain.txt' })).text).toContain(
      'not a folder',
    );
  });
});

// Elsewhere than on Linux a small race remains; held-directory.ts says which.
test.runIf(process.platform === 'linux')(
  'a parent swapped for a symlink out of the workspace never lets a read or write through',
  async () => {
    await using race = await scratch({ 'dir/file.txt': 'inside' });
    await writeFile(path.join(race.outside, 'file.txt'), SECRET);
    symlinkSync(race.outside, race.at('lure'));
    await using own = await openSession(race.root);
    const going = { calls: 24 };
    const calls = Array.from({ length: going.calls }, async (_, index) => {
      const answers = [];
      for (let round = 0; round < 6; round += 1) {
        answers.push(await own.call('read_file', { path: 'dir/file.txt' }));
        answers.push(await own.call('write_file', { path: `dir/w${index}.txt`, content: 'w' }));
        answers.push(await own.call('search_text', { path: 'dir', query: 's', max_results: 5 }));
        answers.push(await own.call('list_files', { path: 'dir' }));
      }
      going.calls -= 1;
      return answers;
    });
    const settled = Promise.all(calls);
    // Listened to from the start, in case the loop below fails.
    settled.catch(() => undefined);
    let swaps = 0;
    while (going.calls > 0) {
      renameSync(race.at('dir'), race.at('parked'));
      takePlace(race, 'lure');
      await new Promise((resolve) => setImmediate(resolve));
      renameSync(race.at('dir'), race.at('lure'));
      takePlace(race, 'parked');
      await new Promise((resolve) => setImmediate(resolve));
      swaps += 1;
    }
    const answers = (await settled).flat();
    // The race was on: both sides of the swap were met.
    expect(swaps).toBeGreaterThan(50);
    expect(answers.some((answer) => answer.isError)).toBe(true);
    expect(answers.some((answer) => !answer.isError)).toBe(true);
    for (const { text, data } of answers) {
      expect(`${text}${JSON.stringify(data)}`).not.toContain(SECRET);
    }
    expect(await readdir(race.outside)).toEqual(['file.txt']);
    expect(await readFile(path.join(race.outside, 'file.txt'), 'utf8')).toBe(SECRET);
  },
);

/** Renames to `dir`; a folder that a write may just have made there goes out of the way. */
function takePlace(race: Scratch, from: string): void {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    try {
      renameSync(race.at(from), race.at('dir'));
      return;
    } catch {
      renameSync(race.at('dir'), race.at(`aside-${randomUUID()}`));
    }
  }
  throw new Error(`${from} could not take the place of dir`);
}

test('the root itself may be named through a symlink', async () => {
  await using linked = await scratch({ 'a.txt': 'a' });
  await mkdir(path.join(linked.outside, 'deep'));
  const name = path.join(linked.outside, 'deep', 'link');
  await symlink(linked.root, name);
  await using own = await openSession(name);
  expect(await own.call('read_file', { path: 'a.txt' })).toMatchObject({ text: 'a' });
  const absolute = await own.call('read_file', { path: path.join(name, 'a.txt') });
  expect(absolute.text).toContain('use "a.txt"');
});
