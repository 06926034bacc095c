import type { Argument } from './argument.ts';
import type { Prompt, Token, Value } from './prompt.ts';
import { ARTICLES, INTRODUCING_WORDS, JOINING_WORDS, stem, STOP_WORDS, wordsOf } from './words.ts';

/**
 * A value of the prompt that belongs to an argument beyond doubt.
 *
 * - `noun`: the prompt calls it what the argument is about (`order 7` for `order_id`)
 * - `format`: it has the format that the argument asks for
 * - `choice`: it is one of the argument's own choices
 * - `amount`: it says how many or how much
 */
export interface Binding {
  readonly value: string | number;
  readonly kind: 'noun' | 'format' | 'choice' | 'amount';
  /** The token it is taken from. */
  readonly at: number;
}

/** The words by which the arguments of a catalogue are spoken of, as stems: no value is one of them. */
export type Vocabulary = ReadonlySet<string>;

/** What the prompt gives an argument beyond doubt: all values of it, in order, each once. */
export function strongBindings(
  argument: Argument,
  prompt: Prompt,
  vocabulary: Vocabulary,
): Binding[] {
  if (argument.type === 'boolean' || argument.type === 'other') return [];
  const found =
    argument.choices.length > 0
      ? choices(argument, prompt)
      : argument.type === 'string'
        ? strings(argument, prompt, vocabulary)
        : numbers(argument, prompt, vocabulary);
  return found.filter(({ value }, at) => found.findIndex((other) => other.value === value) === at);
}

function choices(argument: Argument, prompt: Prompt): Binding[] {
  const { tokens } = prompt;
  const found: Binding[] = [];
  for (const choice of argument.choices) {
    const words = wordsOf(String(choice));
    // A choice such as `all` or `to` is mentioned in any prompt.
    if (words.every((word) => STOP_WORDS.has(word))) continue;
    const at = tokens.findIndex((_, start) =>
      words.every((word, offset) => tokens[start + offset]?.word === word),
    );
    if (at >= 0) found.push({ value: choice, kind: 'choice', at });
  }
  return found.toSorted((a, b) => a.at - b.at);
}

function numbers(argument: Argument, prompt: Prompt, vocabulary: Vocabulary): Binding[] {
  return prompt.values.flatMap((value): Binding[] => {
    const number = Number(value.text.replace('#', ''));
    const fits =
      value.shape === 'number' &&
      number >= argument.minimum &&
      number <= argument.maximum &&
      (argument.type === 'number' || Number.isSafeInteger(number));
    if (!fits) return [];
    if (isAmount(argument, prompt, value))
      return [{ value: number, kind: 'amount', at: value.from }];
    const isNamed = argument.nouns.has(leadingNoun(prompt, value, vocabulary) ?? '');
    return isNamed ? [{ value: number, kind: 'noun', at: value.from }] : [];
  });
}

const COUNTING_ARGUMENTS = new Set(
  'count first last limit max maximum n results size take top'.split(' '),
);
const COUNTING_WORDS = new Set(
  'first last latest limit max maximum newest next recent top'.split(' '),
);

/** `the last 3 orders` for `limit`, `5 days` for `days`. */
function isAmount(argument: Argument, prompt: Prompt, value: Value): boolean {
  const before = prompt.tokens[value.from - 1]?.word ?? '';
  const counts = [...argument.words].some((word) => COUNTING_ARGUMENTS.has(word));
  if (counts && COUNTING_WORDS.has(before)) return true;
  const unit = prompt.tokens[value.to + 1];
  const isPlural = [...argument.words].some((word) => word.endsWith('s'));
  return isPlural && !argument.isHandle && unit?.shape === 'word' && argument.nouns.has(unit.stem);
}

function strings(argument: Argument, prompt: Prompt, vocabulary: Vocabulary): Binding[] {
  const formatted = byFormat(argument, prompt);
  if (formatted !== undefined) return formatted;
  const named = prompt.values
    .filter((value) => argument.nouns.has(leadingNoun(prompt, value, vocabulary) ?? ''))
    .map((value): Binding => ({
      value: value.text.replace(/^#/u, ''),
      kind: 'noun',
      at: value.from,
    }));
  const beside = prompt.tokens.flatMap((token, at) =>
    token.shape === 'word' && argument.nouns.has(token.stem)
      ? besideNoun(prompt, at, vocabulary)
      : [],
  );
  return [...named, ...beside].toSorted((a, b) => a.at - b.at);
}

/** The values of the argument's format; `undefined` when it has none of those that can be seen. */
function byFormat(argument: Argument, prompt: Prompt): Binding[] | undefined {
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

const STARTS = new Set('after begin from min since start'.split(' '));
const ENDS = new Set('before end max to till until through'.split(' '));

/** Of several dates the one whose preposition says that it is the start, or the end. */
function isItsDate(argument: Argument, prompt: Prompt, value: Value): boolean {
  const before = prompt.tokens[value.from - 1]?.word ?? '';
  const words = [...argument.words];
  if (words.some((word) => STARTS.has(word))) return STARTS.has(before) || before === 'between';
  if (words.some((word) => ENDS.has(word))) return ENDS.has(before) || before === 'and';
  return !STARTS.has(before) && !ENDS.has(before);
}

/** The noun in front of a value: `order` in `orders 7 and 8` for both. Of two nouns the nearer one, if any argument is called so. */
export function leadingNoun(
  prompt: Prompt,
  value: Value,
  vocabulary: Vocabulary,
): string | undefined {
  const { tokens } = prompt;
  let at = value.from - 1;
  while (isBetween(tokens[at], value)) at -= 1;
  const [near, far] = [tokens[at], tokens[at - 1]];
  if (!isNoun(near, value)) return undefined;
  if (vocabulary.has(near.stem) || !isNoun(far, value)) return near.stem;
  return far.stem;
}

function isNoun(token: Token | undefined, value: Value): token is Token {
  return token?.shape === 'word' && token.clause === value.clause && !STOP_WORDS.has(token.word);
}

function isBetween(token: Token | undefined, value: Value): boolean {
  if (token === undefined || token.clause !== value.clause) return false;
  if (token.shape === value.shape) return true;
  const { word } = token;
  return (
    token.shape === 'word' &&
    (JOINING_WORDS.has(word) || ARTICLES.has(word) || word === 'and' || word === 'or')
  );
}

/** An ordinary word as a value: `in namespace default`, `the kube-system namespace`, `delete branch old`. */
function besideNoun(prompt: Prompt, at: number, vocabulary: Vocabulary): Binding[] {
  const { tokens } = prompt;
  const before = tokens[at - 1];
  if (
    before?.clause === tokens[at]?.clause &&
    before?.shape === 'word' &&
    before.word.includes('-')
  )
    return [{ value: before.text, kind: 'noun', at: at - 1 }];
  let next = at + 1;
  while (JOINING_WORDS.has(tokens[next]?.word ?? '')) next += 1;
  const token = tokens[next];
  if (token?.shape !== 'word' || token.clause !== tokens[at]?.clause) return [];
  const isIntroduced =
    next > at + 1 ||
    token.word.includes('-') ||
    before?.first === true ||
    INTRODUCING_WORDS.has(before?.word ?? '') ||
    ARTICLES.has(before?.word ?? '');
  const isSmall = STOP_WORDS.has(token.word) || STOP_WORDS.has(stem(token.word));
  if (!isIntroduced || isSmall || vocabulary.has(token.stem)) return [];
  return [{ value: token.text, kind: 'noun', at: next }];
}
