import { chmod, readFile, rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSession, type Scratch, scratch, type Session } from './git-session.ts';

const FILES = { 'a.txt': 'a\n', 'b.txt': 'b\n', 'folder/c.txt': 'c\n' };

/** Plants a hook; what it prints and how it ends is a shell script. */
async function plantHook(folder: Scratch, name: string, script: string): Promise<void> {
  await folder.write({ [`.git/hooks/${name}`]: `#!/bin/sh\n${script}\n` });
  await chmod(folder.at('.git/hooks', name), 0o755);
}

function committedFiles(folder: Scratch): string[] {
  return folder.git('show', '--format=', '--name-status', '--no-renames', 'HEAD').split('\n');
}

describe('commit', () => {
  test('commits exactly the files named, as they are, and leaves the rest as it was', async () => {
    await using folder = await scratch(FILES);
    await folder.write({
      'a.txt': 'changed\n',
      'b.txt': 'staged by somebody\n',
      'new file.txt': 'new\n',
      'other.txt': 'stays untracked\n',
    });
    folder.git('add', 'b.txt');
    await rm(folder.at('folder/c.txt'));
    await using session = await openSession(folder);
    const message = 'Change two, drop one\n\n# not a comment\nlast line\n';
    const paths = ['a.txt', './new file.txt', folder.at('folder/c.txt')];
    const { data, text, isError } = await session.call('commit', { message, paths });
    expect(isError).toBe(false);
    expect(data).toEqual({
      commit: folder.git('rev-parse', 'HEAD'),
      branch: 'main',
      subject: 'Change two, drop one',
      files: [
        { path: 'a.txt', change: 'modified', added: 1, removed: 1 },
        { path: 'folder/c.txt', change: 'deleted', added: 0, removed: 1 },
        { path: 'new file.txt', change: 'added', added: 1, removed: 0 },
      ],
    });
    expect(text).toContain(
      `Committed ${data['commit'].slice(0, 10)} on main: Change two, drop one`,
    );
    expect(committedFiles(folder)).toEqual(['M\ta.txt', 'D\tfolder/c.txt', 'A\tnew file.txt']);
    expect(folder.git('log', '-1', '--format=%B%an <%ae>')).toBe(
      'Change two, drop one\n\n# not a comment\nlast line\nAnn Author <ann@example.com>',
    );
    expect(folder.git('status', '--porcelain')).toBe('M  b.txt\n?? other.txt');
  });

  test('commits the first commit, and on no branch', async () => {
    await using folder = await scratch();
    await folder.write({ 'a.txt': 'a\n' });
    await using session = await openSession(folder);
    const first = await session.call('commit', { message: 'First', paths: ['a.txt'] });
    expect(first.data).toMatchObject({ branch: 'main', files: [{ path: 'a.txt', added: 1 }] });
    folder.git('checkout', '--quiet', '--detach');
    await folder.write({ 'a.txt': 'b\n' });
    const second = await session.call('commit', { message: 'Second', paths: ['a.txt'] });
    expect(second.isError).toBe(false);
    expect(second.data).not.toHaveProperty('branch');
    expect(second.text).toContain('on no branch');
  });

  test('takes names literally, whatever characters they contain', async () => {
    await using folder = await scratch({ 'x.txt': 'x\n' });
    const odd = ['*.txt', '--amend', ':(top)x.txt', ' lead', 'ü"\n.txt'];
    await folder.write({ 'x.txt': 'changed, not to be committed\n' });
    await folder.write(Object.fromEntries(odd.map((name) => [name, name])));
    await using session = await openSession(folder);
    const { data, isError } = await session.call('commit', { message: '--amend', paths: odd });
    expect(isError).toBe(false);
    expect(data['files'].map(({ path }: { path: string }) => path).sort()).toEqual(odd.toSorted());
    expect(folder.git('log', '--format=%s')).toBe('--amend\nFirst');
    expect(folder.git('status', '--porcelain')).toBe(' M x.txt');
  });

  test('runs one after the other what comes at once: every commit is made', async () => {
    await using folder = await scratch(FILES);
    await using session = await openSession(folder);
    const names = Array.from({ length: 6 }, (_, index) => `file-${index}.txt`);
    await folder.write(Object.fromEntries(names.map((name) => [name, name])));
    const answers = await Promise.all(
      names.map(async (name) => await session.call('commit', { message: name, paths: [name] })),
    );
    expect(answers.map(({ isError }) => isError)).toEqual(names.map(() => false));
    expect(new Set(folder.git('log', '-6', '--format=%s').split('\n'))).toEqual(new Set(names));
  });

  test('lets hooks work as the user’s git would, and tells what they say', async () => {
    await using folder = await scratch(FILES);
    const seen = `${folder.base}/seen`;
    await plantHook(
      folder,
      'pre-commit',
      'git diff --cached --name-only -- "*.txt"; echo checked >&2',
    );
    await plantHook(folder, 'commit-msg', 'echo "Signed-off-by: hook" >> "$1"');
    await plantHook(folder, 'post-commit', `env > ${seen}`);
    await folder.write({ 'a.txt': 'changed\n' });
    await using session = await openSession(folder, {
      env: { LANG: 'xx_XX', GIT_DIR: '/nowhere' },
    });
    const { data, isError } = await session.call('commit', { message: 'Hooked', paths: ['a.txt'] });
    expect(isError).toBe(false);
    expect(data['notes'].join('\n')).toContain('a.txt\nchecked');
    expect(folder.git('log', '-1', '--format=%B')).toContain('Signed-off-by: hook');
    const environment = await readFile(seen, 'utf8');
    expect(environment).toContain('LANG=xx_XX\n');
    expect(environment).not.toContain('LC_ALL');
    expect(environment).not.toContain('/nowhere');
  });

  test('a hook that refuses is quoted, and nothing is committed', async () => {
    await using folder = await scratch(FILES);
    await plantHook(folder, 'pre-commit', 'echo "lint: a.txt is ugly"; exit 1');
    await folder.write({ 'a.txt': 'changed\n' });
    await using session = await openSession(folder);
    const { text, isError } = await session.call('commit', { message: 'Ugly', paths: ['a.txt'] });
    expect(isError).toBe(true);
    expect(text).toContain('lint: a.txt is ugly');
    expect(text).toContain('Nothing was committed');
    expect(folder.git('log', '--format=%s')).toBe('First');
  });

  test('what a hook leaves behind in the background does not hold up the answer', async () => {
    await using folder = await scratch(FILES);
    const pidFile = `${folder.base}/pid`;
    await plantHook(folder, 'post-commit', `sleep 300 & echo $! > ${pidFile}`);
    await folder.write({ 'a.txt': 'changed\n' });
    await using session = await openSession(folder);
    const { isError } = await session.call('commit', { message: 'Left behind', paths: ['a.txt'] });
    expect(isError).toBe(false);
    // It was the user's to start and goes on: nothing but what a call is waiting for is ended.
    process.kill(Number(await readFile(pidFile, 'utf8')), 'SIGKILL');
  });

  test('a lock of another git is told, and nothing is lost', async () => {
    await using folder = await scratch(FILES);
    await folder.write({ 'a.txt': 'changed\n', '.git/index.lock': '' });
    await using session = await openSession(folder);
    const { text, isError } = await session.call('commit', { message: 'm', paths: ['a.txt'] });
    expect(isError).toBe(true);
    expect(text).toContain('index.lock');
    // Reading goes on meanwhile.
    expect((await session.call('diff')).data['files']).toHaveLength(1);
  });
});

describe('a commit is refused, and nothing is staged', () => {
  let folder: Scratch;
  let session: Session;

  beforeAll(async () => {
    folder = await scratch({ ...FILES, 'gone/d.txt': 'd\n', '.gitignore': '*.log\n' });
    await folder.write({ 'a.txt': 'changed\n', 'debug.log': 'x' });
    await rm(folder.at('gone'), { recursive: true });
    session = await openSession(folder);
  });

  afterAll(async () => {
    await session[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  test.each([
    ['without a message', { message: '' }, 'The message is empty.'],
    ['with a blank message', { message: ' \n\t' }, 'The message is empty.'],
    ['with a NUL in its message', { message: 'a\0b' }, 'NUL'],
    ['with an endless message', { message: 'm'.repeat(20_001) }, 'longer than 20000'],
    ['without paths', { paths: [] }, 'paths is empty.'],
    ['with very many paths', { paths: Array.from({ length: 501 }, () => 'a.txt') }, 'in parts'],
    ['of everything', { paths: ['.'] }, '"." is a folder. Name each file'],
    ['of a folder', { paths: ['folder'] }, '"folder" is a folder. Name each file'],
    ['of a deleted folder', { paths: ['gone'] }, '"gone/d.txt" would be committed, too'],
    ['from outside', { paths: ['../x'] }, 'without ".."'],
    ['of an unchanged file', { paths: ['a.txt', 'b.txt'] }, '"b.txt" is as in the last commit'],
    ['of an unknown file', { paths: ['a.tx'] }, 'Near it: "a.txt".'],
    ['of an ignored file', { paths: ['debug.log'] }, '"debug.log" is ignored by .gitignore'],
    ['of the insides of git', { paths: ['.git/config'] }, 'there is nothing to commit'],
  ])('%s', async (_, args, why) => {
    const answer = await session.call('commit', { message: 'm', paths: ['a.txt'], ...args });
    expect(answer.text).toContain(why);
    expect(answer.isError).toBe(true);
    expect(folder.git('diff', '--cached', '--name-only')).toBe('');
    expect(folder.git('log', '--format=%s')).toBe('First');
  });
});
