import type { Argument } from './argument.ts';
import type { Vocabulary } from './binding.ts';
import type { Prompt, Token, Value } from './prompt.ts';
import { ARTICLES, JOINING_WORDS, STOP_WORDS } from './words.ts';

/** Where the noun in front of a value stands: `orders` in `orders 7 and 8` for both. Of two nouns the nearer one, if any argument is called so. */
export function leadingNoun(
  prompt: Prompt,
  value: Value,
  vocabulary: Vocabulary,
): number | undefined {
  const { tokens } = prompt;
  let at = value.from - 1;
  while (isBetween(tokens[at], value)) at -= 1;
  const [near, far] = [tokens[at], tokens[at - 1]];
  if (!isNoun(near, value)) return undefined;
  return vocabulary.nouns.has(near.stem) || !isNoun(far, value) ? at : at - 1;
}

/** Whether the noun at this place is what an argument is about. */
export function isNamedBy(
  argument: Argument,
  prompt: Prompt,
  nounAt: number | undefined,
): nounAt is number {
  return nounAt !== undefined && argument.nouns.has(prompt.tokens[nounAt]?.stem ?? '');
}

function isNoun(token: Token | undefined, value: Value): token is Token {
  return token?.shape === 'word' && token.clause === value.clause && !STOP_WORDS.has(token.word);
}

function isBetween(token: Token | undefined, value: Value): boolean {
  if (token === undefined || token.clause !== value.clause) return false;
  if (token.shape === value.shape) return true;
  const { word } = token;
  const isSmall = JOINING_WORDS.has(word) || ARTICLES.has(word) || word === 'and' || word === 'or';
  return token.shape === 'word' && isSmall;
}
