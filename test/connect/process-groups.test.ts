import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { verifies } from '../support/verifies.ts';

verifies(
  'orphans:none',
  'a process that cannot be looked for, since no file is left to look with, is not taken for gone',
  async () => {
    const script = fileURLToPath(new URL('../support/out-of-files.mjs', import.meta.url));
    const limited = ['-c', 'ulimit -n 64; exec "$0" "$1"', process.execPath, script];
    const { stdout } = await promisify(execFile)('sh', limited);
    expect(stdout).toBe('false');
  },
);
