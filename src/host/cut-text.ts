import { beginningOf } from '../base/utf8.ts';
import type { Answer, ContentBlock } from '../call/outcome.ts';
import { blockText, toldBlocks } from '../model/content.ts';
import { cargoOf } from './cargo.ts';

/** What is left of an answer's content. */
export interface CutContent {
  readonly content: readonly ContentBlock[];
  /** How much of the answer's text is left, from its start, in bytes of UTF-8. */
  readonly shownBytes: number;
}

/**
 * The beginning of an answer's text (see `answerText`), `maxBytes` of UTF-8 at most, cut between two characters. Images and the like stay, also those behind the cut: their
 * size is another matter.
 */
export function cutText(answer: Answer, maxBytes: number): CutContent {
  const content: ContentBlock[] = [];
  let shownBytes = 0;
  let isCut = false;
  for (const [index, block] of toldBlocks(answer).entries()) {
    const carries = cargoOf(block) !== undefined;
    if (isCut) {
      if (carries) content.push(block);
      continue;
    }
    // The line break between two blocks is a part of the text.
    const separator = index === 0 ? 0 : 1;
    const whole = blockText(block);
    const room = maxBytes - shownBytes - separator;
    const { text, bytes } = beginningOf(whole, Math.max(0, room));
    if (text.length === whole.length && room >= 0) {
      content.push(block);
      shownBytes += separator + bytes;
      continue;
    }
    isCut = true;
    if (carries) content.push(block);
    else if (bytes > 0) {
      content.push({ type: 'text', text });
      shownBytes += separator + bytes;
    }
  }
  return { content, shownBytes };
}
