import { mkdir, readdir, readFile, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PROJECT } from './typescript-project.ts';
import { languageServerOf, openSession, type Session } from './typescript-session.ts';
import { type Scratch, scratch } from './workspace-session.ts';

describe('files that change between calls', () => {
  test('are seen as they are: edited, made, moved and deleted', async () => {
    await using folder = await scratch(PROJECT);
    await using session = await openSession(folder.root);
    const calls = async (symbol: string) => {
      const { data, text } = await session.call('find_references', { symbol });
      const [found] = (data['symbols'] ?? []) as { called_in: { path: string }[] }[];
      return found?.called_in.map(({ path }) => path) ?? text;
    };
    expect(await calls('tag')).toEqual(['src/uses.ts']);

    const uses = await readFile(folder.at('src', 'uses.ts'), 'utf8');
    await writeFile(folder.at('src', 'uses.ts'), uses.replace('tag`text`', 'String(tag)'));
    expect(await calls('tag')).toEqual([]);

    await writeFile(folder.at('src', 'new.ts'), `import { tag } from './format.js';\ntag\`a\`;\n`);
    expect(await calls('tag')).toEqual(['src/new.ts']);
    await rename(folder.at('src', 'new.ts'), folder.at('src', 'moved.ts'));
    expect(await calls('tag')).toEqual(['src/moved.ts']);
    await rm(folder.at('src', 'moved.ts'));
    expect(await calls('tag')).toEqual([]);

    await writeFile(folder.at('src', 'shapes.ts'), 'export type Triangle = [1, 2, 3];\n');
    expect((await session.call('type_of', { symbol: 'Circle' })).isError).toBe(true);
    expect((await session.call('type_of', { symbol: 'Triangle' })).text).toMatch(
      /^type Triangle = \[1, 2, 3\]\n/,
    );
  });

  test('a new error is told by diagnostics with file, line, code and message, and a mended one is gone', async () => {
    await using folder = await scratch(PROJECT);
    await using session = await openSession(folder.root);
    expect((await session.call('diagnostics', {})).text).toBe('No errors in 6 files.');
    await writeFile(
      folder.at('src', 'bad.ts'),
      `import { format } from './format.js';\nexport const n: number = format(1);\nconst unused = 1;\n`,
    );
    const { text, data } = await session.call('diagnostics', {});
    expect(text).toBe(
      "1 error in 7 files:\nsrc/bad.ts:2:14: error TS2322: Type 'string' is not assignable to type 'number'.",
    );
    expect(data).toMatchObject({ errors: 1, warnings: 0, files_checked: 7 });
    expect((await session.call('diagnostics', { path: 'src/bad.ts' })).text).toContain('1 error');
    expect((await session.call('diagnostics', { path: 'src/uses.ts' })).text).toBe(
      'No errors in 1 file.',
    );
    await rm(folder.at('src', 'bad.ts'));
    expect((await session.call('diagnostics', {})).text).toBe('No errors in 6 files.');
  });

  test('a changed or broken tsconfig.json counts at once', async () => {
    await using folder = await scratch(PROJECT);
    await using session = await openSession(folder.root);
    expect((await session.call('type_of', { symbol: 'loose' })).isError).toBe(true);
    const config = PROJECT['tsconfig.json'];
    await writeFile(folder.at('tsconfig.json'), config.replace('"src"', '"src","scripts"'));
    expect((await session.call('type_of', { symbol: 'loose' })).text).toContain('loose: number');
    expect((await session.call('diagnostics', {})).text).toBe('No errors in 7 files.');
    await writeFile(folder.at('tsconfig.json'), config.replace('"strict"', '"strikt"'));
    const { text } = await session.call('diagnostics', { max_results: 1 });
    expect(text).toMatch(
      /^\d+ errors? in 6 files:\ntsconfig\.json:1:\d+: error TS5023: .*'strikt'/,
    );
  });

  test('newly installed packages are found', async () => {
    await using folder = await scratch(PROJECT);
    await using session = await openSession(folder.root);
    await writeFile(
      folder.at('src', 'late.ts'),
      `import { late } from 'late';\nexport const x = late;\n`,
    );
    expect((await session.call('diagnostics', {})).text).toContain(
      "TS2307: Cannot find module 'late'",
    );
    const before = languageServerOf(session.pid);
    await mkdir(folder.at('node_modules', 'late'));
    await writeFile(
      folder.at('node_modules', 'late', 'package.json'),
      '{"name":"late","types":"a.d.ts"}',
    );
    await writeFile(folder.at('node_modules', 'late', 'a.d.ts'), 'export declare const late: 7;\n');
    await writeFile(folder.at('node_modules', '.package-lock.json'), '{}');
    expect((await session.call('type_of', { symbol: 'x' })).text).toContain('const x: 7');
    expect(languageServerOf(session.pid)).not.toBe(before);
  });

  test('a project that is empty at first is known once it has files', async () => {
    const { 'tsconfig.json': config } = PROJECT;
    await using folder = await scratch({ 'tsconfig.json': config });
    await using session = await openSession(folder.root);
    const early = await session.call('type_of', { symbol: 'first' });
    expect(early).toMatchObject({ isError: true });
    const none = await session.call('diagnostics', { path: '.' });
    expect(none.text).toMatch(/TS18003|includes no source files/);
    await mkdir(folder.at('src'));
    await writeFile(folder.at('src', 'a.ts'), 'export const first = 1;\n');
    expect((await session.call('type_of', { symbol: 'first' })).text).toContain('const first: 1');
  });

  test('a file of the same size and time is seen, too, if it is another one', async () => {
    await using folder = await scratch(PROJECT);
    await using session = await openSession(folder.root);
    const time = new Date('2026-01-01');
    await writeFile(folder.at('src', 'a.ts'), 'export const a = 1;\n');
    await utimes(folder.at('src', 'a.ts'), time, time);
    expect((await session.call('type_of', { symbol: 'a' })).text).toContain('const a: 1');
    await writeFile(folder.at('src', 'b.tmp'), 'export const a = 2;\n');
    await utimes(folder.at('src', 'b.tmp'), time, time);
    await rename(folder.at('src', 'b.tmp'), folder.at('src', 'a.ts'));
    expect((await session.call('type_of', { symbol: 'a' })).text).toContain('const a: 2');
  });
});

test('projects that tsconfig.json references are one with it', async () => {
  const options = { composite: true, strict: true, module: 'nodenext', types: [], outDir: 'out' };
  await using folder = await scratch({
    'tsconfig.json': JSON.stringify({
      files: [],
      references: [{ path: './core' }, { path: './app' }, { path: '../outside' }],
    }),
    'core/tsconfig.json': JSON.stringify({ compilerOptions: options }),
    'core/index.ts': 'export function core(): 1 {\n  return 1;\n}\n',
    'app/tsconfig.json': JSON.stringify({
      compilerOptions: options,
      references: [{ path: '../core' }],
    }),
    'app/index.ts': `import { core } from '../core/index.js';\nexport const app: 2 = core();\n`,
  });
  await using session = await openSession(folder.root);
  const { text } = await session.call('find_references', { symbol: 'core' });
  expect(text).toContain('app/index.ts:2:23: export const app: 2 = core();');
  expect((await session.call('type_of', { symbol: 'app' })).text).toContain('const app: 2');
  const { text: problems, data } = await session.call('diagnostics', {});
  expect(problems).toContain("app/index.ts:2:14: error TS2322: Type '1' is not assignable");
  expect(data['files_checked']).toBe(2);
});

test('reading leaves no file behind, even where the compiler would keep build information', async () => {
  await using folder = await scratch({
    ...PROJECT,
    'tsconfig.json': PROJECT['tsconfig.json'].replace('"noEmit"', '"incremental":true,"noEmit"'),
  });
  await using session = await openSession(folder.root);
  await session.call('diagnostics', {});
  await session.call('find_references', { symbol: 'format' });
  expect((await readdir(folder.root)).toSorted()).toEqual([
    'node_modules',
    'package.json',
    'scripts',
    'src',
    'tsconfig.json',
  ]);
});

test('no package manager is started for JavaScript that has no types', async () => {
  await using folder = await scratch({
    'package.json': '{ "dependencies": { "untyped": "1" } }',
    'tsconfig.json': '{ "compilerOptions": { "allowJs": true, "noEmit": true } }',
    'main.js': `const untyped = require('untyped');\nexports.plus = (a, b) => untyped(a) + b;\n`,
  });
  const called = path.join(folder.outside, 'called');
  await writeFile(path.join(folder.outside, 'npm'), `#!/bin/sh\necho "$@" >> '${called}'\n`, {
    mode: 0o755,
  });
  await using session = await openSession(folder.root, {
    env: { PATH: `${folder.outside}:${process.env['PATH'] ?? ''}` },
  });
  expect((await session.call('type_of', { symbol: 'plus' })).text).toContain('plus');
  await session.call('diagnostics', {});
  await session.call('find_references', { symbol: 'plus' });
  await expect(readFile(called, 'utf8')).rejects.toMatchObject({ code: 'ENOENT' });
});

describe('paths', () => {
  let folder: Scratch;
  let session: Session;

  beforeAll(async () => {
    folder = await scratch(PROJECT);
    const secret = path.join(folder.outside, 'secret.ts');
    await writeFile(secret, 'export const secret = "hidden";\n');
    await symlink(secret, folder.at('src', 'link.ts'));
    await symlink(folder.outside, folder.at('away'));
    session = await openSession(folder.root);
  });

  afterAll(async () => {
    await session[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  test.each([
    ['../outside/secret.ts', 'is outside the project'],
    ['src/../../outside/secret.ts', 'is outside the project'],
    ['/etc/passwd', 'is outside the project'],
    ['src/link.ts', 'is outside the project'],
    ['away/secret.ts', 'is outside the project'],
    ['node_modules/greeting/index.d.ts', 'is an installed package'],
    ['src/missing.ts', 'does not exist in the project'],
    ['src/format.ts/x', 'does not exist in the project'],
    ['src', 'is a folder'],
    ['package.json', 'is no TypeScript or JavaScript file'],
    ['', 'The path is empty'],
    ['a\0b', 'NUL byte'],
    ['x'.repeat(5000), 'longer than 4096'],
  ])('%j is refused', async (name, why) => {
    const args = { path: name, line: 1, column: 14 };
    for (const tool of ['type_of', 'find_references', 'find_definition']) {
      const { isError, text } = await session.call(tool, args);
      expect([isError, text]).toEqual([true, expect.stringContaining(why)]);
      expect(text).not.toContain('hidden');
    }
  });

  test('are taken absolute, with a dot, and by the symlink that the project was named by', async () => {
    await using folder = await scratch(PROJECT);
    const alias = path.join(folder.outside, 'alias');
    await symlink(folder.root, alias);
    await using session = await openSession(alias);
    for (const name of [
      folder.at('src/format.ts'),
      path.join(alias, 'src/format.ts'),
      './src/format.ts',
    ]) {
      const { text } = await session.call('type_of', { path: name, line: 18, column: 17 });
      expect(text).toContain('function tag, src/format.ts:18:17');
    }
  });

  test('what a link leads to outside the project is named without its path or its text', async () => {
    await using folder = await scratch(PROJECT);
    const away = path.join(folder.outside, 'away.ts');
    await writeFile(away, 'export const far = "hidden text";\n');
    await writeFile(
      folder.at('src', 'a.ts'),
      `import { far } from '../../outside/away.js';\nexport const near = far;\n`,
    );
    await using session = await openSession(folder.root);
    const { text } = await session.call('find_definition', {
      path: 'src/a.ts',
      line: 2,
      symbol: 'far',
    });
    expect(text).toBe('Defined outside the project, in away.ts outside the project');
    expect((await session.call('type_of', { symbol: 'far' })).isError).toBe(true);
  });
});
