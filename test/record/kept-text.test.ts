import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findIn, readSlice, type KeptText } from '../../src/record/kept-text.ts';
import { folderWith } from '../config/folder.ts';

async function kept(content: string): Promise<KeptText> {
  const folder = await folderWith({ text: content });
  return { id: 'r1-1', path: join(folder, 'text'), bytes: Buffer.byteLength(content) };
}

test('slices put together are the text, however long they are', async () => {
  const content = 'aé€😀\n'.repeat(40);
  const text = await kept(content);
  for (const length of [1, 2, 3, 5, 7, 64, 1000]) {
    let all = '';
    for (let offset = 0; offset < text.bytes;) {
      const slice = await readSlice(text, offset, length);
      expect(slice.from).toBe(offset);
      expect(slice.to).toBeGreaterThan(offset);
      expect(Buffer.byteLength(slice.text)).toBe(slice.to - slice.from);
      all += slice.text;
      offset = slice.to;
    }
    expect(all).toBe(content);
  }
});

test('an offset within a character begins with that character', async () => {
  const text = await kept('a😀b');
  expect(await readSlice(text, 3, 2)).toEqual({ from: 1, to: 5, text: '😀' });
});

test('a search gives the first places, what stands there, and how many there are', async () => {
  const text = await kept(`${'x'.repeat(500)}needle${'é'.repeat(500)}needle, needle`);
  const { hits, count } = await findIn(text, 'needle', { offset: 0, most: 2 });
  expect(count).toBe(3);
  expect(hits.map(({ offset }) => offset)).toEqual([500, 1506]);
  expect(hits[0]?.excerpt).toBe(`${'x'.repeat(80)}needle${'é'.repeat(80)}`);
  expect(hits[1]?.excerpt).toMatch(/^é+needle, needle$/u);
  const rest = await findIn(text, 'needle', { offset: 501, most: 9 });
  expect(rest.hits.map(({ offset }) => offset)).toEqual([1506, 1514]);
  expect(await findIn(text, 'pin', { offset: 0, most: 9 })).toEqual({ hits: [], count: 0 });
});

test('what stands around a place begins and ends with whole characters', async () => {
  for (const shift of ['', 'x', 'xy']) {
    const text = await kept(`${shift}${'€'.repeat(200)}needle${'€'.repeat(200)}`);
    const { hits } = await findIn(text, 'needle', { offset: 0, most: 1 });
    expect(hits[0]?.excerpt).toMatch(/^€{26,28}needle€{52,54}$/u);
  }
});

test('a place that lies across two windows is found once', async () => {
  const window = 1024 * 1024;
  const content = `${'x'.repeat(window - 3)}needle${'y'.repeat(window)}needle`;
  const { hits } = await findIn(await kept(content), 'needle', { offset: 0, most: 9 });
  expect(hits.map(({ offset }) => offset)).toEqual([window - 3, 2 * window + 3]);
});

test('a link is not followed', async () => {
  const text = await kept('secret');
  const path = `${text.path}-link`;
  await symlink(text.path, path);
  await expect(readSlice({ ...text, path }, 0, 10)).rejects.toMatchObject({ code: 'ELOOP' });
  await writeFile(text.path, '');
  expect((await readSlice(text, 0, 10)).text).toBe('');
});
