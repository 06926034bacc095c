import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, join, posix } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { importsOf } from '../support/imports.ts';
import { MAIN } from './workplace.ts';

/*
 * What a command loads before it starts the servers is what a person waits for. These lists are the budget: what is to be added to them had better be worth
 * its milliseconds, or be loaded later.
 */

const ROOT = join(import.meta.dirname, '..', '..');
const LOADED = join(import.meta.dirname, 'fixtures', 'loaded.cjs');
const run = promisify(execFile);

/** What is loaded with a source file, itself included: paths in the repository, and names of packages. Not what it loads later. */
function loadedWith(entry: string): { readonly files: string[]; readonly packages: string[] } {
  const files = new Set([entry]);
  const packages = new Set<string>();
  for (const file of files) {
    for (const { specifier, typeOnly, dynamic } of importsOf(
      readFileSync(join(ROOT, file), 'utf8'),
    )) {
      if (typeOnly || dynamic || specifier.startsWith('node:')) continue;
      if (specifier.startsWith('.')) files.add(posix.join(posix.dirname(file), specifier));
      else packages.add(/^(?:@[^/]+\/)?[^/]+/u.exec(specifier)?.[0] ?? specifier);
    }
  }
  return { files: [...files].toSorted(), packages: [...packages].toSorted() };
}

describe('the program itself', () => {
  const { files, packages } = loadedWith('src/cli/main.ts');

  test('loads next to nothing until it knows the command', () => {
    expect(packages).toEqual(['commander', 'picocolors']);
    expect(files).toContain('src/cli/program.ts');
    expect(files.filter((file) => /^src\/(?:host|batch|model)\//u.test(file))).toEqual([
      'src/host/version.ts',
    ]);
  });

  test.each([['--help'], ['--version']])('shows %s without loading any command', async (flag) => {
    const { stderr } = await run(process.execPath, ['--require', LOADED, MAIN, flag]);
    const loaded = (JSON.parse(stderr) as readonly string[]).map((path) => basename(path));
    expect(loaded).toContain('main.cjs');
    expect(loaded).not.toContain('host.cjs');
    expect(loaded.length).toBeLessThan(4);
  });
});

describe.each(['call', 'tools', 'run', 'doctor'])('%s', (command) => {
  const { files, packages } = loadedWith(`src/cli/${command}.ts`);

  test('loads what reads the config and starts servers, and nothing else that is large', () => {
    expect(packages).toEqual(['fastest-levenshtein', 'jsonc-parser', 'picomatch', 'zod']);
    expect(files).toContain('src/connect/server-process.ts');
  });

  test('leaves the protocol, HTTP, models and pictures for later', () => {
    for (const later of [
      'src/connect/session.ts',
      'src/connect/http-transport.ts',
      'src/connect/oauth/authorization.ts',
      'src/host/run-prompt.ts',
      'src/model/offline/answer.ts',
      'src/record/columns.ts',
      'src/cli/elicitation.ts',
      'src/cli/screen.ts',
    ]) {
      expect(files).not.toContain(later);
    }
  });
});

test('the code that Node compiled is kept in a folder of the user, where Node can keep it', async () => {
  const env = { ...process.env, XDG_CACHE_HOME: '/somewhere', FAKE_COMPILE_CACHE: 'yes' };
  const { stderr } = await run(process.execPath, ['--require', LOADED, MAIN, '--version'], { env });
  expect(stderr).toContain('compile cache: /somewhere/mcp-fanout/code\n');
});
