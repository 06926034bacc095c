import type { Fit } from './fit.ts';
import type { Prompt } from './prompt.ts';
import { POLITE_WORDS, stem, wordsOf } from './words.ts';

/** Whether a prompt asks for a tool with its own verb, as in `please close ticket 7` for `close_ticket`: the verb where a request stands, the rest of the name anywhere. */
export function isCalledFor(fit: Fit, prompt: Prompt): boolean {
  const [verb, ...nouns] = wordsOf(fit.tool.name).map(stem);
  if (verb === undefined) return false;
  const hasPath = fit.taken.some(({ value }) => value.shape === 'path');
  const speaksOfIt = nouns.every(
    (noun) => prompt.stems.has(noun) || (hasPath && noun === stem('file')),
  );
  return (
    speaksOfIt && prompt.tokens.some((token, at) => token.stem === verb && isRequest(prompt, at))
  );
}

/** Whether only polite words stand between the beginning of the clause and this word. */
function isRequest(prompt: Prompt, at: number): boolean {
  for (let before = at; ; before -= 1) {
    const token = prompt.tokens[before];
    if (token === undefined) return true;
    if (before !== at && !POLITE_WORDS.has(token.word)) return false;
    if (token.first) return true;
  }
}
