import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, rm, utimes } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { openSession, type Scratch, scratch, type Session } from './git-session.ts';

/**
 * A repository whose own config names programs for every occasion. Each program leaves a mark of its own: a test shows first
 * that git as it is would run it, then that no read of the server does.
 */
interface Trap {
  readonly name: string;
  /** Sets the trap; `program(mark)` is the path of a program that leaves that mark, and passes its input on. */
  readonly set: (folder: Scratch, program: (mark: string) => string) => Promise<void>;
  /** What a user's git would have to do to be trapped. */
  readonly spring: readonly string[];
}

const ATTRIBUTES = '.git/info/attributes';

const TRAPS: readonly Trap[] = [
  {
    name: 'fsmonitor',
    set: async (folder, program) => {
      folder.git('config', 'core.fsmonitor', program('fsmonitor'));
    },
    spring: ['status'],
  },
  {
    name: 'a hook, through hooksPath',
    set: async (folder, program) => {
      await mkdir(folder.at('.git/traps'));
      await folder.write({
        '.git/traps/post-index-change': `#!/bin/sh\nexec ${program('hook')} </dev/null\n`,
      });
      await chmod(folder.at('.git/traps/post-index-change'), 0o755);
      folder.git('config', 'core.hooksPath', folder.at('.git/traps'));
    },
    spring: ['status'],
  },
  {
    name: 'an external diff',
    set: async (folder, program) => {
      folder.git('config', 'diff.external', program('external'));
    },
    spring: ['diff', 'HEAD~1', 'HEAD'],
  },
  {
    name: 'a diff command by attribute',
    set: async (folder, program) => {
      folder.git('config', 'diff.trap.command', program('command'));
      await folder.write({ [ATTRIBUTES]: '*.txt diff=trap\n' });
    },
    spring: ['diff'],
  },
  {
    name: 'textconv in a diff',
    set: async (folder, program) => {
      folder.git('config', 'diff.trap.textconv', program('textconv'));
      await folder.write({ [ATTRIBUTES]: '*.txt diff=trap\n' });
    },
    spring: ['show', 'HEAD'],
  },
  {
    name: 'textconv in blame',
    set: async (folder, program) => {
      folder.git('config', 'diff.trap.textconv', program('textconv'));
      await folder.write({ [ATTRIBUTES]: '*.txt diff=trap\n' });
    },
    spring: ['blame', 'a.txt'],
  },
  {
    name: 'a clean filter',
    set: async (folder, program) => {
      folder.git('config', 'filter.trap.clean', program('clean'));
      folder.git('config', 'filter.trap.required', 'true');
      await folder.write({ [ATTRIBUTES]: '*.txt filter=trap\n' });
    },
    spring: ['diff'],
  },
  {
    name: 'a filter whose name contains an equals sign and a dot',
    set: async (folder, program) => {
      folder.git('config', 'filter.a.b=c.clean', program('odd'));
      await folder.write({ [ATTRIBUTES]: '*.txt filter=a.b=c\n' });
    },
    spring: ['status'],
  },
  {
    name: 'a filter in a file that the config includes',
    set: async (folder, program) => {
      await folder.write({
        '.git/more': `[filter "trap"]\n\tclean = ${program('included')}\n`,
        [ATTRIBUTES]: '*.txt filter=trap\n',
      });
      folder.git('config', 'include.path', folder.at('.git/more'));
    },
    spring: ['status'],
  },
  {
    name: 'a filter that keeps running',
    set: async (folder, program) => {
      folder.git('config', 'filter.trap.process', program('process'));
      await folder.write({ [ATTRIBUTES]: '*.txt filter=trap\n' });
    },
    spring: ['status'],
  },
  {
    name: 'a signature check',
    set: async (folder, program) => {
      const commit = folder.git('cat-file', 'commit', 'HEAD');
      const signature =
        'gpgsig -----BEGIN PGP SIGNATURE-----\n \n iQEz\n -----END PGP SIGNATURE-----';
      const signed = commit.replace(/^(committer .*)$/m, `$1\n${signature}`);
      const id = execFileSync('git', ['hash-object', '-t', 'commit', '-w', '--stdin'], {
        cwd: folder.repo,
        env: folder.env,
        input: `${signed}\n`,
        encoding: 'utf8',
      });
      folder.git('update-ref', 'refs/heads/main', id.trim());
      folder.git('config', 'log.showSignature', 'true');
      folder.git('config', 'gpg.program', program('gpg'));
    },
    spring: ['log'],
  },
  {
    name: 'an alias',
    set: async (folder, program) => {
      for (const name of ['status', 'log', 'diff', 'show', 'blame', 'trap']) {
        folder.git('config', `alias.${name}`, `!${program('alias')} </dev/null`);
      }
    },
    spring: ['trap'],
  },
  {
    name: 'a merge driver, for merges shown as what they had to resolve',
    set: async (folder, program) => {
      folder.git('checkout', '--quiet', '-b', 'side', 'HEAD~1');
      await folder.commit('Side', { 'a.txt': 'side\n' });
      folder.git('checkout', '--quiet', 'main');
      folder.git('merge', '--quiet', '--strategy=ours', '--no-edit', 'side');
      folder.git('config', 'log.diffMerges', 'remerge');
      folder.git('config', 'merge.trap.driver', program('merge'));
      await folder.write({ [ATTRIBUTES]: '* merge=trap\n' });
    },
    spring: ['show', '-m', 'HEAD'],
  },
  {
    name: 'a promise to fetch what is missing',
    set: async (folder, program) => {
      const id = folder.git('rev-parse', 'HEAD:a.txt');
      await rm(folder.at('.git/objects', id.slice(0, 2), id.slice(2)), { force: true });
      for (const [key, value] of [
        ['core.repositoryformatversion', '1'],
        ['extensions.partialClone', 'origin'],
        ['remote.origin.promisor', 'true'],
        ['remote.origin.url', folder.base],
        ['remote.origin.uploadpack', `${program('fetch')} </dev/null;`],
      ] as const) {
        folder.git('config', key, value);
      }
    },
    spring: ['show', 'HEAD'],
  },
  {
    name: 'the config of a submodule',
    set: async (folder, program) => {
      execFileSync('git', ['init', '--quiet', 'sub'], { cwd: folder.repo, env: folder.env });
      const inside = { cwd: folder.at('sub'), env: folder.env };
      await folder.write({ 'sub/s.txt': '1\n', 'sub/.git/info/attributes': '* filter=trap\n' });
      execFileSync('git', ['add', 's.txt'], inside);
      execFileSync('git', ['commit', '--quiet', '-m', 'sub'], inside);
      await folder.commit('With a submodule', {
        '.gitmodules': '[submodule "sub"]\n\tpath = sub\n\turl = ./sub\n\tignore = none\n',
      });
      await folder.write({ 'sub/s.txt': '2\n' });
      // A setting for all that git calls goes by; a filter of this name only the submodule knows.
      execFileSync('git', ['config', 'filter.trap.clean', program('submodule')], inside);
      folder.git('config', 'diff.ignoreSubmodules', 'none');
      folder.git('config', 'diff.submodule', 'diff');
      folder.git('config', 'status.submoduleSummary', 'true');
    },
    spring: ['status'],
  },
];

/** Every read there is, over both commits and the work tree. */
async function readEverything(session: Session): Promise<void> {
  const both = { from: 'HEAD~1', to: 'HEAD' };
  const calls = [
    ['status', {}],
    ['status', { path: 'a.txt' }],
    ['log', {}],
    ['log', { path: 'a.txt', author: 'a', since: '2020-01-01' }],
    ['diff', {}],
    ['diff', { staged: true }],
    ['diff', { from: 'HEAD' }],
    ['diff', { from: 'HEAD', staged: true }],
    ['diff', both],
    ['diff', { ...both, path: 'a.txt' }],
    ['show', { ref: 'HEAD' }],
    ['show', { ref: 'HEAD', path: 'a.txt' }],
    ['show', { ref: 'HEAD', path: '.' }],
    ['show', { ref: 'HEAD~1' }],
    ['show', { ref: 'unknown' }],
    ['blame', { path: 'a.txt' }],
    ['blame', { path: 'a.txt', ref: 'HEAD' }],
    ['blame', { path: 'unknown' }],
  ] as const;
  await Promise.all(calls.map(async ([name, args]) => await session.call(name, args)));
}

async function trapped(trap: Trap) {
  const folder = await scratch({ 'a.txt': 'one\n', 'b.txt': 'b\n' });
  await folder.commit('Second', { 'a.txt': 'two\n' });
  const marks = path.join(folder.base, 'marks');
  await mkdir(marks);
  await mkdir(path.join(folder.base, 'programs'));
  const programs = new Set<string>();
  const program = (mark: string) => {
    programs.add(mark);
    return path.join(folder.base, 'programs', mark);
  };
  await trap.set(folder, program);
  for (const mark of programs) {
    await folder.write({
      [path.join('..', 'programs', mark)]:
        `#!/bin/sh\ntouch '${path.join(marks, mark)}'\nexec cat\n`,
    });
    await chmod(program(mark), 0o755);
  }
  // Changed in its time and in its content: git has to look into it.
  await folder.write({ 'a.txt': 'three\n' });
  await utimes(folder.at('b.txt'), new Date('2026-01-01'), new Date('2026-01-01'));
  return { folder, marks };
}

describe('a repository whose config names programs', () => {
  test.each(TRAPS)('does not get $name run by any read', async (trap) => {
    const { folder, marks } = await trapped(trap);
    await using _ = folder;
    await using session = await openSession(folder);
    await readEverything(session);
    expect(await readdir(marks)).toEqual([]);
    // The control: the trap works.
    try {
      folder.git(...trap.spring);
    } catch {
      // Whether git is content with what the program does is no matter.
    }
    expect(await readdir(marks)).toHaveLength(1);
  });

  test('with all traps at once reads still answer, and truthfully', async () => {
    await using folder = await scratch({ 'a.txt': 'one\n', 'b.txt': 'b\n' });
    const clean = path.join(folder.base, 'clean');
    await folder.write({
      '../clean': '#!/bin/sh\nexit 1\n',
      [ATTRIBUTES]: '* filter=trap diff=trap\n',
    });
    await chmod(clean, 0o755);
    for (const key of [
      'filter.trap.clean',
      'diff.trap.textconv',
      'diff.external',
      'core.fsmonitor',
    ]) {
      folder.git('config', key, clean);
    }
    folder.git('config', 'filter.trap.required', 'true');
    folder.git('config', 'color.ui', 'always');
    folder.git('config', 'diff.noprefix', 'true');
    folder.git('config', 'status.showUntrackedFiles', 'no');
    await folder.write({ 'a.txt': 'two\n', 'new.txt': 'n\n' });
    await using session = await openSession(folder);
    const status = await session.call('status');
    expect(status.data).toMatchObject({ unstaged: [{ path: 'a.txt' }], untracked: ['new.txt'] });
    const diff = await session.call('diff');
    expect(diff.data['patch']).toContain('--- a/a.txt\n+++ b/a.txt\n@@ -1 +1 @@\n-one\n+two\n');
    const blame = await session.call('blame', { path: 'a.txt' });
    expect(blame.data['lines']).toEqual([{ line: 1, commit: null, text: 'two' }]);
  });
});

describe('options in arguments', () => {
  test('are names that do not exist, and write no file', async () => {
    await using folder = await scratch({ 'a.txt': 'one\n' });
    const target = path.join(folder.base, 'written');
    await using session = await openSession(folder);
    const option = `--output=${target}`;
    const calls = [
      ['log', { ref: option }],
      ['log', { ref: `HEAD..${option}` }],
      ['log', { path: option }],
      ['log', { author: option }],
      ['diff', { from: option }],
      ['diff', { from: 'HEAD', to: option }],
      ['diff', { path: option }],
      ['diff', { from: '-O/etc/passwd' }],
      ['show', { ref: option }],
      ['show', { ref: 'HEAD', path: option }],
      ['blame', { path: option }],
      ['blame', { path: 'a.txt', ref: option }],
      ['blame', { path: 'a.txt', ref: '--contents=/etc/passwd' }],
      ['status', { path: option }],
      ['commit', { message: 'x', paths: [option] }],
    ] as const;
    for (const [name, args] of calls) {
      const { text } = await session.call(name, args);
      expect(text).not.toContain('root:');
      expect([name, args, existsSync(target)]).toEqual([name, args, false]);
    }
    expect(await readdir(folder.repo)).toEqual(['.git', 'a.txt']);
  });

  test('a path that looks like an option or a pattern is a path', async () => {
    const files = { '-p': 'dash\n', '*': 'star\n', ':(top)a.txt': 'colon\n', 'a.txt': 'a\n' };
    await using folder = await scratch(files);
    await using session = await openSession(folder);
    expect((await session.call('show', { ref: 'HEAD', path: '-p' })).text).toBe('dash\n');
    expect((await session.call('show', { ref: 'HEAD', path: '*' })).text).toBe('star\n');
    expect((await session.call('show', { ref: 'HEAD', path: ':(top)a.txt' })).text).toBe('colon\n');
    for (const path of ['-p', '*', ':(top)a.txt']) {
      expect((await session.call('blame', { path })).data['lines']).toHaveLength(1);
    }
    await folder.write({ '-p': '1\n', '*': '2\n', 'a.txt': '3\n' });
    const { data } = await session.call('diff', { path: '*' });
    expect(data['files'].map(({ path }: { path: string }) => path)).toEqual(['*']);
  });
});
