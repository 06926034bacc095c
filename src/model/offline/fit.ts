import type { Json, JsonObject } from '../../base/json.ts';
import type { Tool } from '../../call/tool.ts';
import { affinity } from './affinity.ts';
import { argumentsOf, type Argument } from './argument.ts';
import type { Prompt, Value } from './prompt.ts';
import type { Binding, Vocabulary } from './binding.ts';
import { strongBindings } from './strong-bindings.ts';
import { PLACING_WORDS } from './words.ts';

/** A value that an argument takes by its nature, without being named after it. */
export interface Taken {
  readonly argument: Argument;
  readonly value: Value;
  readonly affinity: number;
}

/** A tool whose required arguments can all be filled from the prompt. Nothing in it is invented. */
export interface Fit {
  readonly tool: Tool;
  /** One for each value, where an argument has several: `orders 7 and 8`. */
  readonly calls: readonly JsonObject[];
  readonly values: Filled;
  readonly bound: readonly { readonly argument: Argument; readonly binding: Binding }[];
  readonly taken: readonly Taken[];
  /** The token where the prompt asks for it, when it is not that of its first value. */
  readonly at?: number;
}

type Filled = ReadonlyMap<Argument, readonly Json[]>;

/** A tool that would need more than the prompt says. */
export interface Misfit {
  readonly tool: Tool;
  readonly missing: readonly Argument[];
}

export type Fitting = ({ readonly kind: 'fit' } & Fit) | ({ readonly kind: 'misfit' } & Misfit);

/** Fills a tool's arguments. */
export function fitTool(tool: Tool, prompt: Prompt, vocabulary: Vocabulary): Fitting {
  const filling = new Filling(prompt, vocabulary);
  const all = argumentsOf(tool);
  const missing = all.filter((argument) => argument.required && !filling.fillRequired(argument));
  if (missing.length > 0) return { kind: 'misfit', tool, missing };
  const isOpen = !filling.isAboutSomething && all.every((argument) => !argument.required);
  for (const argument of all) if (!argument.required) filling.fillOptional(argument, isOpen);
  return { kind: 'fit', tool, ...filling.result() };
}

class Filling {
  readonly #prompt: Prompt;
  readonly #vocabulary: Vocabulary;
  readonly #values = new Map<Argument, readonly Json[]>();
  readonly #bound: Fit['bound'][number][] = [];
  readonly #taken: Taken[] = [];

  constructor(prompt: Prompt, vocabulary: Vocabulary) {
    this.#prompt = prompt;
    this.#vocabulary = vocabulary;
  }

  get isAboutSomething(): boolean {
    return this.#bound.length > 0 || this.#taken.length > 0;
  }

  /** Whether the argument has a value now. */
  fillRequired(argument: Argument): boolean {
    if (this.#bind(argument)) return true;
    if (argument.given !== undefined) {
      this.#values.set(argument, [argument.given]);
      return true;
    }
    return this.#take(argument, this.#best(argument, MIN_AFFINITY));
  }

  /** Only with what is clearly meant for it; when nothing else says what the call is about (`isOpen`), with what it is made for. */
  fillOptional(argument: Argument, isOpen: boolean): void {
    if (this.#bind(argument)) return;
    const wanted = this.#best(argument, SURE_AFFINITY).filter(
      ({ value }) => isOpen || isMeantFor(argument, value),
    );
    this.#take(argument, wanted);
  }

  result(): Omit<Fit, 'tool'> {
    const values = this.#values;
    return { calls: callsOf(values), values, bound: this.#bound, taken: this.#taken };
  }

  #bind(argument: Argument): boolean {
    const bindings = strongBindings(argument, this.#prompt, this.#vocabulary);
    if (bindings.length === 0) return false;
    for (const binding of bindings) this.#bound.push({ argument, binding });
    this.#values.set(
      argument,
      bindings.map(({ value }) => value),
    );
    return true;
  }

  #take(argument: Argument, found: readonly Taken[]): boolean {
    if (found.length === 0) return false;
    this.#taken.push(...found);
    this.#values.set(argument, found.map(toJson));
    return true;
  }

  /** The values that the argument takes most naturally, of those that no other argument of the tool has: several of one sort, or one. */
  #best(argument: Argument, least: number): Taken[] {
    const used = new Set(this.#taken.map(({ value }) => value));
    const open = [...this.#prompt.values, ...this.#prompt.phrases]
      .filter((value) => !used.has(value) && !this.#isBound(value))
      .map((value) => ({ argument, value, affinity: affinity(argument, value) }))
      .filter((taken) => taken.affinity >= least);
    const best = open.reduce((most, taken) => Math.max(most, taken.affinity), 0);
    const first = open.find((taken) => taken.affinity === best);
    return open.filter(
      (taken) =>
        taken.affinity === best &&
        taken.value.shape === first?.value.shape &&
        // Of phrases and bare numbers only the first one: the next may well be something else.
        (taken === first || !(isPhrase(taken.value) || taken.value.shape === 'number')),
    );
  }

  #isBound(value: Value): boolean {
    return this.#bound.some(({ binding }) => binding.at >= value.from && binding.at <= value.to);
  }
}

/** The same fit with only some of the values that one of its arguments takes. */
export function narrowed(fit: Fit, argument: Argument, left: ReadonlySet<Value>): Fit {
  const taken = fit.taken.filter((one) => one.argument !== argument || left.has(one.value));
  const own = taken.filter((one) => one.argument === argument);
  const values = new Map(fit.values).set(argument, own.map(toJson));
  return { ...fit, calls: callsOf(values), values, taken };
}

function toJson({ argument, value }: Taken): Json {
  const isNumber = argument.type === 'integer' || argument.type === 'number';
  return isNumber ? Number(value.text) : value.text;
}

/** One call, or, where an argument has several values, one for each of them; where several have, the first one varies. */
function callsOf(filled: Filled): JsonObject[] {
  const fixed = new Map<string, Json>();
  let varying: { readonly name: string; readonly values: readonly Json[] } | undefined;
  for (const [argument, values] of filled) {
    if (argument.isList && argument.given !== values[0]) fixed.set(argument.name, values);
    else if (values.length > 1 && varying === undefined) varying = { name: argument.name, values };
    if (!fixed.has(argument.name)) fixed.set(argument.name, values[0] ?? null);
  }
  if (varying === undefined) return [Object.fromEntries(fixed)];
  const { name, values } = varying;
  // Set again in its own place, so that the arguments keep the schema's order.
  return values.map((value) => Object.fromEntries(new Map(fixed).set(name, value)));
}

function isPhrase(value: Value): boolean {
  return value.shape === 'text' && !value.quoted;
}

/** The least with which a required argument takes a value. */
const MIN_AFFINITY = 0.5;
/** The least with which an optional one does. */
const SURE_AFFINITY = 0.85;

const NAMING_WORDS = new Set(['by', 'from', 'to']);

/** Whether the word in front of a value says that an optional argument is meant. */
function isMeantFor(argument: Argument, value: Value): boolean {
  const { introducedBy } = value;
  if (introducedBy === undefined) return false;
  if (value.shape === 'path') return PLACING_WORDS.has(introducedBy);
  return (
    NAMING_WORDS.has(introducedBy) || (value.shape === 'proper' && affinity(argument, value) === 1)
  );
}
