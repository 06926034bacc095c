import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { HostError } from '../../src/base/errors.ts';
import { serverId } from '../../src/call/names.ts';
import { Launch } from '../../src/connect/launch.ts';
import { eventually } from '../support/leaks.ts';
import { NOTHING_OFFERED } from '../support/offers.ts';

// It notes its start, speaks a version that nobody knows, and takes a second to end.
const LIAR = `
  const { appendFileSync } = require('node:fs');
  appendFileSync(process.argv[1], 'start\\n');
  setInterval(() => undefined, 1_000);
  process.stdin.on('end', () => appendFileSync(process.argv[1], 'closing\\n'));
  require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const { id } = JSON.parse(line);
    const result = { protocolVersion: 'none', capabilities: {}, serverInfo: { name: 'x', version: '1' } };
    process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result }) + '\\n');
  });`;

test('a launch that is aborted while a server of which something else was remembered is being closed starts no other', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fanout-launch-'));
  const log = join(folder, 'log');
  const said = (): string => (existsSync(log) ? readFileSync(log, 'utf8') : '');
  const endpoint = {
    kind: 'stdio',
    command: process.execPath,
    args: ['-e', LIAR, log],
    env: {},
    cwd: folder,
  } as const;
  const launch = new Launch({
    server: serverId('x'),
    endpoint,
    env: process.env,
    maxMessageBytes: 1_000_000,
    notify: () => undefined,
    authorization: Promise.resolve(undefined),
    lane: true,
    protocol: 'legacy',
    version: '0',
    offers: NOTHING_OFFERED,
    redact: (text) => text,
    onListChanged: () => undefined,
    connectMs: Infinity,
    known: { era: { kind: 'legacy' }, isSse: false },
  });
  const run = launch.run();
  await eventually('the closing of the first process', () => said().includes('closing'));
  launch.abort(new HostError('closed', 'enough'));
  await expect(run).rejects.toThrow('enough');
  await launch.gone;
  expect(said()).toBe('start\nclosing\n');
  rmSync(folder, { recursive: true });
});
