import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ContentBlock } from '../../src/call/outcome.ts';
import { cutText } from '../../src/host/cut-text.ts';
import { answerText } from '../../src/model/content.ts';

const text = (words: string): ContentBlock => ({ type: 'text', text: words });
const image = { type: 'image', mimeType: 'image/png', data: 'AAAA' };

test('the text is cut where it is too long, and what comes behind is left out but for images', () => {
  const answer = { content: [text('one'), text('two'), image, text('three')] };
  expect(cutText(answer, 5)).toEqual({
    content: [text('one'), text('t'), image],
    shownBytes: 5,
  });
});

test('a block of which nothing fits is left out', () => {
  expect(cutText({ content: [text('one'), text('two')] }, 4)).toEqual({
    content: [text('one')],
    shownBytes: 3,
  });
  expect(cutText({ content: [text('one')] }, 0)).toEqual({ content: [], shownBytes: 0 });
});

test('an image before the cut stays in its place', () => {
  const { content } = cutText({ content: [image, text('x'.repeat(100))] }, 60);
  expect(content[0]).toBe(image);
  expect(content).toHaveLength(2);
});

test('structured content without any other is the text', () => {
  const structuredContent = { list: [1, 2, 3] };
  expect(cutText({ content: [], structuredContent }, 6)).toEqual({
    content: [text('{"list')],
    shownBytes: 6,
  });
});

test('what is shown is the start of the whole text, byte for byte', () => {
  const block = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 40 }).map(text),
    fc
      .string({ maxLength: 20 })
      .map((inside) => ({ type: 'resource', resource: { uri: 'file:///a', text: inside } })),
  );
  fc.assert(
    fc.property(fc.array(block, { minLength: 1, maxLength: 5 }), fc.nat(200), (content, max) => {
      const whole = Buffer.from(answerText({ content }));
      fc.pre(whole.length > max);
      const { content: shown, shownBytes } = cutText({ content }, max);
      expect(shownBytes).toBeLessThanOrEqual(max);
      const start = whole.subarray(0, shownBytes).toString();
      expect(answerText({ content: shown })).toBe(start);
    }),
  );
});
