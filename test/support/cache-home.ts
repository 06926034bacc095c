import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach } from 'vitest';

// A setup file of every test file: what hosts keep of large results does not pile up with whoever runs the tests, and no test finds what hosts of another one remember.
const folder = mkdtempSync(join(tmpdir(), 'fanout-cache-'));
let tests = 0;
process.env['XDG_CACHE_HOME'] = folder;
beforeEach(() => {
  tests += 1;
  process.env['XDG_CACHE_HOME'] = join(folder, String(tests));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
