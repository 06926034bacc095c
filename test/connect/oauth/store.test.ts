import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { serverId } from '../../../src/call/names.ts';
import { lockFile } from '../../../src/connect/oauth/store-lock.ts';
import { TokenStore, type Stored } from '../../../src/connect/oauth/token-store.ts';
import { consent } from '../../support/authorization-server.ts';
import { textOf } from '../../support/connections.ts';
import { verifies } from '../../support/verifies.ts';
import { Scene } from './scene.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fanout-store-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const STORED: Stored = {
  grants: [
    {
      issuer: 'https://auth.example',
      client: null,
      tokens: { accessToken: 'a', refreshToken: 'r', scope: null, expiresAt: null },
    },
  ],
  wanted: null,
};

function storeOf(server: string, url = 'https://mcp.example/mcp', clientId?: string): TokenStore {
  return new TokenStore({
    server: serverId(server),
    resource: new URL(url),
    settings: { grant: 'authorization_code', clientId },
    env: { XDG_STATE_HOME: folder },
  });
}

const mode = (path: string): number => statSync(path).mode & 0o777;

describe('the store of tokens', () => {
  verifies('oauth:private-store', 'is closed to others', async () => {
    const store = storeOf('docs');
    using _lock = await store.lock(new AbortController().signal);
    await store.write(STORED);
    expect(mode(store.path)).toBe(0o600);
    expect(mode(dirname(store.path))).toBe(0o700);
    expect(await store.read()).toMatchObject(STORED);
  });

  verifies(
    'oauth:private-store',
    'replaces a link that stands in its place, and its target stays',
    async () => {
      const store = storeOf('docs');
      mkdirSync(dirname(store.path), { recursive: true, mode: 0o700 });
      const target = join(folder, 'precious');
      writeFileSync(target, 'precious', { mode: 0o600 });
      symlinkSync(target, store.path);
      await expect(store.read()).rejects.toThrow('is a link');
      await store.write(STORED);
      expect(readFileSync(target, 'utf8')).toBe('precious');
      expect(await store.read()).toMatchObject(STORED);
      expect(readdirSync(dirname(store.path))).toHaveLength(1);
    },
  );

  verifies(
    'oauth:private-store',
    'is not looked for in a folder that is a link, or open to others',
    async () => {
      const store = storeOf('docs');
      await store.write(STORED);
      const home = dirname(store.path);
      chmodSync(home, 0o777);
      await expect(store.read()).rejects.toThrow('other users may change');
      chmodSync(home, 0o700);
      renameSync(home, `${home}-elsewhere`);
      symlinkSync(`${home}-elsewhere`, home);
      await expect(store.read()).rejects.toThrow('a folder that is a link');
      await expect(store.lock(new AbortController().signal)).rejects.toThrow('link');
    },
  );

  test.each([
    ['is open to other users', (path: string) => chmodSync(path, 0o640)],
    ['is damaged', (path: string) => writeFileSync(path, '{"version": 1')],
    ['is damaged', (path: string) => writeFileSync(path, '{"version": 1, "grants": "all"}')],
    ['is too large', (path: string) => writeFileSync(path, ' '.repeat(2_000_000))],
    [
      'is no plain file',
      (path: string) => {
        rmSync(path);
        mkdirSync(path);
      },
    ],
  ])('that %s is not used, and says so', async (why, spoil) => {
    const store = storeOf('docs');
    await store.write(STORED);
    spoil(store.path);
    await expect(store.read()).rejects.toThrow(`${store.path} ${why}`);
  });

  test('is another for another name, address or client', () => {
    const paths = [
      storeOf('docs'),
      storeOf('work'),
      storeOf('docs', 'https://mcp.example/other'),
      storeOf('docs', 'https://mcp.example/mcp', 'id'),
      storeOf('../../etc/passwd'),
    ].map(({ path }) => path);
    expect(new Set(paths).size).toBe(paths.length);
    expect(new Set(paths.map(dirname)).size).toBe(1);
  });

  test('that cannot be used does not keep anybody from working: it is told of, once', async () => {
    await using scene = await Scene.open();
    mkdirSync(join(scene.state, 'mcp-fanout'), { recursive: true });
    writeFileSync(scene.storeFolder, 'in the way');
    await using server = await scene.connect({ authorize: consent }).ready();
    scene.issuer.expireAccessTokens();
    expect(textOf(await server.call('run'))).toBe('run 1');
    expect(server.noticeCodes()).toEqual(['oauth-store']);
    expect(scene.issuer.counts).toMatchObject({ code: 1, refresh: 1, replays: 0 });
  });
});

const LOCKING = `
const { lockFile } = await import(process.argv[2]);
await lockFile(process.argv[3], new AbortController().signal);
console.log('locked');
setInterval(() => undefined, 1000);
`;
/** The built one: the other process runs without a compiler. */
const BUILT = fileURLToPath(
  new URL('../../../dist/src/connect/oauth/store-lock.js', import.meta.url),
);

describe('the lock of the store', () => {
  test('is held against this process, too, and given back once', async () => {
    const path = join(folder, 'x.lock');
    const { signal } = new AbortController();
    const order: string[] = [];
    const first = await lockFile(path, signal);
    const second = lockFile(path, signal).then((lock) => {
      order.push('second');
      return lock;
    });
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
    order.push('first');
    first[Symbol.dispose]();
    (await second)[Symbol.dispose]();
    expect(order).toEqual(['first', 'second']);
  });

  test('is not waited for beyond an abort', async () => {
    const path = join(folder, 'x.lock');
    using _held = await lockFile(path, new AbortController().signal);
    const controller = new AbortController();
    const waiting = lockFile(path, controller.signal);
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
  });

  test('is gone with a process that was killed while it held it', async () => {
    expect(existsSync(BUILT), 'the build').toBe(true);
    const path = join(folder, 'x.lock');
    const script = join(folder, 'lock.mjs');
    writeFileSync(script, LOCKING);
    const child = spawn(process.execPath, [script, BUILT, path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    const controller = new AbortController();
    const waiting = lockFile(path, controller.signal);
    let isLocked = false;
    void waiting.then(() => {
      isLocked = true;
    });
    await new Promise((resolve) => {
      setTimeout(resolve, 150);
    });
    expect(isLocked).toBe(false);
    child.kill('SIGKILL');
    (await waiting)[Symbol.dispose]();
  });
});
