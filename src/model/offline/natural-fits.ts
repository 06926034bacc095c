import type { Tool } from '../../call/tool.ts';
import { nounsOf } from './argument.ts';
import { clausesOf, saysVerb, type Clause, type Mention } from './clauses.ts';
import { usedTokens } from './fit-facts.ts';
import { narrowed, type Fit, type Taken } from './fit.ts';
import type { Prompt, Value } from './prompt.ts';
import { isSaidOtherwise, stem, STOP_WORDS, wordsOf } from './words.ts';

export interface Competition {
  readonly prompt: Prompt;
  /** How well each tool's words fit the prompt. */
  readonly scores: ReadonlyMap<Tool, number>;
  /** Chosen already: their values are gone. */
  readonly rivals: readonly Fit[];
}

interface Candidate {
  readonly fit: Fit;
  readonly main: readonly Taken[];
  readonly score: number;
}

/** P2 of `plan.ts`: for each mention of a value that nothing is said about the one tool that fits its clause best. */
export function naturalFits(fits: readonly Fit[], competition: Competition): Fit[] {
  const { prompt, scores, rivals } = competition;
  const used = new Set(rivals.flatMap(usedTokens));
  const clauses = clausesOf(prompt);
  const best = new Map<Mention, Candidate>();
  for (const fit of fits) {
    const main = mainValues(fit);
    const values = new Set(main.map(({ value }) => value).filter(({ from }) => !used.has(from)));
    for (const clause of clauses) {
      const mentions = clause.mentions.filter(({ value }) => values.has(value));
      if (mentions.length === 0) continue;
      const score = naturalness(fit, main[0], { clause, rank: scores.get(fit.tool) ?? 0 });
      if (score === undefined) continue;
      for (const mention of mentions)
        if (score > (best.get(mention)?.score ?? 0)) best.set(mention, { fit, main, score });
    }
  }
  const winners = [...new Map([...best.values()].map((winner) => [winner.fit, winner])).values()];
  // A value that one of them takes besides its main one (`in src/links`) needs no tool of its own.
  const besides = new Set(
    winners.flatMap(({ fit, main }) =>
      fit.taken.filter((taken) => !main.includes(taken)).map(({ value }) => value),
    ),
  );
  return winners
    .filter(({ main }) => !main.every(({ value }) => besides.has(value)))
    .map((winner) => withItsValues(winner, best));
}

/** A tool is called with the values that it has won, and with those that no tool has. */
function withItsValues({ fit, main }: Candidate, best: ReadonlyMap<Mention, Candidate>): Fit {
  const [first] = main;
  if (first === undefined) return fit;
  const won = [...best].filter(([, winner]) => winner.fit === fit).map(([mention]) => mention);
  const own = new Set(won.map(({ value }) => value));
  const gone = new Set([...best.keys()].map(({ value }) => value));
  const left = main.map(({ value }) => value).filter((value) => own.has(value) || !gone.has(value));
  return {
    ...narrowed(fit, first.argument, new Set(left)),
    at: won.reduce((least, { at }) => Math.min(least, at), Infinity),
  };
}

/** What a tool takes with the argument that the prompt's values suit best: all of one shape, and all as well. */
function mainValues(fit: Fit): Taken[] {
  const [main] = fit.taken.toSorted((a, b) => b.affinity - a.affinity);
  return fit.taken.filter(({ argument }) => argument === main?.argument);
}

/** From here on a value is what an argument is made for. */
const SURE_AFFINITY = 0.9;
/** A pronoun may stand for something else: only what suits the argument well is looked for behind it. */
const PRONOUN_AFFINITY = 0.8;
const DEPRECATED = /^\W*[Dd]eprecated\b|\bDEPRECATED\b/u;

interface Hearing {
  readonly clause: Clause;
  /** How well the tool's words fit the whole prompt. */
  readonly rank: number;
}

/** How well a tool fits a clause that speaks of the value that it takes; `undefined` when it has nothing to do with it. The weights are set by hand. */
function naturalness(
  fit: Fit,
  main: Taken | undefined,
  { clause, rank }: Hearing,
): number | undefined {
  if (main === undefined) return undefined;
  const { argument, value, affinity } = main;
  const { said, meant, isPronoun } = clause;
  const words = wordsOf(fit.tool.name).map(stem);
  const isAsked = saysVerb(clause, fit.tool.name);
  const isMeant = words.some((word) => meant.has(word) || isSaidOtherwise(word, said));
  const asked = isAsked ? 1.2 : isMeant ? 1 : 0;
  const nouns = nounsOf(fit.tool).filter((noun) => noun !== words[0] && !STOP_WORDS.has(noun));
  const named = nouns.filter((noun) => said.has(noun) || isSaidOtherwise(noun, said));
  // A name alone may be anything's: there the tool's own words must be said.
  const isSaid = isAsked || named.length > 0 || (value.shape !== 'proper' && isMeant);
  if (isPronoun && affinity < PRONOUN_AFFINITY) return undefined;
  if (!isSaid && (isPronoun || affinity < SURE_AFFINITY)) return undefined;
  const strange = nouns.filter((noun) => !named.includes(noun) && !isSaidByShape(noun, value));
  const gains = [
    affinity,
    asked,
    0.5 * named.length,
    0.5 * rank,
    argument.required ? 0.3 : 0,
    0.3 * fit.bound.length,
    -0.1 * strange.length,
    // A list for a single value would do, too.
    argument.isList && fit.taken.length === 1 ? -0.3 : 0,
    DEPRECATED.test(fit.tool.description) ? -0.5 : 0,
  ];
  return gains.reduce((sum, gain) => sum + gain, 0);
}

/** A path says that a file is meant. */
function isSaidByShape(noun: string, value: Value): boolean {
  return noun === stem('file') && (value.shape === 'path' || value.shape === 'glob');
}
