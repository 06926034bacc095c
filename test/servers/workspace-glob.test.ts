import { execFileSync } from 'node:child_process';
import { rgPath } from '@vscode/ripgrep';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileGlob } from '../../servers/workspace/glob.ts';
import { scratch } from './workspace-session.ts';

const PATHS = [
  'a.ts',
  'b.tsx',
  'ab.js',
  'A.TS',
  'é.md',
  '.dot.ts',
  'a b.txt',
  'a,b.txt',
  'src/a.ts',
  'src/deep/a.ts',
  'src/deep/er/b.ts',
  'src.ts/x',
  'test/a.test.ts',
  'test/[x].ts',
  'test/{y}.ts',
];

const matched = (pattern: string) => PATHS.filter((path) => compileGlob(pattern).matches(path));

describe('a file pattern', () => {
  test.each([
    [
      '*.ts',
      [
        'a.ts',
        '.dot.ts',
        'src/a.ts',
        'src/deep/a.ts',
        'src/deep/er/b.ts',
        'test/a.test.ts',
        'test/[x].ts',
        'test/{y}.ts',
      ],
    ],
    ['a.ts', ['a.ts', 'src/a.ts', 'src/deep/a.ts']],
    ['./a.ts', ['a.ts']],
    ['src/*', ['src/a.ts']],
    ['src/', ['src/a.ts', 'src/deep/a.ts', 'src/deep/er/b.ts']],
    ['src/**/b.ts', ['src/deep/er/b.ts']],
    ['**/a.ts', ['a.ts', 'src/a.ts', 'src/deep/a.ts']],
    ['?.md', ['é.md']],
    ['?.ts', ['a.ts', 'src/a.ts', 'src/deep/a.ts', 'src/deep/er/b.ts']],
    ['[!b].ts', ['a.ts', 'src/a.ts', 'src/deep/a.ts']],
    ['*.{js,tsx}', ['b.tsx', 'ab.js']],
    ['{src,test}/a*', ['src/a.ts', 'test/a.test.ts']],
    ['{src/deep/**,ab.*}', ['ab.js', 'src/deep/a.ts', 'src/deep/er/b.ts']],
    ['a,b.txt', ['a,b.txt']],
    [String.raw`\[x\].ts`, ['test/[x].ts']],
    ['[[]x].ts', ['test/[x].ts']],
    ['[a-b]b.js', ['ab.js']],
    ['!**/*.ts', ['b.tsx', 'ab.js', 'A.TS', 'é.md', 'a b.txt', 'a,b.txt', 'src.ts/x']],
  ])('%s matches', (pattern, expected) => {
    expect(matched(pattern)).toEqual(expected);
  });

  test('takes no longer for a hostile pattern', () => {
    const glob = compileGlob(`${'*a'.repeat(100)}*b/{${'a*,'.repeat(100)}b}`);
    expect(glob.matches(`${'a'.repeat(4000)}/${'a'.repeat(200)}c`)).toBe(false);
  });
});

test('what ripgrep is told to leave out never matches, and what both read they read alike', async () => {
  await using folder = await scratch(Object.fromEntries(PATHS.map((path) => [path, ''])));
  const list = (args: readonly string[]) =>
    execFileSync(rgPath, ['--no-config', '--files', '--hidden', '--no-ignore', ...args], {
      cwd: folder.root,
    })
      .toString()
      .split('\n')
      .filter((path) => path !== '');
  const piece = fc.constantFrom(
    'a',
    'b',
    'src',
    '.ts',
    '*',
    '?',
    '**',
    '/',
    '{a,b}',
    '{.ts,.tsx}',
    '[ab]',
    '.',
    ' ',
    ',',
    '-',
  );
  const pattern = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(pattern, (text) => {
      // Not ours to compare: patterns that are refused, anchored or end in a slash.
      fc.pre(!/^\.?\/|\/$|\/\/|\*\*\*|^\.\//.test(text));
      const glob = compileGlob(text);
      const ours = PATHS.filter((path) => glob.matches(path));
      if (ours.length === 0) return;
      const left = list(glob.prefilter);
      expect(ours.filter((path) => !left.includes(path))).toEqual([]);
      // gitignore, which --glob follows, lets a pattern match a folder and so all in it; ours are about files.
      const theirs = list([`--glob=${text}`]);
      // A `?` of ripgrep's is a byte.
      const alike = ours.filter((path) => path !== 'é.md');
      expect(alike.filter((path) => !theirs.includes(path))).toEqual([]);
    }),
    { numRuns: 800 },
  );
});
