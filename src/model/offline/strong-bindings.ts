import type { Argument } from './argument.ts';
import type { Binding, Vocabulary } from './binding.ts';
import { formatBindings } from './format-bindings.ts';
import { isNamedBy, leadingNoun } from './leading-noun.ts';
import { numberBindings } from './number-bindings.ts';
import { beginsRequest, type Prompt } from './prompt.ts';
import { ARTICLES, INTRODUCING_WORDS, JOINING_WORDS, stem, STOP_WORDS, wordsOf } from './words.ts';

/** What the prompt gives an argument beyond doubt: all values of it, in order, each once. */
export function strongBindings(
  argument: Argument,
  prompt: Prompt,
  vocabulary: Vocabulary,
): Binding[] {
  const found = bindings(argument, prompt, vocabulary);
  return found.filter(({ value }, at) => found.findIndex((other) => other.value === value) === at);
}

function bindings(argument: Argument, prompt: Prompt, vocabulary: Vocabulary): Binding[] {
  const { type } = argument;
  if (type === 'boolean' || type === 'other') return [];
  if (argument.choices.length > 0) return choiceBindings(argument, prompt);
  if (type !== 'string') return numberBindings(argument, prompt, vocabulary);
  return formatBindings(argument, prompt) ?? nameBindings(argument, prompt, vocabulary);
}

function choiceBindings(argument: Argument, prompt: Prompt): Binding[] {
  const { tokens, spoken } = prompt;
  const found: Binding[] = [];
  for (const choice of argument.choices) {
    const words = wordsOf(String(choice));
    // A choice such as `all` or `to` is mentioned in any prompt.
    if (words.every((word) => STOP_WORDS.has(word))) continue;
    const at = tokens.findIndex((_, start) => {
      const said = spoken
        .slice(start, start + words.length)
        .flat()
        .slice(0, words.length);
      return words.every((word, offset) => said[offset] === word);
    });
    if (at >= 0) found.push({ value: choice, kind: 'choice', at });
  }
  return found.toSorted((a, b) => a.at - b.at);
}

function nameBindings(argument: Argument, prompt: Prompt, vocabulary: Vocabulary): Binding[] {
  const named = prompt.values.flatMap((value): Binding[] => {
    const nounAt = leadingNoun(prompt, value, vocabulary);
    if (!isNamedBy(argument, prompt, nounAt)) return [];
    return [{ value: value.text.replace(/^#/u, ''), kind: 'noun', at: value.from, nounAt }];
  });
  const plain = prompt.tokens.flatMap((token, at) =>
    token.shape === 'word' && argument.nouns.has(token.stem)
      ? besideNoun(prompt, at, vocabulary)
      : [],
  );
  return [...named, ...plain].toSorted((a, b) => a.at - b.at);
}

/** An ordinary word as a value: `in namespace default`, `the kube-system namespace`, `delete branch old`. */
function besideNoun(prompt: Prompt, nounAt: number, vocabulary: Vocabulary): Binding[] {
  const { tokens } = prompt;
  const [noun, before] = [tokens[nounAt], tokens[nounAt - 1]];
  const isSameClause = before?.clause === noun?.clause;
  if (before !== undefined && isSameClause && before.shape === 'word' && before.word.includes('-'))
    return [{ value: before.text, kind: 'noun', at: nounAt - 1, nounAt }];
  let at = nounAt + 1;
  while (JOINING_WORDS.has(tokens[at]?.word ?? '')) at += 1;
  const token = tokens[at];
  if (token?.shape !== 'word' || token.clause !== noun?.clause) return [];
  const isIntroduced =
    at > nounAt + 1 ||
    token.word.includes('-') ||
    (before !== undefined && beginsRequest(prompt, nounAt - 1)) ||
    noun.afterMark ||
    INTRODUCING_WORDS.has(before?.word ?? '') ||
    ARTICLES.has(before?.word ?? '');
  const isSmall = STOP_WORDS.has(token.word) || STOP_WORDS.has(stem(token.word));
  if (!isIntroduced || isSmall || vocabulary.all.has(token.stem)) return [];
  return [{ value: token.text, kind: 'noun', at, nounAt }];
}
