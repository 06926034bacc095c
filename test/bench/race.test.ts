import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { Results } from '../../bench/race/results.ts';

const ALL = fileURLToPath(new URL('../../dist/bench/all.js', import.meta.url));
const fixture = (name: string): string =>
  fileURLToPath(new URL(`fixtures/${name}.mjs`, import.meta.url));

test('a small race shows the host against the floor, and who answers wrongly or ends early as failing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  try {
    const json = join(folder, 'results.json');
    const guests = ['--with', fixture('swapper'), '--with', fixture('quitter')];
    const options = ['--quick', '--only', 'host', '--row', 'calls-stdio-64', ...guests];
    const child = spawn(process.execPath, [ALL, ...options, '--json', json]);
    const [printed, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    expect(code).toBe(0);
    const { sheets, quick } = JSON.parse(readFileSync(json, 'utf8')) as Results;
    expect(quick).toBe(true);
    const [row] = sheets.flatMap(({ rows }) => rows);
    const byName = new Map(row?.entrants.map((entrant) => [entrant.name, entrant]));
    expect([...byName.keys()]).toEqual(['raw', 'host', 'swapper', 'quitter']);
    expect(byName.get('raw')?.ratio?.median).toBe(1);
    expect(byName.get('host')).toMatchObject({ samples: 1, floor: 'raw' });
    expect(byName.get('host')?.ratio?.median).toBeGreaterThan(0);
    expect(byName.get('swapper')).toMatchObject({ failed: expect.stringContaining('hello 1') });
    expect(byName.get('quitter')).toMatchObject({ failed: 'ended (7) I have had enough' });
    expect(printed).toContain('| work | floor | mcp-fanout | swapper | quitter | goal |');
    expect(printed).toMatch(/\| fails \(.+\) \| fails \(ended \(7\) I have had enough\) \|/u);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a race of lists is timed from when all servers were asked, and finds a name that is not as it should be', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  try {
    const json = join(folder, 'results.json');
    const options = ['--quick', '--only', 'host', '--row', 'merge-10000', '--json', json];
    const child = spawn(process.execPath, [ALL, ...options, '--with', fixture('confuser')]);
    await once(child, 'exit');
    const { sheets } = JSON.parse(readFileSync(json, 'utf8')) as Results;
    const rows = sheets.flatMap((sheet) => sheet.rows);
    expect(rows).toHaveLength(2);
    for (const row of rows) {
      const byName = new Map(row.entrants.map((entrant) => [entrant.name, entrant]));
      expect(byName.get('host')).toMatchObject({ samples: 1 });
      expect(byName.get('raw')?.ratio?.median).toBe(1);
      expect(byName.get('confuser')).toMatchObject({ failed: expect.stringContaining('echo') });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a race that is interrupted prints what it has measured, and leaves no process behind', async () => {
  // The second row sleeps for seconds: it cannot be over before the interruption comes.
  const rows = ['--row', 'calls-stdio-one-by-one', '--row', 'wide-10000'];
  const child = spawn(process.execPath, [ALL, '--quick', '--only', 'host', ...rows]);
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (line.startsWith('[2/2]')) child.kill('SIGINT');
  });
  const [printed, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  expect(code).toBe(130);
  expect(printed).toContain('5,000 calls over stdio, one after another');
  expect(printed).not.toContain('10,000 calls');
});
