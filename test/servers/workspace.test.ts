import { readFile, symlink, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DOORS, openSession, type Scratch, scratch, type Session } from './workspace-session.ts';

const FILES = {
  'README.md': '# Title\n\nSome words about it.\n',
  'src/index.ts': 'export const answer = 42;\n',
  'src/deep/down/leaf.ts': 'export const leaf = true;\n',
  'node_modules/pkg/index.js': 'module.exports = 42;\n',
  '.gitignore': 'node_modules\n*.log\n',
  'debug.log': 'the answer is 42\n',
};

describe.each(DOORS)('over $transport, $era era', (door) => {
  let folder: Scratch;
  let session: Session;

  beforeAll(async () => {
    folder = await scratch(FILES);
    await symlink('README.md', folder.at('link.md'));
    session = await openSession(folder.root, { door });
  });

  afterAll(async () => {
    await session[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  test('the tools are declared truthfully, with schemas for what they return and the keys of their records', async () => {
    expect(session.client.getProtocolEra()).toBe(door.era);
    const { tools } = await session.client.listTools();
    const rows = tools.map((tool) => [
      tool.name,
      tool.annotations?.readOnlyHint,
      tool._meta?.['mcp-fanout/keys'],
      tool.outputSchema?.['type'],
    ]);
    expect(rows).toEqual([
      ['list_files', true, undefined, 'object'],
      ['find_files', true, undefined, 'object'],
      ['read_file', true, ['path'], 'object'],
      ['search_text', true, undefined, 'object'],
      ['write_file', false, ['path'], 'object'],
      ['edit_file', false, ['path'], 'object'],
    ]);
    const hints = Object.fromEntries(tools.map((tool) => [tool.name, tool.annotations]));
    expect(hints['write_file']).toMatchObject({ destructiveHint: true, idempotentHint: true });
    expect(hints['edit_file']).toMatchObject({ destructiveHint: true, idempotentHint: false });
    for (const tool of tools) {
      expect(tool.annotations?.openWorldHint).toBe(false);
      const properties = Object.values(tool.inputSchema.properties ?? {}) as {
        description?: string;
      }[];
      expect(properties.every(({ description }) => (description ?? '') !== '')).toBe(true);
    }
  });

  test('with --read-only there is no tool that changes files', async () => {
    await using folder = await scratch(FILES);
    await using session = await openSession(folder.root, { door, args: ['--read-only'] });
    const { tools } = await session.client.listTools();
    expect(tools.map((tool) => tool.name)).toEqual([
      'list_files',
      'find_files',
      'read_file',
      'search_text',
    ]);
    await expect(session.call('write_file', { path: 'x', content: '' })).rejects.toThrow(
      'not found',
    );
    expect(await session.call('read_file', { path: 'src/index.ts' })).toMatchObject({
      isError: false,
    });
  });

  test('list_files shows the tree, with symlinks and unexpanded folders marked', async () => {
    const { text, data } = await session.call('list_files', {});
    expect(text).toBe(
      [
        './',
        '  .gitignore  19 B',
        '  README.md  30 B',
        '  debug.log  17 B',
        '  link.md  (symlink)',
        '  node_modules/  (not expanded)',
        '  src/',
        '    deep/',
        '    index.ts  26 B',
      ].join('\n'),
    );
    expect(data).toMatchObject({ path: '.', truncated: false });
    expect(data['entries']).toContainEqual({ path: 'src/index.ts', type: 'file', size: 26 });
    const below = await session.call('list_files', { path: './src/', depth: 3 });
    expect(below.text).toBe('src/\n  deep/\n    down/\n      leaf.ts  26 B\n  index.ts  26 B');
    const named = await session.call('list_files', { path: 'node_modules' });
    expect(named.text).toContain('pkg/');
  });

  test('find_files finds by name and by path, but nothing that .gitignore excludes', async () => {
    const find = async (args: object) => (await session.call('find_files', args)).data['paths'];
    expect(await find({ pattern: '*.ts' })).toEqual(['src/deep/down/leaf.ts', 'src/index.ts']);
    expect(await find({ pattern: 'src/*.ts' })).toEqual(['src/index.ts']);
    expect(await find({ pattern: 'down/*', path: 'src/deep' })).toEqual(['src/deep/down/leaf.ts']);
    expect(await find({ pattern: '*.log' })).toEqual([]);
    expect(await find({ pattern: '**' })).toEqual([
      '.gitignore',
      'README.md',
      'src/deep/down/leaf.ts',
      'src/index.ts',
    ]);
    const none = await session.call('find_files', { pattern: 'nothing' });
    expect(none).toMatchObject({ isError: false, data: { paths: [], truncated: false } });
    expect(none.text).toContain('No file matches "nothing"');
  });

  test('read_file returns a file, or the lines asked for and which there are', async () => {
    const whole = await session.call('read_file', { path: 'README.md' });
    expect(whole.text).toBe(FILES['README.md']);
    expect(whole.data).toEqual({
      path: 'README.md',
      content: FILES['README.md'],
      start_line: 1,
      end_line: 3,
      total_lines: 3,
      truncated: false,
    });
    const part = await session.call('read_file', { path: 'README.md', start_line: 3, end_line: 9 });
    expect(part.text).toBe('Some words about it.\n\n[Lines 3-3 of 3]');
  });

  test('search_text returns lines with file and number, but nothing that .gitignore excludes', async () => {
    const { text, data } = await session.call('search_text', { query: 'ANSWER' });
    expect(text).toBe(
      '1 matching line in 1 file for "ANSWER"\nsrc/index.ts:1: export const answer = 42;',
    );
    expect(data).toEqual({
      matches: [{ path: 'src/index.ts', line: 1, text: 'export const answer = 42;' }],
      truncated: false,
    });
    const exact = await session.call('search_text', { query: 'ANSWER', case_sensitive: true });
    expect(exact.data['matches']).toEqual([]);
    const regex = await session.call('search_text', {
      query: 'l.af|t[i]tle',
      regex: true,
      glob: '*.md',
    });
    expect(regex.data['matches']).toEqual([{ path: 'README.md', line: 1, text: '# Title' }]);
  });

  test('write_file creates with missing folders, then overwrites', async () => {
    const created = await session.call('write_file', { path: 'a/b/c.txt', content: 'één\n' });
    expect(created.text).toBe('Created a/b/c.txt (6 bytes).');
    expect(created.data).toEqual({ path: 'a/b/c.txt', created: true, bytes: 6 });
    const again = await session.call('write_file', { path: 'a/b/c.txt', content: '' });
    expect(again.data).toEqual({ path: 'a/b/c.txt', created: false, bytes: 0 });
    expect(await readFile(folder.at('a/b/c.txt'), 'utf8')).toBe('');
  });

  test('edit_file replaces passages in order and shows the diff', async () => {
    await writeFile(folder.at('a.ts'), 'one\ntwo\nthree\n');
    const { text, data } = await session.call('edit_file', {
      path: 'a.ts',
      edits: [
        { old_text: 'two\n', new_text: '2\n2b\n' },
        { old_text: '2b\nthree', new_text: '3' },
      ],
    });
    expect(await readFile(folder.at('a.ts'), 'utf8')).toBe('one\n2\n3\n');
    expect(text).toBe(
      'Edited a.ts: 3 lines added, 3 removed.\n' +
        '@@ line 2 @@\n-two\n+2\n+2b\n@@ line 3 @@\n-2b\n-three\n+3',
    );
    expect(data).toMatchObject({ path: 'a.ts', bytes: 8, lines_added: 3, lines_removed: 3 });
  });

  test('an argument that the schema does not know is named, not ignored', async () => {
    const { isError, text } = await session.call('list_files', { dir: 'src' });
    expect(isError).toBe(true);
    expect(text).toContain('"dir"');
  });
});
