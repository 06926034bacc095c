import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { visible, visibleLine } from '../../src/base/visible.ts';

test.each([
  ['an escape sequence', '\u001B[31mred', '\\x1b[31mred'],
  ['a title', '\u001B]0;owned\u0007', '\\x1b]0;owned\\x07'],
  ['a carriage return, which overwrites the line', 'safe\rrm -rf', 'safe\\x0drm -rf'],
  ['a C1 control', '\u009B31m', '\\x9b31m'],
  ['a bidirectional override', 'a\u202Egnp.exe', 'a\\u{202e}gnp.exe'],
  ['a zero-width space', 'a\u200Bb', 'a\\u{200b}b'],
  ['tag characters', 'a\u{E0041}', 'a\\u{e0041}'],
  ['variation selectors, in which bytes can be hidden', 'a\u{E0100}', 'a\\u{e0100}'],
  ['a byte order mark', '\uFEFFa', '\\u{feff}a'],
])('%s becomes visible', (_what, text, expected) => {
  expect(visible(text)).toBe(expected);
});

test('leaves text, line feeds, tabs and emoji alone', () => {
  const text = 'Grüße, 世界 👋🏽\n\tüber — “quoted”';
  expect(visible(text)).toBe(text);
});

test('lets no control character through, whatever the text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      // oxlint-disable-next-line no-control-regex -- control characters are what this is about
      expect(visible(text)).not.toMatch(/[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u202A-\u202E]/u);
    }),
  );
});

describe('visibleLine', () => {
  test('is one line of a bounded length', () => {
    expect(visibleLine('  a\n b\t\tc  ')).toBe('a b c');
    expect(visibleLine('x'.repeat(300))).toBe(`${'x'.repeat(199)}…`);
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 2_000 }),
        fc.integer({ min: 1, max: 300 }),
        (text, max) => {
          const line = visibleLine(text, max);
          expect(line.length).toBeLessThanOrEqual(max);
          expect(line).not.toMatch(/[\n\r\u2028\u2029]/u);
        },
      ),
    );
  });

  test('costs no more for a text of any length', () => {
    expect(visibleLine('\u0000'.repeat(50_000_000), 10)).toHaveLength(10);
  });
});
