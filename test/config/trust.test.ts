import {
  chmod,
  mkdir,
  readdir,
  readFile,
  rename,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { isTrusted, storePath, trust } from '../../src/config/trust.ts';
import { folderWith } from './folder.ts';

const TEXT = '{"mcpServers": {"a": {"command": "./run"}}}';

async function scene(): Promise<{
  folder: string;
  path: string;
  options: { env: Record<string, string> };
}> {
  const folder = await folderWith({ 'project/mcp.config.json': TEXT });
  const options = { env: { XDG_STATE_HOME: join(folder, 'state') } };
  return { folder, path: join(folder, 'project/mcp.config.json'), options };
}

test('a config is trusted once a person has said so, and not before', async () => {
  const { path, options } = await scene();
  const { source } = await loadConfig(path);
  expect(await isTrusted(source, options)).toEqual({ trusted: false, notice: undefined });
  await trust(source, options);
  expect(await isTrusted(source, options)).toEqual({ trusted: true, notice: undefined });
  expect(await isTrusted((await loadConfig(path)).source, options)).toMatchObject({
    trusted: true,
  });
});

test('one changed byte ends the trust; both contents can be trusted', async () => {
  const { path, options } = await scene();
  const before = (await loadConfig(path)).source;
  await trust(before, options);
  await writeFile(path, `${TEXT} `);
  const after = (await loadConfig(path)).source;
  expect((await isTrusted(after, options)).trusted).toBe(false);
  await trust(after, options);
  expect((await isTrusted(after, options)).trusted).toBe(true);
  expect((await isTrusted(before, options)).trusted).toBe(true);
});

test('what was loaded is what is trusted, even if the file has changed since', async () => {
  const { path, options } = await scene();
  const shown = await loadConfig(path);
  await writeFile(path, '{"mcpServers": {"a": {"command": "./evil"}}}');
  await trust(shown.source, options);
  expect((await isTrusted((await loadConfig(path)).source, options)).trusted).toBe(false);
});

test('the same bytes in another folder are not trusted, not even by a link to the trusted file', async () => {
  const { folder, path, options } = await scene();
  await trust((await loadConfig(path)).source, options);
  await mkdir(join(folder, 'copy'));
  await writeFile(join(folder, 'copy/mcp.config.json'), TEXT);
  await mkdir(join(folder, 'link'));
  await symlink(path, join(folder, 'link/mcp.config.json'));
  for (const other of ['copy', 'link']) {
    const { source } = await loadConfig(join(folder, other, 'mcp.config.json'));
    expect((await isTrusted(source, options)).trusted).toBe(false);
  }
});

test('the same folder by another name is the same folder', async () => {
  const { folder, path, options } = await scene();
  await trust((await loadConfig(path)).source, options);
  await symlink(join(folder, 'project'), join(folder, 'alias'));
  const { source } = await loadConfig(join(folder, 'alias/mcp.config.json'));
  expect((await isTrusted(source, options)).trusted).toBe(true);
  await rename(join(folder, 'project'), join(folder, 'moved'));
  const moved = await loadConfig(join(folder, 'moved/mcp.config.json'));
  expect((await isTrusted(moved.source, options)).trusted).toBe(false);
});

test('a config that was given as an object needs no trust', async () => {
  const { source } = await loadConfig({});
  expect((await isTrusted(source)).trusted).toBe(true);
});

test('the store is private, and no draft of it is left', async () => {
  const { path, options } = await scene();
  await trust((await loadConfig(path)).source, options);
  const store = storePath(options);
  expect((await stat(store)).mode & 0o777).toBe(0o600);
  expect((await stat(dirname(store))).mode & 0o777).toBe(0o700);
  expect(await readdir(dirname(store))).toEqual(['trusted.json']);
});

test.each([
  ['is no JSON', '{"version": 1, "trus'],
  ['is empty', ''],
  ['has another shape', '{"version": 2, "trusted": []}'],
  ['holds something else', '{"version": 1, "trusted": [7]}'],
])(
  'a store that %s trusts nothing, says so, and is mended by the next trust',
  async (_what, text) => {
    const { path, options } = await scene();
    const { source } = await loadConfig(path);
    const store = storePath(options);
    await mkdir(dirname(store), { recursive: true });
    await writeFile(store, text, { mode: 0o600 });
    const before = await isTrusted(source, options);
    expect(before.trusted).toBe(false);
    expect(before.notice).toContain(`${store} is damaged`);
    await trust(source, options);
    expect(await isTrusted(source, options)).toEqual({ trusted: true, notice: undefined });
  },
);

test('a store that other users may write trusts nothing', async () => {
  const { path, options } = await scene();
  const { source } = await loadConfig(path);
  await trust(source, options);
  await chmod(storePath(options), 0o620);
  const { trusted, notice } = await isTrusted(source, options);
  expect(trusted).toBe(false);
  expect(notice).toContain('may be written by other users');
});

test('a folder in the place of the store trusts nothing; remembering fails with the path', async () => {
  const { path, options } = await scene();
  const { source } = await loadConfig(path);
  await mkdir(storePath(options), { recursive: true });
  await chmod(storePath(options), 0o700);
  const before = await isTrusted(source, options);
  expect(before.trusted).toBe(false);
  expect(before.notice).toContain('is no trust store');
  await expect(trust(source, options)).rejects.toMatchObject({ code: 'config' });
  expect(await readdir(dirname(storePath(options)))).toEqual(['trusted.json']);
});

test('the oldest of very many are forgotten', async () => {
  const { path, options } = await scene();
  const { source } = await loadConfig(path);
  for (let index = 0; index < 3; index += 1) {
    await trust({ ...source, sha256: `hash-${String(index)}` }, options);
  }
  const store: { trusted: unknown[] } = JSON.parse(
    await readFile(storePath(options), 'utf8'),
  ) as never;
  expect(store.trusted).toHaveLength(3);
  const many = Array.from({ length: 1000 }, (_, index) => ({ path: '/x', sha256: String(index) }));
  await writeFile(storePath(options), JSON.stringify({ version: 1, trusted: many }));
  await trust(source, options);
  const after = JSON.parse(await readFile(storePath(options), 'utf8')) as typeof store;
  expect(after.trusted).toHaveLength(1000);
  expect(after.trusted[0]).toEqual({ path: '/x', sha256: '1' });
  expect((await isTrusted(source, options)).trusted).toBe(true);
});
