import type { Argument } from './argument.ts';

/** In front of the value where something starts, and in the names of arguments for it. */
export const SINCE_WORDS: ReadonlySet<string> = new Set(
  'after begin between from in since start'.split(' '),
);

/** The same for the end. */
export const UNTIL_WORDS: ReadonlySet<string> = new Set(
  'before end out through till to until'.split(' '),
);

export function isStartLike(argument: Argument): boolean {
  return [...argument.words].some((word) => SINCE_WORDS.has(word));
}

export function isEndLike(argument: Argument): boolean {
  return [...argument.words].some((word) => UNTIL_WORDS.has(word));
}
