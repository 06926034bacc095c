import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  DOORS,
  HTTP,
  openSession,
  type Scratch,
  scratch,
  type Session,
  STDIO,
} from './workspace-session.ts';

let folder: Scratch;
let session: Session;

beforeAll(async () => {
  folder = await scratch();
  session = await openSession(folder.root);
});

afterAll(async () => {
  await session[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const edit = async (path: string, ...edits: readonly [string, string][]) =>
  await session.call('edit_file', {
    path,
    edits: edits.map(([old_text, new_text]) => ({ old_text, new_text })),
  });

describe('write_file', () => {
  test.skipIf(process.platform === 'win32')(
    'keeps the mode of a file, and gives a new one the usual mode',
    async () => {
      await writeFile(folder.at('run.sh'), 'old', { mode: 0o750 });
      await chmod(folder.at('run.sh'), 0o750);
      await session.call('write_file', { path: 'run.sh', content: 'new' });
      expect((await stat(folder.at('run.sh'))).mode & 0o7777).toBe(0o750);
      await edit('run.sh', ['new', 'newer']);
      expect((await stat(folder.at('run.sh'))).mode & 0o7777).toBe(0o750);
      await writeFile(folder.at('usual'), '');
      await session.call('write_file', { path: 'fresh', content: '' });
      expect((await stat(folder.at('fresh'))).mode).toBe((await stat(folder.at('usual'))).mode);
    },
  );

  test.each(DOORS)('is never seen half done, over $transport, $era era', async (door) => {
    await using own = await scratch({ 'state.txt': 'a'.repeat(300_000) });
    await using writer = await openSession(own.root, { door });
    const contents = ['b', 'c', 'd', 'e', 'f'].map((letter) => letter.repeat(300_000));
    const progress = { busy: true };
    const seen = new Set<string>();
    const written = (async () => {
      // Until the reader did watch it change: on a busy machine it may miss some.
      for (let round = 0; round < 2 || (seen.size < 2 && round < 40); round += 1) {
        for (const content of contents) {
          expect(await writer.call('write_file', { path: 'state.txt', content })).toMatchObject({
            isError: false,
          });
        }
      }
    })().finally(() => (progress.busy = false));
    while (progress.busy) {
      const content = await readFile(own.at('state.txt'), 'utf8');
      expect(content.length).toBe(300_000);
      expect(content).toBe(content.charAt(0).repeat(300_000));
      seen.add(content.charAt(0));
    }
    await written;
    expect(await readFile(own.at('state.txt'), 'utf8')).toBe(contents.at(-1));
    expect(seen.size).toBeGreaterThan(1);
  });

  test('concurrent writes into one new folder all arrive', async () => {
    const answers = await Promise.all(
      Array.from(
        { length: 20 },
        async (_, index) =>
          await session.call('write_file', {
            path: `new/deep/er/${index}.txt`,
            content: `${index}`,
          }),
      ),
    );
    expect(answers.every(({ isError }) => !isError)).toBe(true);
    expect(await readdir(folder.at('new/deep/er'))).toHaveLength(20);
  });

  test('too much content, or content that no file can hold, is refused and changes nothing', async () => {
    await writeFile(folder.at('kept.txt'), 'kept');
    const large = await session.call('write_file', {
      path: 'kept.txt',
      content: 'x'.repeat(4 * 1024 * 1024 + 1),
    });
    expect(large).toMatchObject({ isError: true });
    expect(large.text).toContain('at most 4194304 bytes');
    const broken = await session.call('write_file', { path: 'kept.txt', content: 'a\ud800b' });
    expect(broken).toMatchObject({ isError: true });
    expect(await readFile(folder.at('kept.txt'), 'utf8')).toBe('kept');
  });

  test.each([STDIO, HTTP])(
    'takes a message larger than the SDK would by itself, over $transport',
    async (door) => {
      await using own = await scratch();
      await using writer = await openSession(own.root, { door });
      // Every character takes six in JSON.
      const content = '\u0001'.repeat(1_800_000);
      expect(await writer.call('write_file', { path: 'full.txt', content })).toMatchObject({
        isError: false,
      });
      expect((await stat(own.at('full.txt'))).size).toBe(1_800_000);
    },
  );

  test('a name too long for the file system is an error in words, without paths of the host', async () => {
    const { isError, text } = await session.call('write_file', {
      path: 'n'.repeat(300),
      content: '',
    });
    expect(isError).toBe(true);
    expect(text).toContain('too long for the file system (ENAMETOOLONG)');
    expect(text).not.toMatch(/proc|tmp/);
  });

  test.skipIf(process.getuid?.() === 0)(
    'a file or folder that may not be written stays as it is',
    async () => {
      await writeFile(folder.at('fixed.txt'), 'fixed', { mode: 0o444 });
      const fixed = await session.call('write_file', { path: 'fixed.txt', content: 'x' });
      expect(fixed.text).toContain('permission denied');
      await mkdir(folder.at('closed'), { mode: 0o555 });
      const closed = await session.call('write_file', { path: 'closed/a.txt', content: 'x' });
      expect(closed.text).toContain('permission denied');
      expect(await readFile(folder.at('fixed.txt'), 'utf8')).toBe('fixed');
    },
  );
});

describe('edit_file', () => {
  test.each(DOORS)(
    '20 concurrent edits of one file are all kept, over $transport, $era era',
    async (door) => {
      const markers = Array.from({ length: 20 }, (_, index) => `slot ${index} empty.\n`);
      await using own = await scratch({ 'shared.txt': markers.join('') });
      await using editor = await openSession(own.root, { door });
      const answers = await Promise.all(
        markers.map(
          async (marker) =>
            await editor.call('edit_file', {
              path: 'shared.txt',
              edits: [{ old_text: marker, new_text: marker.replace('empty', 'taken') }],
            }),
        ),
      );
      expect(answers.filter(({ isError }) => isError)).toEqual([]);
      expect(await readFile(own.at('shared.txt'), 'utf8')).toBe(
        markers.join('').replaceAll('empty', 'taken'),
      );
    },
  );

  test('is applied in the order in which the calls came', async () => {
    await writeFile(folder.at('chain.txt'), 'state 0');
    const answers = await Promise.all(
      Array.from(
        { length: 10 },
        async (_, index) => await edit('chain.txt', [`state ${index}`, `state ${index + 1}`]),
      ),
    );
    expect(answers.every(({ isError }) => !isError)).toBe(true);
    expect(await readFile(folder.at('chain.txt'), 'utf8')).toBe('state 10');
  });

  test.each([
    ['nothing', 'has 0 matches'],
    ['twice', 'has 2 matches (lines 1, 2)'],
    ['aa', 'has 2 matches'],
    ['once ', 'has 0 matches'],
  ])('an old_text that does not match exactly once is refused: %j', async (old, why) => {
    const original = 'twice\ntwice once\naaa\n';
    await writeFile(folder.at('exact.txt'), original);
    // All or nothing: the first edit alone would do.
    const { isError, text } = await edit('exact.txt', ['once', 'ONCE!'], [old, 'x']);
    expect(isError).toBe(true);
    expect(text).toContain(`old_text of edit 2 of 2 ${why}`);
    expect(await readFile(folder.at('exact.txt'), 'utf8')).toBe(original);
  });

  test('new text is taken as it is, whatever a replacement pattern would make of it', async () => {
    await writeFile(folder.at('dollar.txt'), 'price: X');
    await edit('dollar.txt', ['X', '$& $1 $$ $`']);
    expect(await readFile(folder.at('dollar.txt'), 'utf8')).toBe('price: $& $1 $$ $`');
  });

  test('an edit that would change nothing, or names no text, is refused', async () => {
    await writeFile(folder.at('same.txt'), 'same');
    expect((await edit('same.txt', ['same', 'same'])).text).toContain('are the same');
    expect(await edit('same.txt', ['', 'x'])).toMatchObject({ isError: true });
    expect(await edit('same.txt')).toMatchObject({ isError: true });
  });

  test('in a file with CRLF line ends, edits written with LF match and keep CRLF', async () => {
    await writeFile(folder.at('crlf.txt'), 'one\r\ntwo\r\nthree\r\n');
    expect(await edit('crlf.txt', ['one\ntwo\n', 'one\n1.5\n2\n'])).toMatchObject({
      isError: false,
    });
    expect(await readFile(folder.at('crlf.txt'), 'utf8')).toBe('one\r\n1.5\r\n2\r\nthree\r\n');
    // Where line ends are mixed, nothing is assumed.
    await writeFile(folder.at('mixed.txt'), 'one\r\ntwo\n');
    expect((await edit('mixed.txt', ['one\ntwo', 'x'])).text).toContain('has 0 matches');
  });

  test('bytes that the edit does not name stay: a byte order mark, a missing last line end', async () => {
    await writeFile(folder.at('bom.txt'), '\uFEFFa\nb');
    await edit('bom.txt', ['b', 'c']);
    expect(await readFile(folder.at('bom.txt'), 'utf8')).toBe('\uFEFFa\nc');
  });

  test('what is not UTF-8 text is refused', async () => {
    await writeFile(folder.at('latin1.txt'), Buffer.from([0x61, 0xe9, 0x0a]));
    expect((await edit('latin1.txt', ['a', 'b'])).text).toContain('not valid UTF-8');
    await writeFile(folder.at('binary.dat'), Buffer.from([0x61, 0, 0x62]));
    expect((await edit('binary.dat', ['a', 'b'])).text).toContain('binary file');
    await writeFile(folder.at('large.txt'), 'x'.repeat(4 * 1024 * 1024 + 1));
    expect((await edit('large.txt', ['x', 'b'])).text).toContain('are not edited');
    expect((await edit('missing.txt', ['x', 'b'])).text).toContain('does not exist');
  });

  test('a text of one repeated character is refused at once', async () => {
    await writeFile(folder.at('same-letters.txt'), 'a'.repeat(4_000_000));
    const { text } = await edit('same-letters.txt', ['a'.repeat(2_000_000), 'b']);
    expect(text).toContain('at least 100 matches');
  });

  test('a long diff is cut', async () => {
    await writeFile(folder.at('long.txt'), 'x\n'.repeat(500));
    const { text, data } = await edit('long.txt', ['x\n'.repeat(500), 'y\n'.repeat(500)]);
    expect(data).toMatchObject({ lines_added: 500, lines_removed: 500 });
    expect(text).toContain('… 941 more lines');
    expect(text.split('\n').length).toBeLessThan(70);
  });
});

test('nothing that was done above left a temporary file', async () => {
  const names = await readdir(folder.root, { recursive: true });
  expect(names).toContain('run.sh');
  expect(names.filter((name) => name.includes('.mcp-workspace-'))).toEqual([]);
});
