import type { Argument } from './argument.ts';
import type { Binding, Vocabulary } from './binding.ts';
import { isNamedBy, leadingNoun } from './leading-noun.ts';
import type { Prompt, Value } from './prompt.ts';
import { isEndLike, isStartLike, UNTIL_WORDS } from './start-and-end.ts';

/** The numbers that belong to an argument beyond doubt. */
export function numberBindings(
  argument: Argument,
  prompt: Prompt,
  vocabulary: Vocabulary,
): Binding[] {
  return prompt.values.flatMap((found): Binding[] => {
    const value = numberFor(argument, found);
    if (value === undefined) return [];
    const at = found.from;
    if (isAmount(argument, prompt, found)) return [{ value, kind: 'amount', at }];
    if (isStartLike(argument) || isEndLike(argument))
      return isEndOfRange(argument, prompt, found) ? [{ value, kind: 'amount', at }] : [];
    const nounAt = leadingNoun(prompt, found, vocabulary);
    return isNamedBy(argument, prompt, nounAt) ? [{ value, kind: 'noun', at, nounAt }] : [];
  });
}

/** The number that a value is, if the argument's schema allows it. */
export function numberFor(argument: Argument, value: Value): number | undefined {
  if (value.shape !== 'number') return undefined;
  const number = Number(value.text.replace('#', ''));
  const isAllowed =
    number >= argument.minimum &&
    number <= argument.maximum &&
    (argument.type === 'number' || Number.isSafeInteger(number));
  return isAllowed ? number : undefined;
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
  const words = [...argument.words];
  if (COUNTING_WORDS.has(before) && words.some((word) => COUNTING_ARGUMENTS.has(word))) return true;
  const unit = prompt.tokens[value.to + 1];
  const isPlural = words.some((word) => word.endsWith('s'));
  return isPlural && !argument.isHandle && unit?.shape === 'word' && argument.nouns.has(unit.stem);
}

/** `lines 10 to 20`: 10 for `start_line`, 20 for `end_line`. */
function isEndOfRange(argument: Argument, prompt: Prompt, value: Value): boolean {
  const { tokens } = prompt;
  const isStart = isStartLike(argument);
  const [joint, other] = isStart ? [value.to + 1, value.to + 2] : [value.from - 1, value.from - 2];
  const isRange = UNTIL_WORDS.has(tokens[joint]?.word ?? '') && tokens[other]?.shape === 'number';
  const noun = tokens[(isStart ? value.from : other) - 1];
  return isRange && noun?.shape === 'word' && argument.nouns.has(noun.stem);
}
