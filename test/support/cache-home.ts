import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

// A setup file of every test file: what hosts keep of large results does not pile up with whoever runs the tests.
const folder = mkdtempSync(join(tmpdir(), 'fanout-cache-'));
process.env['XDG_CACHE_HOME'] = folder;
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
