import { mkdir, symlink } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { findConfig, userConfigPath } from '../../src/config/find.ts';
import { folderWith } from './folder.ts';

vi.mock(import('node:os'), { spy: true });

test('a named config is taken as it is, relative to the working directory, before all others', async () => {
  const folder = await folderWith({ 'mcp.config.json': '{}', 'mcp-fanout/mcp.config.json': '{}' });
  const options = { cwd: folder, env: { XDG_CONFIG_HOME: folder } };
  expect(await findConfig('sub/other.json', options)).toEqual({
    path: join(folder, 'sub/other.json'),
    origin: 'named',
  });
});

test("the user's own config comes before one that is found", async () => {
  const folder = await folderWith({
    'mcp.config.json': '{}',
    'xdg/mcp-fanout/mcp.config.json': '{}',
    'home/.config/mcp-fanout/mcp.config.json': '{}',
  });
  const home = join(folder, 'home');
  const xdg = join(folder, 'xdg');
  expect(await findConfig(undefined, { cwd: folder, home, env: { XDG_CONFIG_HOME: xdg } })).toEqual(
    {
      path: join(xdg, 'mcp-fanout/mcp.config.json'),
      origin: 'user',
    },
  );
  expect(await findConfig(undefined, { cwd: folder, home, env: {} })).toEqual({
    path: join(home, '.config/mcp-fanout/mcp.config.json'),
    origin: 'user',
  });
});

test('a relative or empty XDG_CONFIG_HOME counts as not set', () => {
  for (const XDG_CONFIG_HOME of ['', 'relative']) {
    expect(userConfigPath({ env: { XDG_CONFIG_HOME }, home: '/home/u' })).toBe(
      join('/home/u', '.config/mcp-fanout/mcp.config.json'),
    );
  }
});

test('the nearest config upwards is found; folders of that name are passed by', async () => {
  const folder = await folderWith({ 'mcp.config.json': '{}', 'a/mcp.config.json': '{}' });
  const cwd = join(folder, 'a/b/c');
  await mkdir(join(cwd, 'mcp.config.json'), { recursive: true });
  const options = { home: join(folder, 'nobody'), env: {} };
  expect(await findConfig(undefined, { ...options, cwd })).toEqual({
    path: join(folder, 'a/mcp.config.json'),
    origin: 'found',
  });
  expect(await findConfig(undefined, { ...options, cwd: folder })).toEqual({
    path: join(folder, 'mcp.config.json'),
    origin: 'found',
  });
});

test("the user's own config that cannot be looked at is chosen, not passed by in silence", async () => {
  const folder = await folderWith({ 'mcp.config.json': '{}' });
  await mkdir(join(folder, '.config/mcp-fanout'), { recursive: true });
  await symlink('mcp.config.json', join(folder, '.config/mcp-fanout/mcp.config.json'));
  const choice = await findConfig(undefined, { cwd: folder, home: folder, env: {} });
  expect(choice.origin).toBe('user');
});

test('without any config the error says where was looked and what to do', async () => {
  const folder = await folderWith({ '.vscode/mcp.json': '{}' });
  const options = { cwd: folder, home: join(folder, 'home'), env: {} };
  const own = join(folder, 'home/.config/mcp-fanout/mcp.config.json');
  await expect(findConfig(undefined, options)).rejects.toMatchObject({ code: 'config' });
  const error: unknown = await findConfig(undefined, options).catch((reason: unknown) => reason);
  const message = error instanceof Error ? error.message : '';
  expect(message).toContain(own);
  expect(message).toContain(`mcp.config.json in ${folder} or a folder above it`);
  expect(message).toContain('mcp-fanout init');
  expect(message).toContain('--config PATH');
  expect(message).toContain('--config .vscode/mcp.json reads it');
});

test('a user without a home folder is told what to set', () => {
  vi.mocked(homedir).mockImplementationOnce(() => {
    throw new Error('uv_os_homedir returned ENOENT');
  });
  expect(() => userConfigPath({ env: {} })).toThrow(
    expect.objectContaining({
      code: 'config',
      message: 'this user has no home folder: set HOME, or XDG_CONFIG_HOME, to a folder',
    }),
  );
});
