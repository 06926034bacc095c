import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { eventually } from './support/leaks.ts';
import { hasProcessTable, ProcessTable } from './support/process-table.ts';

const MARK = 'a-mark-of-the-census-test';
const SLEEP = 'setTimeout(() => {}, 600_000)';

/** Starts a process that starts another, with these variables, and leaves it. */
function leaveOne(env: Record<string, string>): ChildProcess {
  const script = `
    const child = require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(SLEEP)}, 'left'], { detached: true, stdio: 'ignore' });
    console.log(child.pid);
    process.stdin.once('data', () => process.exit(0));
  `;
  return spawn(process.execPath, ['-e', script], { env, stdio: ['pipe', 'pipe', 'inherit'] });
}

test.skipIf(!hasProcessTable)(
  'the census finds children, what they start, and orphans by their mark, each with its command line; and nobody else',
  async () => {
    const table = new ProcessTable(MARK);
    const parent = leaveOne({ PATH: `/usr/bin:${MARK}` });
    const [chunk] = (await once(parent.stdout!, 'data')) as [Buffer];
    const left = Number(chunk.toString());
    try {
      const found = table.ours();
      expect(found.get(parent.pid ?? 0)?.parent).toBe(process.pid);
      expect(found.get(left)?.parent).toBe(parent.pid);
      expect(found.get(left)?.command).toContain(`${SLEEP} left`);
      expect([...found.keys()]).not.toContain(process.pid);
      expect([...found.keys()]).not.toContain(process.ppid);
      const gone = once(parent, 'exit');
      parent.stdin?.write('go\n');
      await gone;
      await eventually('the orphan', () => table.ours().get(left)?.parent !== parent.pid);
      expect([...table.ours().keys()]).toEqual([left]);
    } finally {
      process.kill(left, 'SIGKILL');
    }
    await eventually('its end', () => table.ours().size === 0);
  },
);
