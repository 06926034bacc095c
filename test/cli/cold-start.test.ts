import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { eventually } from '../support/leaks.ts';
import { importsOf } from '../support/imports.ts';
import { verifies } from '../support/verifies.ts';
import { deskPlace, Workplace } from './workplace.ts';

/*
 * What a command loads before it starts the servers is what a person waits for. These lists are the budget: what is to be added to them had better be worth
 * its milliseconds, or be loaded later.
 */

const ROOT = join(import.meta.dirname, '..', '..');
const READ = ['call', 'desk__read', '{"id": "a"}'];
/** Has a command tell on stderr what it loaded. */
const WATCHED = {
  NODE_OPTIONS: `--require ${join(import.meta.dirname, 'fixtures', 'loaded.cjs')}`,
};

interface LoadedFile {
  readonly file: string;
  /** Whether with code that an earlier start had kept. */
  readonly kept: boolean;
}

function loadedBy(stderr: string): readonly LoadedFile[] {
  return JSON.parse(stderr.split('\n').at(-1) ?? '') as readonly LoadedFile[];
}

function filesIn(stderr: string): readonly string[] {
  return loadedBy(stderr).map(({ file }) => file);
}

function codeFolder({ folder }: Workplace): string {
  return join(folder, '.cache', 'mcp-fanout', 'code');
}

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
  const { files, packages } = loadedWith('src/cli/start.ts');

  test('its first file loads only what finds the others', () => {
    expect(loadedWith('src/cli/main.ts')).toEqual({
      files: [
        'src/base/errors.ts',
        'src/base/private-stats.ts',
        'src/cli/code-cache.ts',
        'src/cli/code-folder.ts',
        'src/cli/exit-codes.ts',
        'src/cli/loader.ts',
        'src/cli/main.ts',
        'src/config/find.ts',
      ],
      packages: [],
    });
  });

  test('loads next to nothing until it knows the command', () => {
    expect(packages).toEqual(['commander', 'picocolors']);
    expect(files).toContain('src/cli/program.ts');
    expect(files.filter((file) => /^src\/(?:host|batch|model)\//u.test(file))).toEqual([
      'src/host/version.ts',
    ]);
  });

  test.each(['--help', '--version'])('shows %s without loading any command', async (flag) => {
    await using place = new Workplace();
    const { stderr } = await place.runBare([flag], { env: WATCHED });
    expect(filesIn(stderr)).toEqual(['start.cjs', 'rolldown-runtime.cjs']);
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

describe('the code that was compiled of the program', () => {
  test('is kept, and used at the next start of the command, all of it', async () => {
    await using place = deskPlace();
    const first = await place.run(READ, { env: WATCHED });
    const second = await place.run(READ, { env: WATCHED });
    expect(filesIn(second.stderr)).toContain('session.cjs');
    expect(filesIn(second.stderr)).toEqual(filesIn(first.stderr));
    expect(loadedBy(first.stderr).filter(({ kept }) => kept)).toEqual([]);
    expect(loadedBy(second.stderr).filter(({ kept }) => !kept)).toEqual([]);
    expect([first, second].map(({ code }) => code)).toEqual([0, 0]);
    expect(second.stdout).toContain('read a');
  });

  verifies('cold:code-harmless', 'two first starts at once keep it together', async () => {
    await using place = deskPlace();
    const both = await Promise.all([1, 2].map(() => place.run(READ, { env: WATCHED })));
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    const { stderr } = await place.run(READ, { env: WATCHED });
    expect(loadedBy(stderr).filter(({ kept }) => !kept)).toEqual([]);
  });

  test('is not kept of a command that was broken off, or could not begin', async () => {
    await using place = deskPlace();
    const running = place.start(['call', 'desk__hang', '{"id": "h"}']);
    await place.written('start hang h');
    running.child.kill('SIGINT');
    expect((await running.finished).code).toBe(130);
    expect((await place.run(['call', 'desk__read', 'no JSON'])).code).toBe(2);
    expect(existsSync(codeFolder(place))).toBe(false);
  });

  verifies(
    'orphans:none',
    'is kept of a program that fails when its servers are killed, not before',
    async () => {
      await using place = deskPlace();
      const env = {
        NODE_OPTIONS: `--require ${join(import.meta.dirname, 'fixtures', 'fails-at-signal.cjs')}`,
      };
      const running = place.start(['call', 'desk__hang', '{"id": "h"}'], { env });
      await place.written('start hang h');
      running.child.kill('SIGUSR2');
      const { code, stderr } = await running.finished;
      expect(code).toBe(1);
      expect(stderr.split('\n').filter((line) => line.startsWith('at the end:'))).toEqual([
        'at the end: kills a group',
        'at the end: keeps code',
      ]);
    },
  );

  test('is kept of a command that runs for long, however it ends', async () => {
    await using place = deskPlace();
    const hurry = join(import.meta.dirname, 'fixtures', 'hurries-to-keep.cjs');
    const env = { NODE_OPTIONS: `--require ${hurry}` };
    const running = place.start(['call', 'desk__hang', '{"id": "h"}'], { env });
    await place.written('start hang h');
    expect(existsSync(codeFolder(place))).toBe(false);
    running.child.kill('SIGUSR2');
    await eventually('kept code', () => existsSync(codeFolder(place)));
    running.child.kill('SIGINT');
    expect((await running.finished).code).toBe(130);
  });

  test('is not kept for a user who wants none kept', async () => {
    await using place = deskPlace();
    const { code } = await place.run(READ, { env: { NODE_DISABLE_COMPILE_CACHE: '1' } });
    expect(code).toBe(0);
    expect(existsSync(codeFolder(place))).toBe(false);
  });

  verifies('cold:code-harmless', 'nor where there is no place for it', async () => {
    await using place = deskPlace();
    const env = { XDG_CACHE_HOME: place.configPath };
    const { code, stdout } = await place.run(READ, { env });
    expect(code).toBe(0);
    expect(stdout).toContain('read a');
  });
});
