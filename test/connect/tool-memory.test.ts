import {
  chmod,
  chown,
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { serverId } from '../../src/call/names.ts';
import type { Endpoint } from '../../src/config/host-config.ts';
import { memoryKey } from '../../src/connect/memory-file.ts';
import { removeOldMemories } from '../../src/connect/old-memories.ts';
import type { RawTool } from '../../src/connect/raw-tool.ts';
import { ToolMemory } from '../../src/connect/tool-memory.ts';
import { folderWith } from '../config/folder.ts';
import { serverConfig } from '../support/connections.ts';
import { verifies } from '../support/verifies.ts';

const DAY_MS = 24 * 60 * 60 * 1_000;
const ID = serverId('one');
const KEY = 'a'.repeat(64);

function tool(name: string, more: Partial<RawTool> = {}): RawTool {
  return { name, description: `does ${name}`, inputSchema: { type: 'object' }, ...more };
}

interface Opened {
  readonly memory: ToolMemory;
  readonly warnings: string[];
  readonly tools: readonly RawTool[] | undefined;
}

/** A process that opens what an earlier one left. */
async function open(folder: string, keys = new Map([[ID, KEY]])): Promise<Opened> {
  const warnings: string[] = [];
  const onWarning = (message: string): number => warnings.push(message);
  const memory = new ToolMemory({ folder, keys, onWarning });
  await memory.recall();
  return { memory, warnings, tools: memory.of(ID)?.tools };
}

async function keep(folder: string, ...lists: readonly (readonly RawTool[])[]): Promise<void> {
  const { memory } = await open(folder);
  for (const list of lists) memory.keep(ID, list);
  await memory.close();
}

const fileIn = (folder: string): string => join(folder, `${KEY}.json`);
const folder = async (): Promise<string> => join(await folderWith(), 'mcp-fanout', 'catalogues');

describe('what is remembered', () => {
  verifies(
    'warm:remembered',
    'is what was listed, in its order and with all that it says',
    async () => {
      const list = [
        tool('b', {
          title: 'B',
          inputSchema: { type: 'object', properties: { ключ: { type: 'string' } } },
          outputSchema: { type: 'object' },
          annotations: { readOnlyHint: true, title: 'Bee' },
          _meta: { 'mcp-fanout/keys': ['id'] },
        }),
        tool('a', { description: `${'x'.repeat(64 * 1_024)}…` }),
      ];
      const there = await folder();
      await keep(there, list);
      expect((await open(there)).tools).toEqual(list);
    },
  );

  test('is its owner’s alone', async () => {
    const there = await folder();
    await keep(there, [tool('a')]);
    expect((await stat(there)).mode & 0o777).toBe(0o700);
    expect((await stat(fileIn(there))).mode & 0o777).toBe(0o600);
    expect(await readdir(there)).toEqual([`${KEY}.json`]);
  });

  verifies(
    'warm:replaced',
    'is not written again when it is confirmed, but is as new',
    async () => {
      const there = await folder();
      await keep(there, [tool('a')]);
      const old = new Date(Date.now() - 10 * DAY_MS);
      await utimes(fileIn(there), old, old);
      const before = await stat(fileIn(there));
      const { memory, tools } = await open(there);
      expect(memory.of(ID)?.at).toBe(old.getTime());
      memory.keep(ID, tools ?? []);
      await memory.close();
      const after = await stat(fileIn(there));
      expect(after.ino).toBe(before.ino);
      expect(Date.now() - after.mtimeMs).toBeLessThan(DAY_MS);
    },
  );

  test('is written again when somebody removed it meanwhile', async () => {
    const there = await folder();
    await keep(there, [tool('a')]);
    const { memory, tools } = await open(there);
    await rename(fileIn(there), `${fileIn(there)}.away`);
    memory.keep(ID, tools ?? []);
    await memory.close();
    expect((await open(there)).tools).toEqual([tool('a')]);
  });

  verifies(
    'warm:replaced',
    'is the first list of a server, and at the end its last one: what changes all the time costs no more',
    async () => {
      const there = await folder();
      const other = serverId('other');
      const otherKey = 'b'.repeat(64);
      const keys = new Map([
        [ID, KEY],
        [other, otherKey],
      ]);
      const { memory } = await open(there, keys);
      const written = async (path: string): Promise<void> => {
        await expect.poll(() => readFile(path, 'utf8').catch(() => '')).toContain('"tools"');
      };
      memory.keep(ID, [tool('a')]);
      await written(fileIn(there));
      for (let time = 0; time < 100; time += 1) memory.keep(ID, [tool(`b${time}`)]);
      memory.keep(other, [tool('c')]);
      await written(join(there, `${otherKey}.json`));
      expect((await open(there)).tools).toEqual([tool('a')]);
      await memory.close();
      expect((await open(there)).tools).toEqual([tool('b99')]);
    },
  );

  test('is not written while servers start: what changes in that moment is written once', async () => {
    const there = await folder();
    const { memory } = await open(there);
    memory.keep(ID, [tool('a')]);
    memory.keep(ID, [tool('b')]);
    await expect.poll(async () => (await open(there)).tools, { timeout: 5_000 }).toBeDefined();
    expect((await open(there)).tools).toEqual([tool('b')]);
    await memory.close();
  });

  test('ends where a server has no tools any more, or too many', async () => {
    const there = await folder();
    for (const list of [[], [tool('a', { description: 'x'.repeat(5 * 1_024 * 1_024) })]]) {
      await keep(there, [tool('a')]);
      await keep(there, list);
      expect(await readdir(there)).toEqual([]);
    }
  });
});

describe('a file that is not to be relied on', () => {
  const text = (more: object = {}): string =>
    JSON.stringify({ format: 1, key: KEY, tools: [tool('planted')], ...more });
  const cases: [string, (path: string) => Promise<void>][] = [
    ['is no JSON', (path) => writeFile(path, '{"format": 1, "tools": [')],
    ['is empty', (path) => writeFile(path, '')],
    ['is no object', (path) => writeFile(path, 'null')],
    ['is of a newer format', (path) => writeFile(path, text({ format: 2 }))],
    ['is of another server', (path) => writeFile(path, text({ key: 'b'.repeat(64) }))],
    ['holds no list', (path) => writeFile(path, text({ tools: { 0: tool('planted') } }))],
    ['holds an empty list', (path) => writeFile(path, text({ tools: [] }))],
    ['holds what is no tool', (path) => writeFile(path, text({ tools: [tool('planted'), 7] }))],
    [
      'holds a tool that no server could list',
      (path) =>
        writeFile(path, text({ tools: [tool('planted', { inputSchema: { type: 'array' } })] })),
    ],
    ['holds a name twice', (path) => writeFile(path, text({ tools: [tool('a'), tool('a')] }))],
    ['is too large', (path) => writeFile(path, `${text()}${' '.repeat(5 * 1_024 * 1_024)}`)],
    [
      'was not confirmed for 61 days',
      async (path) => {
        await writeFile(path, text());
        const old = new Date(Date.now() - 61 * DAY_MS);
        await utimes(path, old, old);
      },
    ],
    [
      'comes from the future',
      async (path) => {
        await writeFile(path, text());
        const later = new Date(Date.now() + 61 * DAY_MS);
        await utimes(path, later, later);
      },
    ],
    [
      'others may read',
      async (path) => {
        await writeFile(path, text());
        await chmod(path, 0o644);
      },
    ],
    [
      'is a link',
      async (path) => {
        await writeFile(`${path}.elsewhere`, text(), { mode: 0o600 });
        await symlink(`${path}.elsewhere`, path);
      },
    ],
    ['is a folder', (path) => mkdir(path).then(() => undefined)],
  ];
  // Only root may give a file away.
  if (process.getuid?.() === 0) {
    cases.push([
      'belongs to another user',
      async (path) => {
        await writeFile(path, text());
        await chown(path, 65_534, 65_534);
      },
    ]);
  }

  for (const [fault, plant] of cases) {
    verifies(
      'warm:untrusted-file',
      `because it ${fault}, is as good as none, and is replaced`,
      async () => {
        const there = await folder();
        await mkdir(there, { recursive: true, mode: 0o700 });
        const path = fileIn(there);
        // What is planted is fine but for its fault.
        await writeFile(path, text(), { mode: 0o600 });
        expect((await open(there)).tools).toEqual([tool('planted')]);
        await rename(path, join(there, '..', 'fine'));
        await plant(path);
        if ((await lstat(path)).isFile() && fault !== 'others may read') await chmod(path, 0o600);
        const { memory, tools, warnings } = await open(there);
        expect(tools).toBeUndefined();
        memory.keep(ID, [tool('live')]);
        await memory.close();
        if (fault === 'is a folder') {
          expect(warnings).toHaveLength(1);
          return;
        }
        expect(warnings).toEqual([]);
        expect((await open(there)).tools).toEqual([tool('live')]);
        expect((await lstat(path)).isFile()).toBe(true);
      },
    );
  }

  verifies(
    'warm:untrusted-file',
    'nor is one in a folder that is a link, or that others may change',
    async () => {
      const there = await folder();
      await keep(there, [tool('a')]);
      await symlink(there, `${there}-link`);
      expect((await open(`${there}-link`)).tools).toBeUndefined();
      await chmod(there, 0o720);
      expect((await open(there)).tools).toBeUndefined();
      await chmod(there, 0o700);
      expect((await open(there)).tools).toEqual([tool('a')]);
    },
  );
});

describe('a server is known again', () => {
  const stdio = (more: object = {}): Endpoint => ({
    kind: 'stdio',
    command: 'serve',
    args: ['--root', '/data', '--token=TOP-SECRET'],
    env: { KEY: 'ENV-SECRET', B: '2' },
    cwd: '/work',
    ...more,
  });
  const http = (more: object = {}): Endpoint => ({
    kind: 'http',
    url: 'https://example.com/mcp?key=URL-SECRET',
    headers: { Authorization: 'HEADER-SECRET', 'X-A': '1' },
    ...more,
  });
  const key = (endpoint: Endpoint, { name = 'one', version = '1.0.0' } = {}): string =>
    memoryKey(serverConfig({ name, endpoint }), endpoint, version);

  test('by how it is started or reached, by its name in the config, and by our version', () => {
    const keys = [
      key(stdio()),
      key(stdio({ command: 'serve2' })),
      key(stdio({ args: ['--root', '/data'] })),
      key(stdio({ args: ['--root /data', '--token=TOP-SECRET'] })),
      key(stdio({ cwd: '/elsewhere' })),
      key(stdio({ env: { KEY: 'ENV-SECRET' } })),
      key(stdio(), { name: 'two' }),
      key(stdio(), { version: '1.0.1' }),
      key(http()),
      key(http({ url: 'https://example.com/mcp' })),
      key(http({ headers: {} })),
      key(http({ kind: 'sse' })),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.every((each) => /^[0-9a-f]{64}$/u.test(each))).toBe(true);
    expect(key(stdio({ env: { B: '2', KEY: 'ENV-SECRET' } }))).toBe(key(stdio()));
    expect(key(http({ headers: { 'x-a': '1', authorization: 'HEADER-SECRET' } }))).toBe(
      key(http()),
    );
  });

  verifies('warm:no-secrets', 'with another password or token as before', () => {
    expect(key(stdio({ env: { KEY: 'another', B: '3' } }))).toBe(key(stdio()));
    expect(key(http({ headers: { Authorization: 'another', 'X-A': '2' } }))).toBe(key(http()));
  });
});

describe('what is old', () => {
  const age = async (path: string, days: number): Promise<void> => {
    const then = new Date(Date.now() - days * DAY_MS);
    await utimes(path, then, then);
  };

  test('goes when something new is written; what is not ours stays', async () => {
    const there = await folder();
    const other = 'b'.repeat(64);
    await keep(there, [tool('a')]);
    const names = [
      `${other}.json`,
      `${other}.json.12345678-1234-1234-1234-123456789abc`,
      'notes.json',
    ];
    for (const name of names) {
      await writeFile(join(there, name), '{}');
      await age(join(there, name), 61);
    }
    await keep(there, [tool('b')]);
    expect((await readdir(there)).toSorted()).toEqual([`${KEY}.json`, 'notes.json']);
  });

  test('goes first when there is too much of it', async () => {
    const there = await folder();
    await mkdir(there, { recursive: true });
    const names = ['1', '2', '3'].map((digit) => `${digit.repeat(64)}.json`);
    for (const [days, name] of names.entries()) {
      await writeFile(join(there, name), 'x'.repeat(100));
      await age(join(there, name), 3 - days);
    }
    await removeOldMemories(there, 250);
    expect((await readdir(there)).toSorted()).toEqual(names.slice(1));
  });
});
