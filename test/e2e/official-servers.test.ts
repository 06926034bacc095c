import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openHost } from '../../src/index.ts';
import { HttpProcess } from '../support/http-process.ts';
import { textOf } from '../support/raw-host.ts';

// Servers that nobody here wrote, through the whole host: names, claims, pipeline, connection.
const require = createRequire(import.meta.url);
const entry = (name: string): string =>
  join(dirname(require.resolve(`@modelcontextprotocol/${name}/package.json`)), 'dist/index.js');
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'fanout-official-')));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const node = (name: string, ...args: string[]): object => ({
  command: process.execPath,
  args: [entry(name), ...args],
});

test('everything (stdio and HTTP), filesystem and memory: one batch over all four', async () => {
  await using http = await HttpProcess.onPort([entry('server-everything'), 'streamableHttp']);
  writeFileSync(join(folder, 'note.txt'), 'kept');
  await using host = await openHost({
    mcpServers: {
      stdio: node('server-everything', 'stdio'),
      http: { type: 'http', url: `http://127.0.0.1:${http.port}/mcp` },
      files: node('server-filesystem', folder),
      memory: { ...node('server-memory'), env: { MEMORY_FILE_PATH: join(folder, 'one.json') } },
    },
  });
  expect(host.servers().map(({ id, state }) => [id, state.kind])).toEqual([
    ['stdio', 'ready'],
    ['http', 'ready'],
    ['files', 'ready'],
    ['memory', 'ready'],
  ]);
  const records = await host.runBatch([
    { name: 'stdio__echo', arguments: { message: 'over a pipe' } },
    { name: 'http__echo', arguments: { message: 'over a socket' } },
    { name: 'files__read_text_file', arguments: { path: join(folder, 'note.txt') } },
    { name: 'memory__read_graph', arguments: {} },
    { name: 'files__read_text_file', arguments: { path: '/etc/hostname' } },
    { name: 'stdio__get-sum', arguments: { a: 'one', b: 2 } },
  ]);
  expect(records.map(({ outcome }) => outcome.kind)).toEqual([
    'ok',
    'ok',
    'ok',
    'ok',
    'tool-error',
    'invalid',
  ]);
  expect(records.slice(0, 3).map(({ outcome }) => textOf(outcome))).toEqual([
    'Echo: over a pipe',
    'Echo: over a socket',
    'kept',
  ]);
});
