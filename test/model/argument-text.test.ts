import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ArgumentText } from '../../src/model/argument-text.ts';

function read(...fragments: readonly string[]): ArgumentText {
  const text = new ArgumentText();
  for (const fragment of fragments) text.append(fragment);
  return text;
}

describe('argument text', () => {
  test.each([
    ['an object', ['{"a":1}']],
    ['white space around an object', [' {"a":1}\n']],
    ['braces and quotes inside of strings', ['{"a":"}\\"{"', ',"b":"\\\\"}']],
    ['nesting', ['{"a":[{"b":{}}', ']}']],
  ])('is whole once it is %s', (_, fragments) => {
    expect(read(...fragments).whole?.trim()).toBe(fragments.join('').trim());
  });

  test.each([
    ['nothing', []],
    ['an empty text', ['']],
    ['an open object', ['{"a":1']],
    ['an open string', ['{"a":"}']],
    ['an array', ['[{}]']],
    ['a string', ['"{}"']],
    ['null', ['null']],
    ['no JSON though its brackets match', ['{a:1}']],
    ['mismatched brackets', ['{"a":[1}]']],
    ['a brace too many', ['{"a":1}', '}']],
  ])('is not whole while it is %s, and its text is kept as sent', (_, fragments) => {
    const text = read(...fragments);
    expect(text.whole).toBeUndefined();
    expect(text.text).toBe(fragments.join(''));
  });

  test('is replaced by what follows a whole object', () => {
    expect(read('{}', '{"a"', ':1}').whole).toBe('{"a":1}');
    expect(read('{"a":1}{"a":2}').whole).toBe('{"a":2}');
    expect(read('{"a":1}', '{"a":2').whole).toBeUndefined();
  });

  test('is whole at the end of any object cut anywhere, and never before', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.infiniteStream(fc.nat(9)),
        (value, cuts) => {
          const sent = JSON.stringify(value);
          const text = new ArgumentText();
          let at = 0;
          while (at < sent.length) {
            expect(text.whole).toBeUndefined();
            const size = 1 + (cuts.next().value ?? 0);
            text.append(sent.slice(at, at + size));
            at += size;
          }
          expect(text.whole).toBe(sent);
        },
      ),
    );
  });

  test('costs linear time: a megabyte in single characters is read at once', () => {
    const sent = JSON.stringify({ a: '{"'.repeat(300_000) });
    const text = new ArgumentText();
    for (const character of sent) text.append(character);
    expect(text.whole).toBe(sent);
  });
});
