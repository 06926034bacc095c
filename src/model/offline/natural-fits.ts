import type { Tool } from '../../call/tool.ts';
import { nounsOf } from './argument.ts';
import { usedTokens } from './fit-facts.ts';
import type { Fit, Taken } from './fit.ts';
import { clauseStems, type Prompt, type Value } from './prompt.ts';
import { kindred, stem, wordsOf } from './words.ts';

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

/** P2 of `plan.ts`: for each value that nothing is said about the one tool that fits its clause best. */
export function naturalFits(fits: readonly Fit[], competition: Competition): Fit[] {
  const used = new Set(competition.rivals.flatMap(usedTokens));
  const best = new Map<Value, Candidate>();
  for (const fit of fits) {
    const main = mainValues(fit);
    const score = naturalness(fit, main[0], competition);
    if (score === undefined) continue;
    for (const { value } of main)
      if (!used.has(value.from) && score > (best.get(value)?.score ?? 0))
        best.set(value, { fit, main, score });
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
    .map(({ fit }) => fit);
}

/** What a tool takes with the argument that the prompt's values suit best. */
function mainValues(fit: Fit): Taken[] {
  const [main] = fit.taken.toSorted((a, b) => b.affinity - a.affinity);
  return fit.taken.filter(({ argument }) => argument === main?.argument);
}

/** From here on a value is what an argument is made for. */
const SURE_AFFINITY = 0.9;
const DEPRECATED = /^\W*[Dd]eprecated\b|\bDEPRECATED\b/u;

/** How well a tool fits the clause of the value that it takes; `undefined` when it has nothing to do with it. The weights are set by hand. */
function naturalness(
  fit: Fit,
  main: Taken | undefined,
  competition: Competition,
): number | undefined {
  if (main === undefined) return undefined;
  const { argument, value, affinity } = main;
  const said = clauseStems(competition.prompt, value.clause);
  const meant = kindred(said);
  const words = wordsOf(fit.tool.name).map(stem);
  const [verb = ''] = words;
  const asked = said.has(verb) ? 1.2 : words.some((word) => meant.has(word)) ? 1 : 0;
  const nouns = nounsOf(fit.tool).filter((noun) => noun !== verb);
  const named = nouns.filter((noun) => said.has(noun)).length;
  // A name alone may be anything's: there the tool's own words must be said.
  const isSaid = value.shape === 'proper' ? said.has(verb) || named > 0 : asked + named > 0;
  if (affinity < SURE_AFFINITY && !isSaid) return undefined;
  const strange = nouns.filter((noun) => !said.has(noun) && !isSaidByShape(noun, value)).length;
  const gains = [
    affinity,
    asked,
    0.5 * named,
    0.5 * (competition.scores.get(fit.tool) ?? 0),
    argument.required ? 0.3 : 0,
    0.3 * fit.bound.length,
    -0.1 * strange,
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
