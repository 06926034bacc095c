import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A folder of the running test's own, with these files in it; gone when the test is. Gives its real path. */
export async function folderWith(
  files: Readonly<Record<string, string | Buffer>> = {},
): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'config-test-')));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}
