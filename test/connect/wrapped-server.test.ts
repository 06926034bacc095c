import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { SERVERS, stdioServer, textOf, type TestConnection } from '../support/connections.ts';
import { eventually } from '../support/leaks.ts';
import { verifies } from '../support/verifies.ts';

const RAW = join(SERVERS, 'raw.mjs');
/** Starts the server as its child, with its own stdin and stdout, and waits for it, as `npx` does; with `leaves` it waits only for its start. */
const WRAPPER = `
  const [server, mode, leaves] = process.argv.slice(1);
  const child = require('node:child_process').spawn(process.execPath, [server, mode], { stdio: 'inherit' });
  const leave = () => require('node:fs').existsSync(process.env.WIRE_LOG) && process.exit(0);
  if (leaves) setInterval(leave, 5);
  child.on('exit', (code) => process.exit(code ?? 1));
`;

function wrapped(mode: string, ...more: readonly string[]): TestConnection {
  return stdioServer(process.execPath, ['-e', WRAPPER, RAW, mode, ...more], {
    restart: { baseMs: 86_400_000, maxMs: 86_400_000 },
    timeouts: { connectMs: mode === 'silent' ? 1_000 : 30_000 },
    protocol: 'legacy',
  });
}

describe('a server behind a wrapper', () => {
  verifies('orphans:none', 'works, and is closed together with it', async () => {
    await using server = await wrapped('good').ready();
    expect(textOf(await server.call('echo', { text: 'through' }))).toBe('through');
    expect(server.living()).toHaveLength(2);
    await server.connection.close();
    expect(server.living()).toEqual([]);
  });

  verifies('orphans:none', 'that is deaf to everything but SIGKILL is closed, too', async () => {
    await using server = await wrapped('deaf-family').ready();
    expect(server.living()).toHaveLength(3);
    await server.connection.close();
    expect(server.living()).toEqual([]);
  });

  verifies('orphans:none', 'ends when the wrapper is killed', async () => {
    await using server = await wrapped('ignore-eof').ready();
    const [wrapper] = server.living();
    process.kill(wrapper ?? 0, 'SIGKILL');
    await eventually('the end of both', () => server.living().length === 0);
    expect(server.connection.state).toMatchObject({
      kind: 'backing-off',
      reason: expect.stringContaining('killed by SIGKILL') as string,
    });
  });

  verifies('orphans:none', 'that leaves it alone ends when the wrapper does', async () => {
    await using server = wrapped('ignore-eof', 'leaves');
    await server.connection.settled();
    await eventually('the end of both', () => server.living().length === 0);
    expect(server.wire().map(({ event }) => event)).toContain('start');
  });

  verifies('orphans:none', 'that never answers is gone when it is given up', async () => {
    await using server = wrapped('silent');
    expect(await server.failure()).toContain('was not ready within 1000 ms');
    await eventually('the end of both', () => server.living().length === 0);
  });
});
