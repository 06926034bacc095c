import nodeModule from 'node:module';
import { homedir } from 'node:os';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { keepCompiledCode } from '../../src/cli/compile-cache.ts';

vi.mock(import('node:os'), { spy: true });

const enableCompileCache = vi.fn<(directory: string) => void>();
// Older versions of Node have none.
const before = Object.getOwnPropertyDescriptor(nodeModule, 'enableCompileCache');

beforeEach(() => {
  enableCompileCache.mockReset();
  Object.assign(nodeModule, { enableCompileCache });
});

afterEach(() => {
  if (before === undefined) Reflect.deleteProperty(nodeModule, 'enableCompileCache');
  else Object.defineProperty(nodeModule, 'enableCompileCache', before);
});

test("compiled code is kept in the user's own folder", () => {
  keepCompiledCode({ XDG_CACHE_HOME: '/caches' });
  expect(enableCompileCache).toHaveBeenCalledExactlyOnceWith('/caches/mcp-fanout/code');
});

test('a user without a home folder has the program all the same', () => {
  vi.mocked(homedir).mockImplementationOnce(() => {
    throw new Error('uv_os_homedir returned ENOENT');
  });
  keepCompiledCode({});
  expect(homedir).toHaveBeenCalledOnce();
  expect(enableCompileCache).not.toHaveBeenCalled();
});
