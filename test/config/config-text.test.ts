import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { HostError } from '../../src/base/errors.ts';
import { configFromObject, parseConfigText } from '../../src/config/config-text.ts';
import { marked, refusal } from './load-text.ts';

test('comments and trailing commas are allowed', () => {
  const text = '// top\n{ /* in */ "a": [1, 2,], // end\n "b": null, }\n';
  expect(parseConfigText(text, 'c').value).toEqual({ a: [1, 2], b: null });
});

test.each([
  ['a missing comma', '{"a": 1\n  ‸"b": 2}', '"," is missing'],
  ['a key without quotes', '{\n  ‸model: {}}', 'double quotes'],
  ['single quotes', "{‸'model': {}}", 'double quotes'],
  ['a text that is not closed', '{"model": ‸"x\n}', 'not closed'],
  ['a brace that is not closed', '{"model": {‸', '"}" is missing'],
  ['a list that is not closed', '{"a": [1‸', '"]" is missing'],
  ['a missing value', '{"a":‸}', 'value is expected'],
  ['a missing colon', '{"a" ‸1}', '":"'],
  ['two documents', '{}\n‸{}', 'after the end'],
  ['an unknown word', '{"a": ‸yes}', 'true, false, null'],
  ['a doubled comma', '{"a": 1,‸,}', 'key in double quotes'],
  ['an unknown escape', '{"a": ‸"C:\\q"}', 'backslash'],
  ['a comment that is not closed', '{}‸/* x', '*/'],
  ['a config in a comment that is not closed', '‸/* {}', '*/'],
  ['a brace too many at the start', '‸}{}', 'value is expected'],
])('%s is refused with its place and what to do', (_what, text, words) => {
  const { text: plain, at } = marked(text);
  const error = refusal(plain);
  expect(error.message).toContain(`c.json:${at}: is not valid JSON`);
  expect(error.message).toContain(words);
  expect(error.code).toBe('config');
  const [line, column] = at.split(':').map(Number);
  expect(error.details).toMatchObject({ file: 'c.json', line, column });
});

test.each([[''], ['  \n\t'], ['// only words\n/* and more */']])(
  'the empty text %j is refused with the least config there is',
  (text) => {
    expect(refusal(text).message).toBe(
      'c.json:1:1: the config is empty; the least config is {"mcpServers": {}}',
    );
  },
);

test('text that nests a million levels deep is refused, not crashed on', () => {
  for (const bracket of ['[', '{"a":']) {
    const error = refusal(bracket.repeat(500_000));
    expect(error.message).toContain('nests deeper than 64 levels');
  }
  expect(refusal('}'.repeat(500_000)).code).toBe('config');
});

test('a megabyte of junk is refused in no time', () => {
  const started = performance.now();
  expect(refusal('@,'.repeat(500_000)).message).toContain('c.json:1:1:');
  expect(performance.now() - started).toBeLessThan(10_000);
});

test('places count from 1, whatever the line ends with', () => {
  for (const end of ['\n', '\r\n', '\r']) {
    const document = parseConfigText(`{${end}  "a": {${end}    "b": [10, 20]}}`, 'c');
    expect(document.locate(['a', 'b'], 'key')).toEqual({ line: 3, column: 5 });
    expect(document.locate(['a', 'b', 1], 'value')).toEqual({ line: 3, column: 15 });
    expect(document.locate(['a'], 'value')).toEqual({ line: 2, column: 8 });
    expect(document.locate(['a', 'missing', 'deep'], 'value')).toEqual({ line: 2, column: 3 });
    expect(document.locate([], 'value')).toEqual({ line: 1, column: 1 });
  }
});

test('a key that is given twice is found, with the place of the second', () => {
  const { text, at } = marked('{"a": {"x": 1,\n ‸"x": 2}, "b": [{"y": 1, "y": 2}]}');
  const { duplicates } = parseConfigText(text, 'c');
  expect(duplicates.map(({ path }) => path)).toEqual([
    ['a', 'x'],
    ['b', 0, 'y'],
  ]);
  const first = duplicates[0]?.position;
  expect(`${String(first?.line)}:${String(first?.column)}`).toBe(at);
});

test('a key called __proto__ is a key like any other', () => {
  const { value } = parseConfigText('{"__proto__": {"polluted": true}}', 'c');
  expect(Object.keys(value as object)).toEqual(['__proto__']);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

test('any JSON value is read as JSON.parse reads it', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 5 }), (text) => {
      expect(parseConfigText(text, 'c').value).toEqual(JSON.parse(text));
    }),
  );
});

test('any text at all is read or refused with a HostError, never anything else', () => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.stringMatching(/^[{}[\]",:0-9a-z/*\s\\-]{0,40}$/),
  );
  fc.assert(
    fc.property(texts, (text) => {
      expect(outcomeOf(text)).toMatch(/^(?:read|refused)$/);
    }),
    { numRuns: 2000 },
  );
});

test('an object is copied; what JSON cannot hold is refused', () => {
  const input = { mcpServers: { a: { command: 'x' } } };
  const document = configFromObject(input);
  input.mcpServers.a.command = 'changed';
  expect(document.value).toEqual({ mcpServers: { a: { command: 'x' } } });
  expect(document.locate(['mcpServers'], 'key')).toEqual({ line: 0, column: 0 });

  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  for (const bad of [circle, { a: () => 1 }, { a: Number.NaN }, { a: 1n }]) {
    expect(() => configFromObject(bad)).toThrow(expect.objectContaining({ code: 'config' }));
  }
});

function outcomeOf(text: string): string {
  try {
    parseConfigText(text, 'c');
    return 'read';
  } catch (reason) {
    return reason instanceof HostError ? 'refused' : String(reason);
  }
}
