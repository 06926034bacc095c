import { createHash } from 'node:crypto';
import { chmod, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { HostError } from '../../src/base/errors.ts';
import { loadConfig, MAX_CONFIG_BYTES } from '../../src/config/load.ts';
import { folderWith } from './folder.ts';
import { noticesOf, usable } from './load-text.ts';

const TEXT = '{"mcpServers": {"a": {"command": "x", "cwd": "sub"}}}';

async function failure(path: string): Promise<HostError> {
  const reason: unknown = await loadConfig(path).catch((error: unknown) => error);
  if (reason instanceof HostError) return reason;
  throw new Error('the config was accepted');
}

test('a file is read; its relative paths are relative to it; its bytes are hashed', async () => {
  const folder = await folderWith({ 'deep/c.json': TEXT });
  const config = await loadConfig('deep/c.json', { cwd: folder });
  expect(config.source).toEqual({
    path: join(folder, 'deep/c.json'),
    directory: join(folder, 'deep'),
    sha256: createHash('sha256').update(TEXT).digest('hex'),
  });
  expect(usable(config, 'a').endpoint).toMatchObject({ cwd: join(folder, 'deep/sub') });
  expect(config.notices).toEqual([]);
});

test('an object is read; its relative paths are relative to the working directory', async () => {
  const folder = await folderWith();
  const config = await loadConfig({ mcpServers: { a: { command: 'x' } } }, { cwd: folder });
  expect(config.source).toEqual({ path: undefined, directory: folder, sha256: undefined });
  expect(usable(config, 'a').endpoint).toMatchObject({ cwd: folder });
});

test('model variables come from the environment that is given', async () => {
  const env = { MODEL: 'given' };
  expect((await loadConfig({ model: { name: '${MODEL}' } }, { env })).model.name).toBe('given');
});

test('a byte order mark is no fault, and moves no place', async () => {
  const folder = await folderWith({ 'a.json': `\uFEFF${TEXT}`, 'b.json': '\uFEFF{"polcy": 1}' });
  expect((await loadConfig(join(folder, 'a.json'))).servers).toHaveLength(1);
  expect(noticesOf(await loadConfig(join(folder, 'b.json')))[1]).toContain('1:2 unknown key');
});

test('a fault in a file names it with line and column', async () => {
  const folder = await folderWith({ 'c.json': '{\n  "limits": {"maxTurns": "5"}\n}' });
  const path = join(folder, 'c.json');
  const error = await failure(path);
  expect(error.code).toBe('config');
  expect(error.message).toBe(
    `${path}:2:26: limits.maxTurns must be a whole number from 1 to 2147483647; got "5": leave out the quotes`,
  );
  expect(error.details).toEqual({ file: path, line: 2, column: 26, key: 'limits.maxTurns' });
});

test.each<[string, Readonly<Record<string, string | Buffer>>, string, string]>([
  ['a missing file', {}, 'c.json', 'there is no such file'],
  ['a file within a file', { 'c.json': '{}' }, 'c.json/x', 'a part of the path is no folder'],
  ['a folder', { 'c.json/x': '' }, 'c.json', 'is a folder; name the file in it'],
  ['an empty file', { 'c.json': '' }, 'c.json', 'c.json:1:1: the config is empty'],
  [
    'UTF-16',
    { 'c.json': Buffer.from(`\uFEFF${TEXT}`, 'utf16le') },
    'c.json',
    'is UTF-16: save it as UTF-8',
  ],
  [
    'bytes that are no text',
    { 'c.json': Buffer.from([0x7b, 0xff, 0xfe, 0x80]) },
    'c.json',
    'is not UTF-8',
  ],
  [
    'a huge file',
    { 'c.json': Buffer.alloc(MAX_CONFIG_BYTES + 1, ' ') },
    'c.json',
    'is larger than 4 MiB',
  ],
])('%s is refused by name, with what is wrong', async (...row) => {
  const [, files, name, words] = row;
  const path = join(await folderWith(files), name);
  const error = await failure(path);
  expect(error.code).toBe('config');
  expect(error.message).toContain(path);
  expect(error.message).toContain(words);
});

test('a file of just the greatest size is read', async () => {
  const folder = await folderWith({ 'c.json': `{}${' '.repeat(MAX_CONFIG_BYTES - 2)}` });
  expect((await loadConfig(join(folder, 'c.json'))).servers).toEqual([]);
});

test('an endless device is refused, not read for ever', async () => {
  expect((await failure('/dev/zero')).message).toContain('is larger than 4 MiB');
});

test.skipIf(process.getuid?.() === 0)('a file that may not be read is refused', async () => {
  const path = join(await folderWith({ 'c.json': '{}' }), 'c.json');
  await chmod(path, 0o000);
  expect((await failure(path)).message).toContain('check its permissions');
});

test('links that lead in a circle are refused', async () => {
  const path = join(await folderWith(), 'c.json');
  await symlink(path, path);
  expect((await failure(path)).message).toContain('lead in a circle');
});

test('an empty path is refused', async () => {
  expect((await failure('')).message).toBe('the path of the config is empty');
});

test('a config that every user may change, or that is a link, is read with a notice', async () => {
  const folder = await folderWith({ 'real.json': TEXT });
  await chmod(join(folder, 'real.json'), 0o666);
  await symlink('real.json', join(folder, 'link.json'));
  expect(noticesOf(await loadConfig(join(folder, 'real.json')))).toEqual([
    '0:0 every user of this machine may change this config: chmod o-w it',
  ]);
  const config = await loadConfig(join(folder, 'link.json'));
  expect(noticesOf(config)[0]).toContain('0:0 this config is a symbolic link');
  expect(config.source.directory).toBe(folder);
});

test("the repository's own config is without fault", async () => {
  const config = await loadConfig(fileURLToPath(new URL('../../mcp.config.json', import.meta.url)));
  expect(config.notices).toEqual([]);
  expect(config.servers.length).toBeGreaterThan(0);
  expect(config.servers.filter((server) => server.kind === 'unusable' && !server.intended)).toEqual(
    [],
  );
});
