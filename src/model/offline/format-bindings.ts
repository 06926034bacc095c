import type { Argument } from './argument.ts';
import type { Binding } from './binding.ts';
import type { Prompt, Value } from './prompt.ts';
import { isEndLike, isStartLike, SINCE_WORDS, UNTIL_WORDS } from './start-and-end.ts';

/** The values that have an argument's format; `undefined` when it has none that can be seen in a value. */
export function formatBindings(argument: Argument, prompt: Prompt): Binding[] | undefined {
  const format = FORMATS.find(({ formats, words }) => {
    if (argument.format !== undefined) return formats.test(argument.format);
    return [...argument.words].some((word) => words.has(word));
  });
  if (format === undefined) return undefined;
  return prompt.values
    .filter((value) => value.shape === format.shape)
    .filter((value) => format.shape !== 'date' || isItsDate(argument, prompt, value))
    .map((value) => ({
      value: value.text,
      // A date narrows a question; it does not say what the question is about.
      kind: format.shape === 'date' ? 'amount' : 'format',
      at: value.from,
    }));
}

const FORMATS = [
  { shape: 'date', formats: /^date/u, words: new Set(['date', 'day', 'since', 'until']) },
  { shape: 'email', formats: /email$/u, words: new Set(['email', 'mail']) },
  { shape: 'url', formats: /^(?:uri|url|iri)/u, words: new Set(['url', 'uri', 'link', 'website']) },
  { shape: 'domain', formats: /hostname$/u, words: new Set(['host', 'hostname', 'domain']) },
] as const;

/** Of two dates the one whose preposition says that it is the start, or the end; a date alone is a start. */
function isItsDate(argument: Argument, prompt: Prompt, value: Value): boolean {
  const before = prompt.tokens[value.from - 1]?.word ?? '';
  const isEnd = UNTIL_WORDS.has(before) || before === 'and';
  if (isStartLike(argument)) return !isEnd;
  if (isEndLike(argument)) return isEnd;
  return !isEnd && !SINCE_WORDS.has(before);
}
