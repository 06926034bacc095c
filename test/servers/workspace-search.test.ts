import { existsSync } from 'node:fs';
import { mkdir, open, symlink, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  childrenOf,
  DOORS,
  openSession,
  type Scratch,
  scratch,
  type Session,
} from './workspace-session.ts';

describe('queries and patterns', () => {
  let folder: Scratch;
  let session: Session;
  const matches = async (args: object) => {
    const { data } = await session.call('search_text', args);
    return (data['matches'] as { path: string; line: number }[]).map(
      ({ path, line }) => `${path}:${line}`,
    );
  };

  beforeAll(async () => {
    folder = await scratch({
      'odd.txt': [
        '-e',
        '--pre=touch pwned',
        '--',
        'a.b',
        'axb',
        '$(touch pwned)',
        '`touch pwned`',
        '"quoted"',
        "it's",
        'back\\slash',
        '(',
        'Größe',
      ].join('\n'),
      'crlf.txt': 'first\r\nsecond\r\n',
      'src/one.ts': 'needle\n',
      'src/deep/two.tsx': 'needle\n',
      'src/deep/three.js': 'needle\n',
      '-dash.txt': 'needle\n',
      '.hidden/four.ts': 'needle\n',
      '.git/five.ts': 'needle\n',
      'ignored/six.ts': 'needle\n',
      'keep.log': 'needle\n',
      // What a write under way leaves for a moment.
      '.mcp-workspace-0123456789abcdef.tmp': 'needle\n',
      'drop.log': 'needle\n',
      '.gitignore': 'ignored/\n*.log\n!keep.log\n',
      'src/deep/.gitignore': 'three.js\n',
      'binary.dat': Buffer.from('needle\0needle\n'),
      'latin1.txt': Buffer.from([0x6e, 0x65, 0x65, 0x64, 0x6c, 0x65, 0x20, 0xe9, 0x0a]),
      rgrc: '--invert-match\n--max-depth=1\n',
    });
    session = await openSession(folder.root, {
      env: { RIPGREP_CONFIG_PATH: folder.at('rgrc') },
    });
  });

  afterAll(async () => {
    await session[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  test.each([
    ['-e', 1],
    ['--pre=touch pwned', 2],
    ['a.b', 4],
    ['$(touch pwned)', 6],
    ['`touch pwned`', 7],
    ['"quoted"', 8],
    ["it's", 9],
    ['back\\slash', 10],
    ['(', 11],
    ['GRÖSSE', 0],
    ['größe', 12],
  ])('%j is taken as plain text', async (query, line) => {
    const found = await matches({ query, path: 'odd.txt' });
    // The plain `(` stands in `$(touch pwned)` as well.
    expect(found.filter((match) => !match.endsWith(':6') || line === 6)).toEqual(
      line === 0 ? [] : [`odd.txt:${line}`],
    );
    expect(existsSync(folder.at('pwned'))).toBe(false);
  });

  test('with regex the query is an expression', async () => {
    expect(await matches({ query: '^a.b$', regex: true, path: 'odd.txt' })).toEqual([
      'odd.txt:4',
      'odd.txt:5',
    ]);
    expect(await matches({ query: '^--', regex: true, path: 'odd.txt' })).toEqual([
      'odd.txt:2',
      'odd.txt:3',
    ]);
  });

  test.each(['(', '[', 'a{99999}{99999}', '(?=look)', '\\1', '\\n'])(
    'an expression that cannot be used is an error that quotes it: %j',
    async (query) => {
      const { isError, text } = await session.call('search_text', { query, regex: true });
      expect(isError).toBe(true);
      expect(text).toContain(`${JSON.stringify(query)} is not valid`);
      expect(text).not.toContain(folder.root);
    },
  );

  test.each([
    ['', 'empty'],
    ['two\nlines', 'line break'],
    ['nul\0', 'NUL'],
    ['x'.repeat(1001), '1000 characters'],
  ])('a query that could not match is refused: %j', async (query, why) => {
    const { isError, text } = await session.call('search_text', { query });
    expect(isError).toBe(true);
    expect(text).toContain(why);
  });

  test('ignore files, hidden files, binary files and other encodings', async () => {
    expect(await matches({ query: 'needle' })).toEqual([
      '-dash.txt:1',
      '.hidden/four.ts:1',
      'keep.log:1',
      'latin1.txt:1',
      'src/deep/two.tsx:1',
      'src/one.ts:1',
    ]);
    const binary = await session.call('search_text', { query: 'needle', path: 'binary.dat' });
    expect(binary).toMatchObject({ isError: true });
    expect(binary.text).toContain('binary file');
  });

  test('temporary files of writes under way are not shown', async () => {
    const tree = await session.call('list_files', {});
    expect(tree.text).toContain('odd.txt');
    expect(tree.text).not.toContain('.tmp');
    const found = await session.call('find_files', { pattern: '*.tmp' });
    expect(found.data['paths']).toEqual([]);
  });

  test('what is ignored is searched when it is named', async () => {
    expect(await matches({ query: 'needle', path: 'ignored' })).toEqual(['ignored/six.ts:1']);
    expect(await matches({ query: 'needle', path: 'drop.log' })).toEqual(['drop.log:1']);
    expect(await matches({ query: 'needle', path: '-dash.txt' })).toEqual(['-dash.txt:1']);
  });

  test.each([
    ['*.ts', ['.hidden/four.ts:1', 'src/one.ts:1']],
    ['*.{ts,tsx}', ['.hidden/four.ts:1', 'src/deep/two.tsx:1', 'src/one.ts:1']],
    ['src/**', ['src/deep/two.tsx:1', 'src/one.ts:1']],
    ['**/deep/*', ['src/deep/two.tsx:1']],
    ['/*', ['-dash.txt:1', 'keep.log:1', 'latin1.txt:1']],
    [
      '*',
      [
        '-dash.txt:1',
        '.hidden/four.ts:1',
        'keep.log:1',
        'latin1.txt:1',
        'src/deep/two.tsx:1',
        'src/one.ts:1',
      ],
    ],
    ['!*.t*', ['keep.log:1']],
    ['*.log', ['keep.log:1']],
    ['ignored/**', []],
    ['--pre=x', []],
  ])('glob %j narrows the search, and never to what is ignored', async (glob, expected) => {
    expect(await matches({ query: 'needle', glob })).toEqual(expected);
    const found = await session.call('find_files', { pattern: glob });
    const paths = found.data['paths'] as string[];
    expect(paths.filter((found) => expected.includes(`${found}:1`))).toEqual(
      expected.map((match) => match.slice(0, -2)),
    );
    expect(paths).not.toContain('drop.log');
    expect(paths).not.toContain('ignored/six.ts');
  });

  test.each(['[a', '{a', 'a}', 'a\\', '', '!', 'nul\0', 'x'.repeat(1001)])(
    'a pattern that is none is refused: %j',
    async (pattern) => {
      expect(await session.call('find_files', { pattern })).toMatchObject({ isError: true });
      expect(await session.call('search_text', { query: 'x', glob: pattern })).toMatchObject({
        isError: true,
      });
    },
  );

  test('line ends are no part of a matching line', async () => {
    const { data } = await session.call('search_text', { query: 'second' });
    expect(data['matches']).toEqual([{ path: 'crlf.txt', line: 2, text: 'second' }]);
  });
});

describe('bounds', () => {
  test('many matches are cut at max_results, many files at the limit, both with a note', async () => {
    await using folder = await scratch({ 'a.txt': 'hit\n'.repeat(5000), 'b.txt': 'hit\n' });
    await mkdir(folder.at('many'));
    await Promise.all(
      Array.from(
        { length: 1200 },
        async (_, index) => await writeFile(folder.at('many', `f${index}`), ''),
      ),
    );
    await using session = await openSession(folder.root);
    const few = await session.call('search_text', { query: 'hit', max_results: 3 });
    expect(few.data['matches']).toHaveLength(3);
    expect(few.data['truncated']).toBe(true);
    expect(few.text).toContain('the first 3 matching lines are shown');
    const exact = await session.call('search_text', {
      query: 'hit',
      path: 'b.txt',
      max_results: 1,
    });
    expect(exact.data).toEqual({
      matches: [{ path: 'b.txt', line: 1, text: 'hit' }],
      truncated: false,
    });
    const found = await session.call('find_files', { pattern: 'f*' });
    expect(found.data['paths']).toHaveLength(1000);
    expect(found.text).toContain('the first 1000 files are shown');
    const tree = await session.call('list_files', {});
    expect((tree.data['entries'] as unknown[]).length).toBe(1000);
    expect(tree.data['truncated']).toBe(true);
    expect(tree.text).toContain('There is more');
    const tooMany = await session.call('search_text', { query: 'hit', max_results: 100_000 });
    expect(tooMany).toMatchObject({ isError: true });
  });

  test('a long line is shown around its match; one beyond all measure is counted', async () => {
    const long = `${'a'.repeat(5000)}NEEDLE${'b'.repeat(5000)}`;
    await using folder = await scratch({
      'long.txt': `${long}\n`,
      'longer.txt': `${'x'.repeat(1024 * 1024)}NEEDLE\n`,
      'wide.txt': `${'é€😀'.repeat(500)}NEEDLE${'é€😀'.repeat(500)}\n`,
    });
    await using session = await openSession(folder.root);
    const { data, text } = await session.call('search_text', { query: 'NEEDLE' });
    const found = data['matches'] as { path: string; text: string }[];
    expect(found.map(({ path }) => path)).toEqual(['long.txt', 'wide.txt']);
    for (const match of found) {
      expect(match.text).toContain('NEEDLE');
      expect(match.text.length).toBeLessThan(500);
    }
    expect(data['truncated']).toBe(true);
    expect(text).toContain('1 matching lines of more than 1 MiB were left out');
  });

  test('the text of many long matches is bounded as a whole', async () => {
    await using folder = await scratch({ 'a.txt': `hit ${'x'.repeat(390)}\n`.repeat(1000) });
    await using session = await openSession(folder.root);
    const { data, text } = await session.call('search_text', { query: 'hit', max_results: 1000 });
    expect(text.length).toBeLessThan(120_000);
    expect(data['truncated']).toBe(true);
  });

  test.skipIf(process.getuid?.() === 0)(
    'what may not be read is said, and costs nothing else',
    async () => {
      await using folder = await scratch({ 'a.txt': 'hit\n', 'shut/b.txt': 'hit\n' });
      const shut = await open(folder.at('shut'), 'r');
      await shut.chmod(0);
      await using session = await openSession(folder.root);
      const { data, text } = await session.call('search_text', { query: 'hit' });
      expect(data['matches']).toEqual([{ path: 'a.txt', line: 1, text: 'hit' }]);
      expect(text).toContain('Some files could not be read');
      expect(text).not.toContain(folder.root);
      await shut.chmod(0o700);
      await shut.close();
    },
  );
});

describe.runIf(process.platform === 'linux')('the process of a search', () => {
  /** A file that takes ripgrep many minutes: text at its beginning, then a hole of a terabyte. */
  async function endless(folder: Scratch): Promise<void> {
    const file = await open(folder.at('endless.txt'), 'w');
    await file.write('text\n'.repeat(4000));
    await file.truncate(2 ** 40);
    await file.close();
  }

  const searches = (pid: number) => childrenOf(pid).filter(({ name }) => name === 'rg');
  const soon = { timeout: 15_000, interval: 10 };

  test.each(DOORS)(
    'is killed when the call is cancelled, over $transport, $era era',
    async (door) => {
      await using folder = await scratch({ 'small.txt': 'needle\n' });
      await endless(folder);
      await using session = await openSession(folder.root, { door });
      const abort = new AbortController();
      const args = { query: 'needle', path: 'endless.txt' };
      const cancelled = session.call('search_text', args, abort.signal);
      cancelled.catch(() => undefined);
      await vi.waitFor(() => expect(searches(session.pid)).toHaveLength(1), soon);
      abort.abort();
      await expect(cancelled).rejects.toBeInstanceOf(Error);
      await vi.waitFor(() => expect(searches(session.pid)).toHaveLength(0), soon);
      // The server is none the worse for it.
      const next = await session.call('search_text', { query: 'needle', path: 'small.txt' });
      expect(next.data['matches']).toHaveLength(1);
    },
  );

  test('is one of at most four; a search that waits and is cancelled never starts one', async () => {
    await using folder = await scratch({ 'small.txt': 'needle\n' });
    await endless(folder);
    await using session = await openSession(folder.root);
    const args = { query: 'needle', path: 'endless.txt' };
    const running = Array.from({ length: 4 }, () => {
      const abort = new AbortController();
      return { abort, call: session.call('search_text', args, abort.signal) };
    });
    for (const { call } of running) call.catch(() => undefined);
    await vi.waitFor(() => expect(searches(session.pid)).toHaveLength(4), soon);
    const waiting = new AbortController();
    const dropped = session.call('search_text', args, waiting.signal);
    const served = session.call('search_text', { query: 'needle', path: 'small.txt' });
    waiting.abort();
    await expect(dropped).rejects.toBeInstanceOf(Error);
    running[0]?.abort.abort();
    expect((await served).data['matches']).toHaveLength(1);
    expect(searches(session.pid)).toHaveLength(3);
    for (const { abort } of running) abort.abort();
    await vi.waitFor(() => expect(searches(session.pid)).toHaveLength(0), soon);
  });

  test.each(DOORS)('is gone when the server ends, over $transport, $era era', async (door) => {
    await using folder = await scratch();
    await endless(folder);
    await using session = await openSession(folder.root, { door });
    // How a client learns of it is its own affair: some only when they are closed.
    const lost = session.call('search_text', { query: 'needle', path: 'endless.txt' });
    lost.catch(() => undefined);
    await vi.waitFor(() => expect(searches(session.pid)).toHaveLength(1), soon);
    const [search] = searches(session.pid);
    process.kill(session.pid, 'SIGTERM');
    await vi.waitFor(() => expect(existsSync(`/proc/${session.pid}`)).toBe(false), soon);
    expect(existsSync(`/proc/${search?.pid}`)).toBe(false);
  });
});

test('links between files of the workspace are not searched twice', async () => {
  await using folder = await scratch({ 'real/a.txt': 'needle\n' });
  await symlink('real', folder.at('link'));
  await using session = await openSession(folder.root);
  const { data } = await session.call('search_text', { query: 'needle' });
  expect(data['matches']).toEqual([{ path: 'real/a.txt', line: 1, text: 'needle' }]);
});
