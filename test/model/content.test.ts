import { describe, expect, test } from 'vitest';
import type { Json } from '../../src/base/json.ts';
import type { ContentBlock, Outcome } from '../../src/call/outcome.ts';
import { cut, outcomeText } from '../../src/model/content.ts';

const ok = (...content: ContentBlock[]): Outcome => ({ kind: 'ok', ran: 'yes', content });
const text = (words: string): ContentBlock => ({ type: 'text', text: words });

describe('the text of an answer', () => {
  test('is the server’s own, its blocks on lines of their own', () => {
    expect(outcomeText(ok(text('a\n b '), text('c')), 't')).toBe('a\n b \nc');
  });

  test('is the structured content where there is no other', () => {
    expect(outcomeText({ ...ok(), structuredContent: { a: 1 } } as Outcome, 't')).toBe('{"a":1}');
  });

  const hits = { hits: [{ id: 17, name: 'Ada' }], next: null };
  test.each<[string, Json, string]>([
    // A summary beside the facts.
    ['1 hit', hits, '1 hit\n{"hits":[{"id":17,"name":"Ada"}],"next":null}'],
    // The same as JSON, whatever the order and the blanks.
    [JSON.stringify(hits, null, 2), hits, JSON.stringify(hits, null, 2)],
    [
      '{"next":null,"hits":[{"name":"Ada","id":17}]}',
      hits,
      '{"next":null,"hits":[{"name":"Ada","id":17}]}',
    ],
    // In a wrapper.
    ['ok', { result: 'ok' }, 'ok'],
    ['7', { result: 7 }, '7'],
    // Another form of it, but for a flag.
    ['17 Ada', { hits: [{ id: 17, name: 'Ada' }], truncated: false }, '17 Ada'],
  ])(
    'ends with the structured content where the text does not tell it: %j',
    (words, structuredContent, expected) => {
      expect(outcomeText({ ...ok(text(words)), structuredContent } as Outcome, 't')).toBe(expected);
    },
  );

  test('does not end with structured content once it is cut: the note behind it is the end', () => {
    const cut = [{ part: 'text', bytes: 90, shownBytes: 1, file: null }];
    const outcome = { ...ok(text('x')), structuredContent: hits, cut } as Outcome;
    expect(outcomeText(outcome, 't')).toBe('x');
  });

  test.each<[ContentBlock, string]>([
    [
      { type: 'image', mimeType: 'image/png', data: Buffer.alloc(12_345).toString('base64') },
      '[image image/png, 12,345 bytes]',
    ],
    [{ type: 'audio', mimeType: 'audio/wav', data: 'AAAA' }, '[audio audio/wav, 3 bytes]'],
    [{ type: 'image', data: 7 }, '[image]'],
    [{ type: 'resource_link', uri: 'file:///a', name: 'A' }, '[link file:///a, A]'],
    [
      { type: 'resource', resource: { uri: 'file:///a', text: 'inside' } },
      '[resource file:///a]\ninside',
    ],
    [
      { type: 'resource', resource: { uri: 'file:///a', mimeType: 'x/y', blob: 'AA==' } },
      '[resource file:///a x/y, 1 bytes]',
    ],
    [{ type: 'resource' }, '[resource]'],
    [{ type: 'hologram', data: 1 }, '[hologram]'],
    [{ type: 'text' }, ''],
  ])('has for a block that is no text a line that says what it is', (block, expected) => {
    expect(outcomeText(ok(text('before'), block), 't')).toBe(`before\n${expected}`);
  });

  test('says so when there is nothing', () => {
    expect(outcomeText(ok(), 't')).toBe('The tool ran and returned nothing.');
  });
});

test.each<[Outcome, string]>([
  [
    { kind: 'tool-error', ran: 'yes', content: [text('no such file: x')] },
    'Error from t: no such file: x',
  ],
  [{ kind: 'tool-error', ran: 'yes', content: [] }, 'Error from t: it gives no reason.'],
  [
    { kind: 'invalid', ran: 'no', code: 'bad-json', message: 'not JSON' },
    'Call of t is invalid (bad-json): not JSON. The tool did not run.',
  ],
  [
    { kind: 'denied', ran: 'no', code: 'policy', message: 'Denied.' },
    'Call of t was denied (policy): Denied. The tool did not run.',
  ],
  [
    { kind: 'timeout', ran: 'unknown', code: 'totalMs', message: 'took too long' },
    'Call of t timed out (totalMs): took too long. It is not known whether the tool ran: if it changes something, check before you call it again.',
  ],
  [
    { kind: 'cancelled', ran: 'no', code: 'truncated', message: 'x' },
    'Call of t was cancelled (truncated): x. The tool did not run.',
  ],
  [
    { kind: 'failed', ran: 'yes', code: 'gone', message: 'x' },
    'Call of t failed (gone): x. The tool ran.',
  ],
])(
  'an outcome that is no answer says its code, its words and what is known: %o',
  (outcome, expected) => {
    expect(outcomeText(outcome, 't')).toBe(expected);
  },
);

describe('a text over the limit', () => {
  test('keeps its start and says how much is missing, within the limit', () => {
    const shown = outcomeText(ok(text('ab'.repeat(1000))), 't', 500);
    expect(shown.length).toBeLessThanOrEqual(500);
    expect(shown).toMatch(/^(?:ab)+\n\[cut: 1,580 of 2,000 characters are left out here\]$/u);
  });

  test('is whole without one: the host cuts results before a model reads them', () => {
    expect(outcomeText(ok(text('x'.repeat(1_000_000))), 't')).toBe('x'.repeat(1_000_000));
  });

  test('is never cut within a character', () => {
    for (const size of [100, 101, 102, 103])
      expect(cut('😀'.repeat(200), size)).toMatch(/^(?:😀)+\n\[/u);
  });
});
