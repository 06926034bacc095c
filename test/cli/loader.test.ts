import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CodeCache } from '../../src/cli/code-cache.ts';
import { loader } from '../../src/cli/loader.ts';
import { folderWith } from '../config/folder.ts';

/** What loads a program of these files, and its folder. */
async function program(files: Readonly<Record<string, string>>): Promise<{
  readonly load: NodeJS.Require;
  readonly directory: string;
}> {
  const directory = await folderWith(files);
  const cache = new CodeCache({ directory, root: undefined, purpose: 'test' });
  return { load: loader(join(directory, 'main.cjs'), cache), directory };
}

test('a file finds in its scope what Node has there', async () => {
  const { load, directory } = await program({
    'a.cjs': `exports.own = [this === exports, module.exports === exports, __filename, __dirname];
      exports.builtin = require('node:path').sep;
      exports.resolved = require.resolve('./b.cjs');`,
    'b.cjs': '',
  });
  expect(load('./a.cjs')).toEqual({
    own: [true, true, join(directory, 'a.cjs'), directory],
    builtin: '/',
    resolved: join(directory, 'b.cjs'),
  });
});

test('a file is run once, and files that need each other see what there is', async () => {
  const { load } = await program({
    'a.cjs': `exports.early = 1; exports.of = require('./b.cjs').seen; exports.late = 2;`,
    'b.cjs': `globalThis.loads = (globalThis.loads ?? 0) + 1; exports.seen = { ...require('./a.cjs') };`,
  });
  try {
    expect(load('./a.cjs')).toEqual({ early: 1, of: { early: 1 }, late: 2 });
    expect(load('./b.cjs')).toBe(load('./b.cjs'));
    expect(Reflect.get(globalThis, 'loads')).toBe(1);
  } finally {
    Reflect.deleteProperty(globalThis, 'loads');
  }
});

test('what a file puts in the place of its exports is what others get', async () => {
  const { load } = await program({ 'a.cjs': 'module.exports = () => 7;' });
  expect((load('./a.cjs') as () => number)()).toBe(7);
});

test('a file that throws is as if it had never been loaded', async () => {
  const { load } = await program({ 'a.cjs': 'throw new Error("no");' });
  expect(() => load('./a.cjs') as unknown).toThrow('no');
  expect(() => load('./a.cjs') as unknown).toThrow('no');
});

test('stack traces name files, lines and columns as they are', async () => {
  const { load, directory } = await program({
    'a.cjs': `exports.first = () => { throw new Error('1'); };\nexports.second = () => { throw new Error('2'); };`,
  });
  const { first, second } = load('./a.cjs') as Record<'first' | 'second', () => void>;
  const place = (fail: () => void): string => {
    try {
      fail();
    } catch (reason) {
      return /\((.*)\)/u.exec((reason as Error).stack ?? '')?.[1] ?? '';
    }
    return '';
  };
  expect(place(first)).toBe(`${join(directory, 'a.cjs')}:1:31`);
  expect(place(second)).toBe(`${join(directory, 'a.cjs')}:2:32`);
});
