import { readFile, rm, stat, unlink, utimes } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/leaks.ts';
import { ERAS, openSession, type Scratch, scratch, type Session } from './git-session.ts';

const LINES = Array.from({ length: 20 }, (_, index) => `line ${index + 1}\n`);

describe.each(ERAS)('in the %s era', (era) => {
  let folder: Scratch;
  let session: Session;
  const ids: string[] = [];

  beforeAll(async () => {
    folder = await scratch();
    ids.push(
      await folder.commit('First\n\nWith a body.\nOf two lines.', {
        'README.md': '# Title\n',
        'src/lines.txt': LINES.join(''),
        'src/with space/ü "quoted".txt': 'odd name\n',
      }),
      await folder.commit('Second', {
        'src/lines.txt': LINES.join('').replace('line 7', 'line seven'),
        'image.bin': new Uint8Array([0, 1, 2, 3]),
      }),
    );
    folder.git('branch', 'feature');
    folder.git('tag', '-a', '-m', 'annotated', 'v1.0', ids[0] ?? '');
    folder.git('mv', 'README.md', 'MANUAL.md');
    ids.push(await folder.commit('Third', {}));
    session = await openSession(folder, { era });
  });

  afterAll(async () => {
    await session[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  test('the tools are declared truthfully, with schemas for what they return', async () => {
    expect(session.client.getProtocolEra()).toBe(era);
    const { tools } = await session.client.listTools();
    expect(
      tools.map((tool) => [tool.name, tool.annotations?.readOnlyHint, tool.outputSchema?.['type']]),
    ).toEqual([
      ['status', true, 'object'],
      ['diff', true, 'object'],
      ['log', true, 'object'],
      ['show', true, 'object'],
      ['blame', true, 'object'],
      ['commit', false, 'object'],
    ]);
    expect(tools.at(-1)?.annotations).toMatchObject({
      destructiveHint: false,
      idempotentHint: false,
      openWorldHint: false,
    });
    for (const tool of tools) {
      const properties = Object.values(tool.inputSchema.properties ?? {}) as {
        description?: string;
      }[];
      expect(properties.every(({ description }) => (description ?? '') !== '')).toBe(true);
    }
  });

  test('log lists commits, the latest first, with all that they say', async () => {
    const { text, data } = await session.call('log');
    expect(data['commits'].map((commit: { commit: string }) => commit.commit)).toEqual(
      ids.toReversed(),
    );
    expect(data['commits'][2]).toEqual({
      commit: ids[0],
      parents: [],
      author: 'Ann Author',
      email: 'ann@example.com',
      date: '2026-01-01T12:00:00+02:00',
      committed: '2026-01-01T12:00:00+02:00',
      subject: 'First',
      body: 'With a body.\nOf two lines.',
      refs: ['tag: v1.0'],
    });
    expect(data['truncated']).toBe(false);
    expect(text).toContain(
      `${ids[0]?.slice(0, 10)} 2026-01-01T12:00:00+02:00 Ann Author <ann@example.com> (tag: v1.0)\n  First\n    With a body.`,
    );
  });

  test.each([
    [{ path: 'src' }, ['Second', 'First']],
    [{ path: 'src/with space/ü "quoted".txt' }, ['First']],
    [{ path: '*.md' }, []],
    [{ author: 'ANN@EX' }, ['Third', 'Second', 'First']],
    [{ author: 'A.n' }, []],
    [{ since: '2026-01-02' }, ['Third', 'Second']],
    [{ until: '2026-01-02' }, ['Second', 'First']],
    [{ since: '2026-01-02T09:00Z', until: '2026-01-03 09:59:59Z' }, ['Second']],
    [{ since: '1 hour ago' }, []],
    [{ ref: 'feature' }, ['Second', 'First']],
    [{ ref: 'v1.0' }, ['First']],
    [{ ref: 'v1.0..feature' }, ['Second']],
    [{ ref: 'feature..' }, ['Third']],
    [{ ref: 'HEAD...v1.0' }, ['Third', 'Second']],
    [{ ref: 'HEAD^{/Fir}' }, ['First']],
  ])('log with %j lists %j', async (args, subjects) => {
    const { data, isError } = await session.call('log', args);
    expect(isError).toBe(false);
    expect(data['commits'].map(({ subject }: { subject: string }) => subject)).toEqual(subjects);
  });

  test('log says when there is more, and its hint leads on', async () => {
    const { text, data } = await session.call('log', { max: 2 });
    expect(data['commits']).toHaveLength(2);
    expect(data['truncated']).toBe(true);
    expect(text).toContain('There are more; these are the latest 2.');
    const [, until] = /until: "([^"]+)"/.exec(text) ?? [];
    const next = await session.call('log', { until });
    expect(next.data['commits'].map(({ subject }: { subject: string }) => subject)).toEqual([
      'Second',
      'First',
    ]);
  });

  test('show gives a commit with its files and patch; a rename is one', async () => {
    const second = await session.call('show', { ref: 'feature' });
    expect(second.data).toMatchObject({
      kind: 'commit',
      commit: ids[1],
      subject: 'Second',
      files: [
        { path: 'image.bin', change: 'added' },
        { path: 'src/lines.txt', change: 'modified', added: 1, removed: 1 },
      ],
    });
    expect(second.data['files'][0]).not.toHaveProperty('added');
    expect(second.data['patch']).toContain('-line 7\n+line seven\n');
    const third = await session.call('show', { ref: 'HEAD' });
    expect(third.data['files']).toEqual([
      { path: 'MANUAL.md', change: 'renamed', from: 'README.md', added: 0, removed: 0 },
    ]);
  });

  test('show of the first commit is all that it began with', async () => {
    const { data } = await session.call('show', { ref: 'v1.0' });
    expect(data['files'].map(({ path }: { path: string }) => path)).toEqual([
      'README.md',
      'src/lines.txt',
      'src/with space/ü "quoted".txt',
    ]);
  });

  test('show with a path gives a file as it was, or some of its lines', async () => {
    const old = await session.call('show', { ref: 'HEAD~2', path: 'README.md' });
    expect(old).toMatchObject({
      text: '# Title\n',
      data: { kind: 'file', commit: ids[0], path: 'README.md', content: '# Title\n' },
    });
    const lines = { ref: 'main', path: 'src/lines.txt', start_line: 6, end_line: 8 };
    expect((await session.call('show', lines)).data).toMatchObject({
      content: 'line 6\nline seven\nline 8\n',
      start_line: 6,
      truncated: false,
    });
  });

  test('show with a path gives a folder, the top included', async () => {
    const { data } = await session.call('show', { ref: 'HEAD', path: '.' });
    expect(data['entries']).toEqual([
      { path: 'MANUAL.md', type: 'file', size: 8 },
      { path: 'image.bin', type: 'file', size: 4 },
      { path: 'src', type: 'folder', size: 0 },
    ]);
    const deeper = await session.call('show', { ref: 'HEAD', path: 'src/with space/' });
    expect(deeper.data['entries']).toEqual([
      { path: 'src/with space/ü "quoted".txt', type: 'file', size: 9 },
    ]);
  });

  test('diff compares two commits', async () => {
    const { data, text } = await session.call('diff', { from: 'v1.0', to: 'HEAD', path: 'src' });
    expect(data).toMatchObject({
      between: 'from v1.0 to HEAD',
      files: [{ path: 'src/lines.txt', change: 'modified', added: 1, removed: 1 }],
      truncated: false,
    });
    expect(text).toContain('  modified src/lines.txt +1 -1\n');
    expect((await session.call('diff', { from: 'HEAD', to: 'main' })).text).toBe(
      'No difference from HEAD to main.',
    );
  });

  test('blame names for each line the commit that brought it', async () => {
    const args = { path: 'src/lines.txt', start_line: 6, end_line: 8 };
    const { data, text } = await session.call('blame', args);
    expect(data['lines']).toEqual([
      { line: 6, commit: ids[0], text: 'line 6' },
      { line: 7, commit: ids[1], text: 'line seven' },
      { line: 8, commit: ids[0], text: 'line 8' },
    ]);
    expect(data['commits']).toContainEqual({
      commit: ids[1],
      author: 'Ann Author',
      date: '2026-01-02T12:00:00+02:00',
      subject: 'Second',
    });
    expect(text).toContain(`7 ${ids[1]?.slice(0, 10)} 2026-01-02 Ann Author | line seven`);
    const old = await session.call('blame', { path: 'README.md', ref: 'v1.0' });
    expect(old.data['lines']).toEqual([{ line: 1, commit: ids[0], text: '# Title' }]);
  });
});

const FILES = { 'a.txt': 'a\n', 'b.txt': 'b\n', 'folder/c.txt': 'c\n' };

describe('the work tree', () => {
  test('status tells staged, changed, untracked and deleted files apart', async () => {
    await using folder = await scratch({ ...FILES, '.gitignore': '*.log\n' });
    await using session = await openSession(folder);
    expect(await session.call('status')).toMatchObject({
      text: 'On branch main.\nNothing has changed.',
      data: { branch: 'main', clean: true },
    });
    await folder.write({
      'a.txt': 'staged\n',
      'new/one.txt': '1',
      'new/two.txt': '2',
      'x.log': '',
    });
    folder.git('mv', 'b.txt', 'moved to.txt');
    folder.git('add', 'a.txt');
    await folder.write({ 'a.txt': 'staged and changed\n' });
    await unlink(folder.at('folder/c.txt'));
    const { data, text } = await session.call('status');
    expect(data).toMatchObject({
      branch: 'main',
      commit: folder.git('rev-parse', 'HEAD'),
      clean: false,
      staged: [
        { path: 'a.txt', change: 'modified' },
        { path: 'moved to.txt', change: 'renamed', from: 'b.txt' },
      ],
      unstaged: [
        { path: 'a.txt', change: 'modified' },
        { path: 'folder/c.txt', change: 'deleted' },
      ],
      conflicts: [],
      untracked: ['new/one.txt', 'new/two.txt'],
      truncated: false,
    });
    expect(text).toBe(
      [
        'On branch main.',
        'Staged for the next commit:',
        '  modified a.txt',
        '  renamed  moved to.txt (from b.txt)',
        'Changed, not staged:',
        '  modified a.txt',
        '  deleted  folder/c.txt',
        'Not tracked:',
        '  new/one.txt',
        '  new/two.txt',
      ].join('\n'),
    );
    const narrow = await session.call('status', { path: 'folder' });
    expect(narrow.data).toMatchObject({ staged: [], unstaged: [{ path: 'folder/c.txt' }] });
  });

  test('status tells how a branch stands to its upstream, and that HEAD is on none', async () => {
    await using folder = await scratch(FILES);
    folder.git('branch', 'other');
    await folder.commit('On main', { 'a.txt': '2\n' });
    folder.git('checkout', '--quiet', 'other');
    await folder.commit('On other', { 'b.txt': '2\n' });
    folder.git('branch', '--quiet', '--set-upstream-to=main');
    await using session = await openSession(folder);
    expect(await session.call('status')).toMatchObject({
      data: { branch: 'other', upstream: 'main', ahead: 1, behind: 1 },
      text: expect.stringContaining('On branch other, 1 ahead of and 1 behind main.'),
    });
    folder.git('checkout', '--quiet', '--detach');
    const { data } = await session.call('status');
    expect(data).not.toHaveProperty('branch');
  });

  test('a conflict is told as one', async () => {
    await using folder = await scratch(FILES);
    folder.git('checkout', '--quiet', '-b', 'other');
    await folder.commit('Theirs', { 'a.txt': 'theirs\n' });
    folder.git('checkout', '--quiet', 'main');
    await folder.commit('Ours', { 'a.txt': 'ours\n' });
    expect(() => folder.git('merge', '--quiet', 'other')).toThrow('git merge');
    await using session = await openSession(folder);
    const { data } = await session.call('status');
    expect(data['conflicts']).toEqual([{ path: 'a.txt', change: 'modified on both sides' }]);
    const diff = await session.call('diff');
    expect(diff.data['files']).toEqual([expect.objectContaining({ path: 'a.txt' })]);
    expect(diff.data['patch']).toContain('<<<<<<<');
    const committed = await session.call('commit', { message: 'x', paths: ['a.txt'] });
    expect(committed).toMatchObject({
      isError: true,
      text: expect.stringContaining('"a.txt" is in conflict (modified on both sides)'),
    });
  });

  test('diff shows what is not staged, what is staged, or both against a commit', async () => {
    await using folder = await scratch(FILES);
    await folder.write({ 'a.txt': 'staged\n', 'b.txt': 'changed\n' });
    folder.git('add', 'a.txt');
    await using session = await openSession(folder);
    const paths = async (args: object) =>
      (await session.call('diff', args)).data['files'].map(({ path }: { path: string }) => path);
    expect(await paths({})).toEqual(['b.txt']);
    expect(await paths({ staged: true })).toEqual(['a.txt']);
    expect(await paths({ from: 'HEAD' })).toEqual(['a.txt', 'b.txt']);
    expect(await paths({ from: 'HEAD', staged: true })).toEqual(['a.txt']);
    expect(await paths({ from: 'HEAD', path: 'b.txt' })).toEqual(['b.txt']);
  });

  test('reading changes nothing, not even what git remembers of unchanged files', async () => {
    await using folder = await scratch(FILES);
    await using session = await openSession(folder);
    // As new as the index, and changed in nothing but that: git would like to note it down.
    const old = new Date('2026-01-01');
    await utimes(folder.at('a.txt'), old, old);
    const before = await readFile(folder.at('.git/index'));
    expect((await session.call('diff')).data['files']).toEqual([]);
    expect((await session.call('diff', { from: 'HEAD' })).data['files']).toEqual([]);
    expect((await session.call('status')).data['clean']).toBe(true);
    await session.call('blame', { path: 'a.txt' });
    expect(await readFile(folder.at('.git/index'))).toEqual(before);
    // The control: git as it is writes.
    folder.git('diff');
    expect(await readFile(folder.at('.git/index'))).not.toEqual(before);
  });

  test('a change in the very second of the last commit, of the same size, is seen later on', async () => {
    await using folder = await scratch({ 'a.txt': '0\n' });
    await using session = await openSession(folder);
    const second = async (name: string) => Math.floor((await stat(folder.at(name))).mtimeMs / 1000);
    let content = 0;
    do {
      content += 1;
      await folder.commit('Again', { 'a.txt': `${content % 10}\n` });
      await folder.write({ 'a.txt': 'x\n' });
    } while ((await second('a.txt')) !== (await second('.git/index')));
    // git tells such a file by the time of its index: a copy made in another second must not hide it.
    const written = await second('a.txt');
    await eventually('the next second', () => Date.now() / 1000 > written + 1);
    expect((await session.call('diff')).data['files']).toMatchObject([{ path: 'a.txt' }]);
  });

  test('blame of the work tree shows lines that are not committed yet', async () => {
    await using folder = await scratch(FILES);
    await folder.write({ 'a.txt': 'a\nnew\n' });
    await using session = await openSession(folder);
    const { data, text } = await session.call('blame', { path: 'a.txt' });
    expect(data['lines'][1]).toEqual({ line: 2, commit: null, text: 'new' });
    expect(text).toContain('2 not committed yet | new');
  });

  test('before the first commit there is something to say, too', async () => {
    await using folder = await scratch();
    await folder.write({ 'a.txt': 'a\n' });
    folder.git('add', 'a.txt');
    await using session = await openSession(folder);
    expect((await session.call('status')).text).toBe(
      'On branch main, no commits yet.\nStaged for the next commit:\n  added    a.txt',
    );
    expect((await session.call('log')).text).toBe('The current branch has no commits yet.');
    expect((await session.call('diff', { staged: true })).data['files']).toEqual([
      { path: 'a.txt', change: 'added', added: 1, removed: 0 },
    ]);
    expect((await session.call('diff')).data['files']).toEqual([]);
    expect((await session.call('show', { ref: 'HEAD' })).text).toContain('no commits yet');
    expect((await session.call('blame', { path: 'a.txt' })).text).toContain('no commits yet');
  });

  test('a folder of the work tree serves the whole of it, and so does a linked work tree', async () => {
    await using folder = await scratch(FILES);
    await using below = await openSession(folder, { repo: folder.at('folder') });
    expect((await below.call('show', { ref: 'HEAD', path: 'a.txt' })).text).toBe('a\n');
    folder.git('worktree', 'add', '--quiet', '-b', 'linked', `${folder.base}/linked`);
    await using linked = await openSession(folder, { repo: `${folder.base}/linked` });
    expect((await linked.call('status')).data).toMatchObject({ branch: 'linked', clean: true });
    expect((await linked.call('diff')).data['files']).toEqual([]);
  });

  test('with --read-only there is no commit', async () => {
    await using folder = await scratch(FILES);
    await using session = await openSession(folder, { args: ['--read-only'] });
    const { tools } = await session.client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(['status', 'diff', 'log', 'show', 'blame']);
    await expect(session.call('commit', { message: 'x', paths: ['a.txt'] })).rejects.toThrow(
      'not found',
    );
  });
});

describe('mistakes are answered with what would be right', () => {
  let folder: Scratch;
  let session: Session;

  beforeAll(async () => {
    folder = await scratch({ ...FILES, 'docs/guide.md': '1\n2\n', 'pic.bin': new Uint8Array([0]) });
    folder.git('branch', 'feature/login');
    folder.git('branch', 'release-2026');
    session = await openSession(folder);
  });

  afterAll(async () => {
    await session[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  test.each([
    ['show', { ref: 'login' }, 'There is no ref "login". Near it: "feature/login".'],
    ['show', { ref: 'relaese-2026' }, 'Near it: "release-2026".'],
    ['show', { ref: 'zzzzzzzzzz' }, 'Refs: "'],
    ['show', { ref: 'HEAD~9' }, 'does not reach that far back'],
    ['show', { ref: '' }, 'The ref is empty.'],
    ['show', { ref: 'main..feature/login' }, 'use diff with from and to'],
    ['show', { ref: 'HEAD:a.txt' }, 'Give the commit as ref and the file as path.'],
    ['show', { ref: ':a.txt' }, 'is no ref'],
    ['show', { ref: 'a b' }, 'is no ref'],
    ['show', { ref: 'a\0b' }, 'is no ref'],
    ['show', { ref: 'HEAD', path: 'a.tx' }, 'Near it: "a.txt".'],
    ['show', { ref: 'HEAD', path: 'guide.md' }, 'Near it: "docs/guide.md".'],
    ['show', { ref: 'HEAD', path: 'pic.bin' }, '"pic.bin" is binary there (1 bytes)'],
    ['show', { ref: 'HEAD', path: '../x' }, 'without ".."'],
    ['show', { ref: 'HEAD', path: '/etc/passwd' }, 'without ".."'],
    ['show', { ref: 'HEAD', path: '' }, 'The path is empty.'],
    ['log', { ref: 'nope' }, 'There is no ref "nope"'],
    ['log', { ref: 'main..nope' }, 'There is no ref "nope"'],
    ['log', { since: 'last spring' }, '"last spring" is no time that is understood here'],
    ['log', { until: '2026-02-31' }, '"2026-02-31" is no time'],
    ['log', { author: 'a\nb' }, 'is no author'],
    ['diff', { to: 'main' }, 'to needs from'],
    ['diff', { from: 'HEAD', to: 'main', staged: true }, 'not with to'],
    ['diff', { from: 'nope' }, 'There is no ref "nope"'],
    ['blame', { path: 'folder' }, '"folder" is a folder; blame takes one file.'],
    ['blame', { path: 'docs/gide.md' }, 'Near it: "docs/guide.md".'],
    ['blame', { path: 'docs/guide.md', start_line: 9 }, 'has only 2 lines'],
    ['blame', { path: 'docs/guide.md', start_line: 2, end_line: 1 }, 'end_line 1 is before'],
    ['blame', { path: 'a.txt', ref: 'nope' }, 'There is no ref "nope"'],
  ])('%s %j', async (name, args, message) => {
    const answer = await session.call(name, args);
    expect(answer.text).toContain(message);
    expect(answer.isError).toBe(true);
  });

  test('a file that is deleted can be blamed as it was', async () => {
    await using folder = await scratch(FILES);
    await rm(folder.at('a.txt'));
    await using session = await openSession(folder);
    expect((await session.call('blame', { path: 'a.txt' })).text).toContain('With ref: "HEAD"');
    expect((await session.call('blame', { path: 'a.txt', ref: 'HEAD' })).isError).toBe(false);
  });

  test('a file that git does not know cannot be blamed', async () => {
    await folder.write({ 'unknown.txt': 'x\n' });
    const { text } = await session.call('blame', { path: 'unknown.txt' });
    expect(text).toContain('There is no "unknown.txt" in commit');
  });

  test('a config that git cannot read is told as such', async () => {
    await using broken = await scratch(FILES);
    await using session = await openSession(broken);
    await broken.write({ '.git/config': '[filter\n' });
    const { text, isError } = await session.call('status');
    expect(isError).toBe(true);
    expect(text).toContain('bad config');
  });

  test('a repository that has gone is told as such, by a call', async () => {
    await using gone = await scratch(FILES);
    await using session = await openSession(gone);
    await rm(gone.at('.git'), { recursive: true });
    const call = await session.call('status');
    expect(call).toMatchObject({
      isError: true,
      text: expect.stringContaining('not a git repository'),
    });
    await rm(gone.repo, { recursive: true });
    expect((await session.call('status')).text).toContain('git could not be started in');
  });
});

describe('what is large is cut, with a note that says how to narrow', () => {
  test('a patch', async () => {
    await using folder = await scratch({ 'big.txt': '', 'small.txt': '' });
    await folder.commit('Grow', {
      'big.txt': 'some words in a line\n'.repeat(20_000),
      'small.txt': 'x\n',
    });
    await using session = await openSession(folder);
    const { data, text } = await session.call('show', { ref: 'HEAD' });
    expect(data['truncated']).toBe(true);
    expect(data['files']).toHaveLength(2);
    expect(data['patch'].length).toBeLessThanOrEqual(100_000);
    expect(data['patch']).toMatch(/\n$/);
    expect(text).toContain('1 of 2 files are in it');
    const small = await session.call('diff', { from: 'HEAD~1', to: 'HEAD', path: 'small.txt' });
    expect(small.data).toMatchObject({ truncated: false });
  });

  test('a list of untracked files, of changed files and of names', async () => {
    await using folder = await scratch(FILES);
    const many = Object.fromEntries(
      Array.from({ length: 1200 }, (_, index) => [`many/${String(index).padStart(4, '0')}`, 'x']),
    );
    await folder.write(many);
    await using session = await openSession(folder);
    const status = await session.call('status');
    expect(status.data).toMatchObject({ truncated: true });
    expect(status.data['untracked']).toHaveLength(1000);
    expect(status.text).toContain('Narrow it with path.');
    await folder.commit('Many', {});
    const show = await session.call('show', { ref: 'HEAD' });
    expect(show.data['files']).toHaveLength(500);
    expect(show.text).toContain('1200 files differ; the first 500 are listed.');
    const names = await session.call('show', { ref: 'HEAD', path: 'many' });
    expect(names.data['entries']).toHaveLength(1000);
    expect(names.data['truncated']).toBe(true);
  });

  test('a file, and its lines in blame: each note leads to the next part', async () => {
    const text = Array.from({ length: 2500 }, (_, index) => `${index + 1}\n`).join('');
    await using folder = await scratch({ 'long.txt': text, 'wide.txt': 'w'.repeat(5000) });
    await using session = await openSession(folder);
    const file = { ref: 'HEAD', path: 'long.txt' };
    const first = await session.call('show', file);
    expect(first.data['truncated']).toBe(true);
    expect(first.text).toContain('Ask with start_line: 2001.');
    const rest = await session.call('show', { ...file, start_line: 2001 });
    expect(first.data['content'] + rest.data['content']).toBe(text);
    const blame = await session.call('blame', { path: 'long.txt' });
    expect(blame.data['lines']).toHaveLength(500);
    expect(blame.text).toContain('There is more: ask with start_line: 501.');
    const last = await session.call('blame', { path: 'long.txt', start_line: 2401 });
    expect(last.data).toMatchObject({ truncated: false });
    expect(last.data['lines']).toHaveLength(100);
    const wide = await session.call('blame', { path: 'wide.txt' });
    expect(wide.data['lines'][0].text).toHaveLength(401);
  });
});
