import type { JsonObject } from '../../base/json.ts';
import type { Tool } from '../../call/tool.ts';
import { argumentsOf, nounsOf } from './argument.ts';
import { fitTool, type Fit, type Misfit, type Taken } from './fit.ts';
import { isCalledFor } from './imperative.ts';
import { clauseStems, type Prompt, type Value } from './prompt.ts';
import { rankTools, vocabularyOf } from './rank.ts';
import { kindred, stem, wordsOf } from './words.ts';

export interface PlannedCall {
  readonly tool: Tool;
  readonly arguments: JsonObject;
}

export interface Plan {
  /** One batch, in the prompt's order. */
  readonly calls: readonly PlannedCall[];
  /** Tools that fit the words and lack a value, best first. */
  readonly closest: readonly Misfit[];
  /** Tools that fit, but change something, or may; the prompt does not ask for that by their own verb. */
  readonly withheld: readonly Tool[];
}

/** Most calls of one plan. */
const MAX_CALLS = 8;

/**
 * Plans one batch. A tool is called when the prompt gives all its required arguments, and is clearly about what the tool does:
 *
 * - P1. a value that the prompt names (`order 7`) goes to every tool that takes such a value, unless the prompt says which of them is wanted;
 * - P2. a value that only looks like what an argument takes (`src/a.ts`) goes to one tool, the one that fits its clause best;
 * - P3. a tool that needs no value is called when the prompt speaks of what its name says;
 * - P4. a tool that is not declared read-only is called only when the prompt asks for it with its own verb; it then has its values for itself.
 */
export function planCalls(tools: readonly Tool[], prompt: Prompt): Plan {
  return new Planning(tools, prompt).plan();
}

class Planning {
  readonly #prompt: Prompt;
  readonly #tools: readonly Tool[];
  readonly #scores: ReadonlyMap<Tool, number>;

  constructor(tools: readonly Tool[], prompt: Prompt) {
    this.#prompt = prompt;
    this.#tools = tools;
    this.#scores = rankTools(tools, prompt);
  }

  plan(): Plan {
    const nouns = this.#tools.flatMap((tool) => [
      ...nounsOf(tool),
      ...argumentsOf(tool).flatMap((argument) => Array.from(argument.nouns)),
    ]);
    const fittings = this.#tools.map((tool) => fitTool(tool, this.#prompt, new Set(nouns)));
    const fits = fittings.filter((fitting) => fitting.kind === 'fit');
    const asked = fits.filter((fit) => isCalledFor(fit, this.#prompt));
    const writes = asked.filter((fit) => !fit.tool.declaredReadOnly);
    const reads = fits.filter((fit) => fit.tool.declaredReadOnly);
    const free = withoutValuesOf(writes, reads);
    const named = this.#named(free);
    const natural = this.#natural(
      free.filter((fit) => !isNamed(fit)),
      [...writes, ...named],
    );
    const valued = [...writes, ...named, ...natural];
    const plain = free.filter((fit) => !isNamed(fit) && fit.taken.length === 0);
    const chosen = [...valued, ...this.#spokenOf(plain, valued)];
    return {
      calls: this.#inOrder(chosen),
      closest: this.#byScore(fittings.filter((fitting) => fitting.kind === 'misfit')),
      withheld: fits
        .filter((fit) => !fit.tool.declaredReadOnly && !asked.includes(fit) && isNamed(fit))
        .map(({ tool }) => tool),
    };
  }

  /** P1: of the tools that take one named value, those whose own subject the prompt names too; without such, all. */
  #named(fits: readonly Fit[]): Fit[] {
    const named = fits.filter(isNamed);
    return named.filter((fit) => {
      const rivals = named.filter((other) => sharesValue(fit, other));
      // One that takes all of these values and more is meant rather than one that is about something else.
      if (!this.#namesSubject(fit) && rivals.some((rival) => takesMore(rival, fit))) return false;
      if (!rivals.some((rival) => this.#namesSubject(rival))) return true;
      return this.#namesSubject(fit) || (subject(fit).length === 0 && this.#isAlsoMeant(fit));
    });
  }

  #namesSubject(fit: Fit): boolean {
    return subject(fit).some((noun) => this.#prompt.stems.has(noun));
  }

  /** `customer 7 and their orders` asks for the customer, too; `the orders of customer 7` does not. */
  #isAlsoMeant(fit: Fit): boolean {
    const { tokens } = this.#prompt;
    return handles(fit).some((at) => {
      const next = tokens[at + 1]?.word;
      return (
        tokens[at]?.possessive === false && (next === 'and' || next === 'with' || next === 'plus')
      );
    });
  }

  /** P2. */
  #natural(fits: readonly Fit[], named: readonly Fit[]): Fit[] {
    const used = new Set(named.flatMap(usedTokens));
    const best = new Map<Value, Candidate>();
    for (const fit of fits) {
      const main = mainValues(fit);
      const score = this.#naturalness(fit, main);
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

  /** How well a tool fits the clause of the value that it takes; `undefined` when it has nothing to do with it. */
  #naturalness(fit: Fit, [main]: readonly Taken[]): number | undefined {
    if (main === undefined) return undefined;
    const said = clauseStems(this.#prompt, main.value.clause);
    const meant = kindred(said);
    const words = wordsOf(fit.tool.name).map(stem);
    const [verb = ''] = words;
    const verbs = said.has(verb) ? 1.2 : words.some((word) => meant.has(word)) ? 1 : 0;
    const nouns = nounsOf(fit.tool).filter((noun) => noun !== verb);
    const named = nouns.filter((noun) => said.has(noun)).length;
    const strange = nouns.filter((noun) => !said.has(noun) && !isSaidByShape(noun, main.value));
    if (main.affinity < SURE_AFFINITY && verbs + named === 0) return undefined;
    const score = this.#scores.get(fit.tool) ?? 0;
    const wanted = main.argument.required ? 0.3 : 0;
    const more = 0.3 * fit.bound.length;
    // A list for a single value would do, too.
    const loose = main.argument.isList && fit.taken.length === 1 ? 0.3 : 0;
    const deprecated = DEPRECATED.test(fit.tool.description) ? 0.5 : 0;
    return (
      main.affinity +
      verbs +
      0.5 * (named + score) +
      wanted +
      more -
      0.1 * strange.length -
      deprecated
    );
  }

  /** P3: unless a tool that was chosen for a value covers the same words. */
  #spokenOf(fits: readonly Fit[], chosen: readonly Fit[]): Fit[] {
    const covered = new Set(chosen.flatMap(({ tool }) => Array.from(vocabularyOf(tool))));
    return fits.filter((fit) => {
      const { tool } = fit;
      const nouns = nounsOf(tool);
      const named = nouns.filter((noun) => this.#prompt.stems.has(noun));
      if (isSearch(fit)) return false;
      if (named.length === 0 || named.length / nouns.length < LEAST_COVERAGE) return false;
      const isLikely = (this.#scores.get(tool) ?? 0) >= LEAST_SCORE;
      return isLikely && !named.every((noun) => covered.has(noun));
    });
  }

  #inOrder(chosen: readonly Fit[]): PlannedCall[] {
    const kept = this.#byScore([...new Set(chosen)]);
    const calls = kept
      .flatMap((fit) => fit.calls.map((args, nth) => ({ fit, args, at: position(fit, nth) })))
      .slice(0, MAX_CALLS);
    return calls
      .toSorted((a, b) => a.at - b.at || this.#place(a.fit.tool) - this.#place(b.fit.tool))
      .map(({ fit, args }) => ({ tool: fit.tool, arguments: args }));
  }

  #place(tool: Tool): number {
    return this.#tools.indexOf(tool);
  }

  #byScore<Item extends { readonly tool: Tool }>(items: readonly Item[]): Item[] {
    const score = ({ tool }: Item): number => this.#scores.get(tool) ?? 0;
    return items
      .filter((item) => score(item) > 0 || 'calls' in item)
      .toSorted((a, b) => score(b) - score(a));
  }
}

/** From here on a value is what an argument is made for. */
const SURE_AFFINITY = 0.9;
const DEPRECATED = /^\W*[Dd]eprecated\b|\bDEPRECATED\b/u;
/** Share of a name's nouns that the prompt must have. */
const LEAST_COVERAGE = 0.6;
/** Relative to the best tool. */
const LEAST_SCORE = 0.3;

/** Where in the prompt the values are that say what a call is about. */
function handles(fit: Fit): number[] {
  return fit.bound
    .filter(({ binding }) => binding.kind === 'noun' || binding.kind === 'format')
    .map(({ binding }) => binding.at);
}

/** A search for nothing. */
function isSearch(fit: Fit): boolean {
  return fit.bound.length === 0 && wordsOf(fit.tool.name).some((word) => SEARCHING_VERBS.has(word));
}

const SEARCHING_VERBS = new Set(['find', 'grep', 'lookup', 'query', 'search']);

function isNamed(fit: Fit): boolean {
  return handles(fit).length > 0;
}

function sharesValue(a: Fit, b: Fit): boolean {
  const other = new Set(handles(b));
  return handles(a).some((at) => other.has(at));
}

/** What a tool is about besides the values it takes: `status` for `get_order_status`, nothing for `get_order`. */
function subject(fit: Fit): string[] {
  const taken = new Set(fit.bound.flatMap(({ argument }) => Array.from(argument.nouns)));
  return nounsOf(fit.tool).filter((noun) => !taken.has(noun));
}

/** P4: values that a change takes are not looked up besides. */
function withoutValuesOf(writes: readonly Fit[], reads: readonly Fit[]): Fit[] {
  const used = new Set(writes.flatMap(usedTokens));
  return reads.filter((read) => !usedTokens(read).some((at) => used.has(at)));
}

/** Where the values are that a tool takes; amounts and choices may serve several tools. */
function usedTokens(fit: Fit): number[] {
  return [...handles(fit), ...fit.taken.map(({ value }) => value.from)];
}

function takesMore(rival: Fit, fit: Fit): boolean {
  const more = new Set(handles(rival));
  const own = new Set(handles(fit));
  return more.size > own.size && [...own].every((at) => more.has(at));
}

/** What a tool takes with the argument that the prompt's values suit best. */
function mainValues(fit: Fit): Taken[] {
  const [main] = fit.taken.toSorted((a, b) => b.affinity - a.affinity);
  return fit.taken.filter(({ argument }) => argument === main?.argument);
}

interface Candidate {
  readonly fit: Fit;
  readonly main: readonly Taken[];
  readonly score: number;
}

/** A path says that a file is meant. */
function isSaidByShape(noun: string, value: Value): boolean {
  return noun === stem('file') && (value.shape === 'path' || value.shape === 'glob');
}

function position(fit: Fit, nth: number): number {
  const places = [
    ...fit.bound.map(({ binding }) => binding.at),
    ...fit.taken.map(({ value }) => value.from),
  ];
  const first = places.length === 0 ? Infinity : Math.min(...places);
  return fit.calls.length > 1 ? (places[nth] ?? first) : first;
}
