import { open, truncate } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSession, type Scratch, scratch, type Session } from './workspace-session.ts';

let folder: Scratch;
let session: Session;

const numbered = (count: number) =>
  Array.from({ length: count }, (_, index) => `line ${index + 1}\n`).join('');

beforeAll(async () => {
  folder = await scratch({
    'empty.txt': '',
    'no-end.txt': 'first\nlast without end',
    'crlf.txt': 'one\r\ntwo\r\n',
    'bom.txt': '\uFEFFwith a mark\n',
    'long.txt': numbered(5000),
    'wide.txt': `${'x'.repeat(4000)}\n${'y'.repeat(4001)}\n${'é'.repeat(3000)}\nshort\n`,
    'broad.txt': `${'z'.repeat(3900)}\n`.repeat(100),
    'binary.dat': Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2, 3]),
    'utf16.txt': Buffer.from('\uFEFFtext', 'utf16le'),
    'latin1.txt': Buffer.from([0x63, 0x61, 0x66, 0xe9, 0x0a]),
    'package.json': '{}\n',
  });
  session = await openSession(folder.root);
});

afterAll(async () => {
  await session[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const read = async (path: string, range: object = {}) =>
  await session.call('read_file', { path, ...range });

describe('lines', () => {
  test('an empty file is no error and says that it is empty', async () => {
    const { isError, text, data } = await read('empty.txt');
    expect({ isError, text }).toEqual({ isError: false, text: '[The file is empty]' });
    expect(data).toMatchObject({ content: '', start_line: 1, end_line: 0, total_lines: 0 });
  });

  test('content is exact: a missing last line end, CRLF; only a byte order mark is dropped', async () => {
    expect((await read('no-end.txt')).text).toBe('first\nlast without end');
    expect((await read('no-end.txt')).data).toMatchObject({ total_lines: 2, end_line: 2 });
    expect((await read('crlf.txt')).text).toBe('one\r\ntwo\r\n');
    expect((await read('bom.txt')).text).toBe('with a mark\n');
  });

  test.each([
    [{ start_line: 4999 }, 'line 4999\nline 5000\n', 'Lines 4999-5000 of 5000'],
    [{ start_line: 2, end_line: 3 }, 'line 2\nline 3\n', 'Lines 2-3 of 5000'],
    [{ start_line: 5000, end_line: 9000 }, 'line 5000\n', 'Lines 5000-5000 of 5000'],
    [{ end_line: 1 }, 'line 1\n', 'Lines 1-1 of 5000'],
  ])('of a range %j are returned with where they are', async (range, content, note) => {
    const { text, data } = await read('long.txt', range);
    expect(text).toBe(`${content}\n[${note}]`);
    expect(data).toMatchObject({ content, total_lines: 5000, truncated: false });
  });

  test('a long file comes in parts that join to the whole, each saying where the next begins', async () => {
    for (const [name, whole] of [
      ['long.txt', numbered(5000)],
      ['broad.txt', `${'z'.repeat(3900)}\n`.repeat(100)],
    ] as const) {
      let content = '';
      let start = 1;
      let parts = 0;
      for (; parts < 10; parts += 1) {
        const { text, data } = await read(name, { start_line: start });
        content += String(data['content']);
        expect(text.length).toBeLessThan(140_000);
        const next = /for more use start_line (\d+)\]$/.exec(text)?.[1];
        expect(data['truncated']).toBe(next !== undefined);
        if (next === undefined) break;
        start = Number(next);
      }
      expect(parts).toBeGreaterThan(1);
      expect(content).toBe(whole);
    }
  });

  test('a line over the limit is cut at a character and says by how much', async () => {
    const { text, data } = await read('wide.txt');
    expect(data['content']).toBe(
      `${'x'.repeat(4000)}\n` +
        `${'y'.repeat(4000)} …[line cut: 1 more bytes]\n` +
        `${'é'.repeat(2000)} …[line cut: 2000 more bytes]\n` +
        'short\n',
    );
    expect(data).toMatchObject({ truncated: true, total_lines: 4 });
    expect(text).toContain('2 lines of more than 4000 bytes are cut');
  });

  test.each([
    [{ start_line: 6000 }, 'has 5000 lines; start_line 6000 is after its end'],
    [{ start_line: 5, end_line: 4 }, 'end_line 4 is before start_line 5'],
    [{ start_line: 0 }, 'start_line'],
    [{ start_line: 1.5 }, 'start_line'],
  ])('that do not exist, %j, are an error that says why', async (range, why) => {
    const { isError, text } = await read('long.txt', range);
    expect(isError).toBe(true);
    expect(text).toContain(why);
  });
});

describe('what is not UTF-8 text', () => {
  test.each(['binary.dat', 'utf16.txt'])('%s is said to be binary, not dumped', async (name) => {
    const { isError, text } = await read(name);
    expect(isError).toBe(true);
    expect(text).toContain('is a binary file');
    expect(text).not.toContain('\0');
  });

  test('some bytes that are not UTF-8 are replaced, with a note', async () => {
    const { isError, text } = await read('latin1.txt');
    expect(isError).toBe(false);
    expect(text).toContain('caf\uFFFD\n');
    expect(text).toContain('not valid UTF-8');
  });
});

describe('huge files', () => {
  test('of 40 MB are read at both ends, with all lines counted', async () => {
    const file = await open(folder.at('big.txt'), 'w');
    for (let part = 0; part < 40; part += 1) await file.write('0123456789abcde\n'.repeat(65_536));
    await file.close();
    const head = await read('big.txt', { end_line: 1 });
    expect(head.data).toMatchObject({ content: '0123456789abcde\n', total_lines: 2_621_440 });
    const tail = await read('big.txt', { start_line: 2_621_440 });
    expect(tail.data).toMatchObject({ content: '0123456789abcde\n', end_line: 2_621_440 });
  });

  test('too large to be counted say so, and what lies beyond reach is refused', async () => {
    const file = await open(folder.at('hole.txt'), 'w');
    await file.write('text\n'.repeat(10_000));
    await file.close();
    await truncate(folder.at('hole.txt'), 2 ** 35);
    const head = await read('hole.txt', { end_line: 2 });
    expect(head.data).toEqual({
      path: 'hole.txt',
      content: 'text\ntext\n',
      start_line: 1,
      end_line: 2,
      truncated: false,
      notes: ['Lines 1-2 of a very large file'],
    });
    const beyond = await read('hole.txt', { start_line: 20_000 });
    expect(beyond).toMatchObject({ isError: true });
    expect(beyond.text).toContain('as far as this server looks');
  });
});

describe('a path that does not exist', () => {
  test.each([
    ['packge.json', 'Did you mean "package.json"?'],
    ['src/index.ts', 'there is no "src" in "."'],
    ['package.json/x', '"package.json" is not a folder'],
  ])('%s is answered with what there is', async (path, hint) => {
    const { isError, text } = await read(path);
    expect(isError).toBe(true);
    expect(text).toContain(`${JSON.stringify(path)} does not exist`);
    expect(text).toContain(hint);
  });
});
