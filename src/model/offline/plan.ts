import type { JsonObject } from '../../base/json.ts';
import type { Tool } from '../../call/tool.ts';
import { argumentsOf, nounsOf } from './argument.ts';
import type { Vocabulary } from './binding.ts';
import { handles, isNamed, sharesValue, subject, takesMore, usedTokens } from './fit-facts.ts';
import { fitTool, type Fit, type Misfit } from './fit.ts';
import { isCalledFor, requestFor } from './imperative.ts';
import { naturalFits } from './natural-fits.ts';
import type { Prompt } from './prompt.ts';
import { rankTools, vocabularyOf } from './rank.ts';
import { wordsOf } from './words.ts';

interface PlannedCall {
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
/** Most tools that are weighed against each other for one named value. */
const MAX_RIVALS = 100;
/** Share of a name's nouns that the prompt must have, for a tool that takes no value. */
const LEAST_COVERAGE = 0.6;
/** How well the words of such a tool must fit, relative to the best tool. */
const LEAST_SCORE = 0.3;

/**
 * Plans one batch. A tool is called when the prompt gives all its required arguments, and is clearly about what the tool does:
 *
 * - P1. a value that the prompt names (`order 7`) goes to every tool that takes such a value, unless the prompt says which of them is wanted;
 * - P2. a value that only looks like what an argument takes (`src/a.ts`) goes to one tool, the one that fits its clause best, and to one for each
 *   further clause whose pronoun stands for it;
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
  /** The meaningful stems that are more than the noun of a value: in `issue 7` the noun asks for nothing by itself. */
  #unbound: ReadonlySet<string> = new Set();

  constructor(tools: readonly Tool[], prompt: Prompt) {
    this.#prompt = prompt;
    this.#tools = tools;
    this.#scores = rankTools(tools, prompt);
  }

  plan(): Plan {
    const vocabulary = vocabularyOfArguments(this.#tools);
    const fittings = this.#tools.map((tool) => fitTool(tool, this.#prompt, vocabulary));
    const fits: readonly Fit[] = fittings.filter((fitting) => fitting.kind === 'fit');
    this.#unbound = withoutNouns(this.#prompt, fits);
    const asked = new Set(fits.filter((fit) => isCalledFor(fit, this.#prompt)));
    const writes = [...asked].filter((fit) => !isRead(fit)); // P4
    const misfits: readonly Misfit[] = fittings.filter((fitting) => fitting.kind === 'misfit');
    const reads = this.#withoutRequestsFor(misfits, withoutValuesOf(writes, fits.filter(isRead)));
    const named = this.#namedFits(reads.filter(isNamed));
    const rivals = [...writes, ...named];
    const others = reads.filter((fit) => !isNamed(fit));
    const natural = naturalFits(others, { prompt: this.#prompt, scores: this.#scores, rivals });
    const plain = others.filter((fit) => fit.taken.length === 0);
    const spokenOf = this.#spokenOf(plain, [...rivals, ...natural]);
    const requested = plain.filter((fit) => asked.has(fit));
    const withheld = fits.filter((fit) => !isRead(fit) && !asked.has(fit) && isNamed(fit));
    return {
      calls: this.#toCalls(new Set([...rivals, ...natural, ...spokenOf, ...requested])),
      closest: this.#byScore(misfits.filter((misfit) => this.#score(misfit) > 0)),
      withheld: withheld.map(({ tool }) => tool),
    };
  }

  /** P4: a change that is asked for and lacks a value is not replaced by looking up what it names. */
  #withoutRequestsFor(misfits: readonly Misfit[], reads: readonly Fit[]): Fit[] {
    const refused = misfits.filter((misfit) => !isRead(misfit));
    const clauses = new Set(refused.map(({ tool }) => requestFor(tool, this.#prompt)));
    clauses.delete(undefined);
    const isElsewhere = (at: number): boolean => !clauses.has(this.#prompt.tokens[at]?.clause);
    return reads.filter((read) => {
      const used = usedTokens(read);
      return used.length === 0 || used.some(isElsewhere);
    });
  }

  /** P1: of the tools that take one named value, those whose own subject the prompt names too; without such, all. */
  #namedFits(fits: readonly Fit[]): Fit[] {
    const named = this.#byScore(fits).slice(0, MAX_RIVALS);
    return named.filter((fit) => {
      const rivals = named.filter((other) => sharesValue(fit, other));
      const isSubject = this.#namesSubject(fit);
      // One that takes all of these values and more is meant rather than one that is about something else.
      if (!isSubject && rivals.some((rival) => takesMore(rival, fit))) return false;
      if (!rivals.some((rival) => this.#namesSubject(rival))) return true;
      return isSubject || (subject(fit).length === 0 && this.#isAlsoMeant(fit));
    });
  }

  #namesSubject(fit: Fit): boolean {
    return subject(fit).some((noun) => this.#unbound.has(noun));
  }

  /** `member 7 and their loans` asks for the member, too; `the loans of member 7` does not. */
  #isAlsoMeant(fit: Fit): boolean {
    const { tokens } = this.#prompt;
    return handles(fit).some((at) => {
      const [value, next, after] = tokens.slice(at, at + 3);
      const goesOn = ['and', 'plus', 'with'].includes(next?.word ?? '') && after?.shape === 'word';
      return goesOn && value?.possessive === false;
    });
  }

  /** P3: unless a tool that was chosen for a value covers the same words. */
  #spokenOf(fits: readonly Fit[], chosen: readonly Fit[]): Fit[] {
    const covered = new Set(chosen.flatMap(({ tool }) => Array.from(vocabularyOf(tool))));
    return fits.filter((fit) => {
      const nouns = nounsOf(fit.tool);
      const said = nouns.filter((noun) => this.#prompt.stems.has(noun));
      const isMeant = said.length > 0 && said.length / nouns.length >= LEAST_COVERAGE;
      if (!isMeant || isEmptySearch(fit) || this.#score(fit) < LEAST_SCORE) return false;
      return !said.every((noun) => covered.has(noun));
    });
  }

  /** The best calls, in the order in which the prompt speaks of them. */
  #toCalls(fits: ReadonlySet<Fit>): PlannedCall[] {
    const best = this.#byScore([...fits])
      .flatMap((fit) => fit.calls.map((args) => ({ fit, args })))
      .slice(0, MAX_CALLS);
    return best
      .toSorted(
        (a, b) =>
          this.#position(a.fit) - this.#position(b.fit) ||
          this.#tools.indexOf(a.fit.tool) - this.#tools.indexOf(b.fit.tool),
      )
      .map(({ fit, args }) => ({ tool: fit.tool, arguments: args }));
  }

  #position(fit: Fit): number {
    if (fit.at !== undefined) return fit.at;
    const values = [
      ...fit.bound.map(({ binding }) => binding.at),
      ...fit.taken.map(({ value }) => value.from),
    ];
    if (values.length > 0) return Math.min(...values);
    const nouns = nounsOf(fit.tool);
    return this.#prompt.tokens.findIndex((token) => nouns.includes(token.stem));
  }

  #score({ tool }: { readonly tool: Tool }): number {
    return this.#scores.get(tool) ?? 0;
  }

  #byScore<Item extends { readonly tool: Tool }>(items: readonly Item[]): Item[] {
    return items.toSorted((a, b) => this.#score(b) - this.#score(a));
  }
}

function isRead({ tool }: { readonly tool: Tool }): boolean {
  return tool.declaredReadOnly;
}

function vocabularyOfArguments(tools: readonly Tool[]): Vocabulary {
  const nouns = tools.flatMap((tool) =>
    argumentsOf(tool).flatMap((argument) => Array.from(argument.nouns)),
  );
  return { nouns: new Set(nouns), all: new Set([...nouns, ...tools.flatMap(nounsOf)]) };
}

function withoutNouns(prompt: Prompt, fits: readonly Fit[]): ReadonlySet<string> {
  const nouns = new Set(fits.flatMap(({ bound }) => bound.map(({ binding }) => binding.nounAt)));
  const rest = prompt.tokens.filter((_, at) => !nouns.has(at)).map((token) => token.stem);
  return new Set(rest.filter((word) => prompt.stems.has(word)));
}

/** P4: values that a change takes are not looked up besides. */
function withoutValuesOf(writes: readonly Fit[], reads: readonly Fit[]): Fit[] {
  const used = new Set(writes.flatMap(usedTokens));
  return reads.filter((read) => !usedTokens(read).some((at) => used.has(at)));
}

const SEARCHING_VERBS = new Set(['find', 'grep', 'lookup', 'query', 'search']);

/** A search for nothing. */
function isEmptySearch(fit: Fit): boolean {
  return fit.bound.length === 0 && wordsOf(fit.tool.name).some((word) => SEARCHING_VERBS.has(word));
}
