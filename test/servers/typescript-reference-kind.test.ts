import { describe, expect, test } from 'vitest';
import { Outline } from '../../servers/typescript/code/outline.ts';
import { kindOf } from '../../servers/typescript/code/reference-kind.ts';
import { SourceText } from '../../servers/typescript/code/source-text.ts';
import { parseSymbol } from '../../servers/typescript/code/symbol-name.ts';

/** The kind of the name that stands as `§name` in the text. */
function kind(marked: string, facts: { isDeclaration?: boolean; hasJsx?: boolean } = {}): string {
  const start = marked.indexOf('§');
  const text = marked.replace('§', '');
  return kindOf({
    text,
    start,
    end: start + 'name'.length,
    isDefinition: false,
    isDeclaration: false,
    hasJsx: false,
    ...facts,
  });
}

test.each([
  // Calls in all their forms.
  ['§name()', 'call'],
  ['a.§name (1)', 'call'],
  ['§name\n  // why\n  /* and how */ (1)', 'call'],
  ['§name?.(1)', 'call'],
  ['§name!(1)', 'call'],
  ['§name<string>(1)', 'call'],
  ['§name<Map<string, () => void>, { a: 1 }>(1)', 'call'],
  ['§name`text`', 'call'],
  ['new §name(1)', 'call'],
  ['@§name class A {}', 'call'],
  ['return §name(', 'call'],
  // Other uses.
  ['§name;', 'use'],
  ['§name.call(this)', 'use'],
  ['f(§name, (x) => x)', 'use'],
  ['if (§name < 1 && b > (2)) {}', 'use'],
  ['§name < 3;', 'use'],
  ['const a: §name = 1', 'use'],
  ['typeof §name', 'use'],
  ['export default §name;', 'use'],
  ['{ §name }', 'use'],
  // Imports.
  ["import { §name } from 'a';", 'import'],
  ["import type { a, §name as b } from 'a';", 'import'],
  ["import §name, { b } from 'a';", 'import'],
  ["import * as §name from 'a';", 'import'],
  [
    "const a = 1;\nimport {\n  a, // why, {really}\n  /* import */ b,\n  type §name,\n} from 'a';",
    'import',
  ],
  ["import { importantThing, exported, §name } from 'a';", 'import'],
  ["import('a').then(({ §name }) => 1)", 'use'],
  ["import a from 'a';\n§name;", 'use'],
  ["import { a } from 'a';\nconst b = { §name };", 'use'],
  ['import b = §name.c;', 'use'],
  ["import 'a'\n§name()", 'call'],
  // Exports.
  ['export { §name };', 'export'],
  ["export { a, §name as b } from 'a';", 'export'],
  ["export * as §name from 'a';", 'export'],
  ['export const a = { §name };', 'use'],
  ['export function §name(a) {}', 'call'],
  // Comments.
  ['/** {@link §name} */', 'comment'],
  ['/**\n * @see §name\n */', 'comment'],
  ['/**\n * @param {§name} a\n */', 'comment'],
  ['@decorate §name()', 'call'],
])('%j is %s', (text, expected) => {
  expect(kind(text)).toBe(expected);
});

test('a declaration of the same name is no call', () => {
  expect(kind('class A {\n  §name(a: string) {}\n}', { isDeclaration: true })).toBe('declaration');
  expect(kind('const a = { §name: 1 }', { isDeclaration: true })).toBe('declaration');
  expect(kind('const { §name, b } = c', { isDeclaration: true })).toBe('use');
});

test.each([
  ['return <§name a="b" />;', 'call', 'jsx'],
  ['(\n  <§name>', 'call', 'jsx'],
  ['<div><§name/></div>', 'call', 'jsx'],
  ['<ui.§name />', 'call', 'jsx'],
  ['a && <§name />', 'call', 'jsx'],
  ['f<§name>(1)', 'use', 'use'],
  ['</§name>', 'use', 'use'],
])('%j is an element only where there may be JSX', (text, _, expected) => {
  expect(kind(text, { hasJsx: true })).toBe(expected);
  expect(kind(text)).not.toBe('jsx');
});

test('a huge file of imports is classified in linear time', () => {
  const text = `${'import { a, b } from "x"; // c\n'.repeat(50_000)}§name()`;
  expect(kind(text)).toBe('call');
  expect(kind(`${'/* '.repeat(100_000)}§name<${'a<'.repeat(100_000)}`)).toBe('use');
});

test.each([
  ['runBatch', undefined, 'runBatch'],
  [' `Host.runBatch()` ', 'Host', 'runBatch'],
  ['Host#runBatch', 'Host', 'runBatch'],
  ['Host.prototype.runBatch', 'Host', 'runBatch'],
  ['a.b.C<T>', 'b', 'C'],
  ['collect<string, number>(a)', undefined, 'collect'],
  ['#secret', undefined, '#secret'],
  ['Größe.$_1', 'Größe', '$_1'],
])('the symbol %j is read as %s and %s', (given, container, name) => {
  expect(parseSymbol(given)).toMatchObject({ container, name });
});

test.each(['', 'two words', 'a..b', '1a', 'a-b', 'a.b.', '*', 'src/a.ts'])(
  'the symbol %j is refused',
  (given) => {
    expect(() => parseSymbol(given)).toThrow('is no name');
  },
);

describe('lines of a source', () => {
  test('are counted with all three line ends', () => {
    const source = new SourceText('a\nb\r\nc\rd');
    expect(source.lineCount).toBe(4);
    expect([0, 1, 2, 3, 4].map((line) => source.line(line))).toEqual(['a', 'b', 'c', 'd', '']);
    expect(source.offsetOf({ line: 2, character: 0 })).toBe(5);
    expect(source.offsetOf({ line: 9, character: 0 })).toBe(8);
  });

  test('are shown in part around the place when they are long', () => {
    const source = new SourceText(`${'a'.repeat(5000)}needle${'b'.repeat(5000)}`);
    const shown = source.excerpt({ line: 0, character: 5000 });
    expect(shown).toMatch(/^…a+needleb+…$/);
    expect(shown.length).toBeLessThanOrEqual(202);
  });
});

test('an outline that is empty knows no function and takes a name for one of the module', () => {
  const outline = new Outline([], new SourceText('const a = 1;'));
  expect(outline.functionAround({ line: 0, character: 6 })).toBeUndefined();
  expect(outline.reachOf({ line: 0, character: 6 })).toBe('module');
});

test.each([
  ['const f = () => {', 'f'],
  ['const f = async (a: string): Promise<void> => {', 'f'],
  ['const f: (a: string) => void = (a) => {', 'f'],
  ['const f = <T,>(a: T) => {', 'f'],
  ['const f = a => {', 'f'],
  ['const f = function (a) {', 'f'],
  ['const f = { a: () => 1, b: {', undefined],
  ['const f: Record<string, () => void> = {', undefined],
  ['const f = (1 + 2) * {', undefined],
  ['const f = wrap(() => {', undefined],
])('the place behind %j is in the function %s', (head, expected) => {
  const text = `${head} x }`;
  const at = (character: number) => ({ line: 0, character });
  const symbol = {
    name: 'f',
    kind: 13,
    range: { start: at(6), end: at(text.length) },
    selectionRange: { start: at(6), end: at(7) },
    children: [],
  };
  const outline = new Outline([symbol], new SourceText(text));
  expect(outline.functionAround(at(head.length + 1))).toBe(expected);
});
