import type { Token, Value } from './prompt.ts';
import { LOOKING_VERBS, PLACING_WORDS, STOP_WORDS } from './words.ts';

/** A pronoun in a clause without values of its own, and a value of the clause before that it stands for. */
export interface BackReference {
  readonly value: Value;
  /** The pronoun's token and clause. */
  readonly at: number;
  readonly clause: number;
}

/** Most values that one pronoun stands for. */
const MAX_MEANT = 8;

const SINGULAR = new Set(['it', 'its', 'that']);
const PLURAL = new Set(['their', 'them', 'these', 'they', 'those']);

/** What pronouns stand for: `it` for one value, `they` for all of one sort. A clause hands on what its pronoun stands for. */
export function readBackReferences(
  tokens: readonly Token[],
  values: readonly Value[],
): BackReference[] {
  const owners = new Set(values.map(({ clause }) => clause));
  const valuesOf = new Map<number, Value[]>();
  for (const value of values)
    valuesOf.set(value.clause, [...(valuesOf.get(value.clause) ?? []), value]);
  const found: BackReference[] = [];
  for (const [at, { clause }] of tokens.entries()) {
    // The first pronoun of a clause is enough.
    if (owners.has(clause) || valuesOf.has(clause) || !isPronoun(tokens, at)) continue;
    const meant = antecedents(valuesOf.get(clause - 1) ?? [], tokens[at]?.word ?? '');
    if (meant.length > 0) valuesOf.set(clause, meant);
    for (const value of meant) found.push({ value, at, clause });
  }
  return found;
}

function isPronoun(tokens: readonly Token[], at: number): boolean {
  const token = tokens[at];
  if (token === undefined || token.quoted) return false;
  if (token.word !== 'that') return SINGULAR.has(token.word) || PLURAL.has(token.word);
  // Not in `the tests that fail`, where it belongs to the noun before it.
  const [before, after] = [tokens[at - 1], tokens[at + 1]];
  return (
    after?.clause !== token.clause ||
    token.first ||
    STOP_WORDS.has(before?.word ?? '') ||
    LOOKING_VERBS.has(before?.word ?? '')
  );
}

/** Rather what a clause is about than where: `runBatch` in `where is runBatch used in src/host`. */
function antecedents(values: readonly Value[], pronoun: string): Value[] {
  const topics = values.filter(({ introducedBy }) => !PLACING_WORDS.has(introducedBy ?? ''));
  const open = topics.length > 0 ? topics : values;
  const last = open.at(-1);
  if (last === undefined) return [];
  if (!PLURAL.has(pronoun)) return [last];
  return open.filter(({ shape }) => shape === last.shape).slice(-MAX_MEANT);
}
