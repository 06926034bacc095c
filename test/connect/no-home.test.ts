import { homedir } from 'node:os';
import { expect, test, vi } from 'vitest';
import { httpServer } from '../support/connections.ts';

vi.mock(import('node:os'), { spy: true });

test('where tokens have no place to be, the connection fails for that reason, and can be closed', async () => {
  vi.mocked(homedir).mockImplementationOnce(() => {
    throw new Error('uv_os_homedir returned ENOENT');
  });
  await using server = httpServer('http://127.0.0.1:9/mcp', { env: {} });
  expect(await server.failure()).toBe(
    'this user has no home folder: set HOME, or XDG_STATE_HOME, to a folder',
  );
  await expect(server.connection.close()).resolves.toBeUndefined();
});
