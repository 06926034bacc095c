import { beginsRequest, type Prompt, type Value } from './prompt.ts';
import { kindred, stem, STOP_WORDS, wordsOf } from './words.ts';

/** Where the prompt speaks of a value: where it stands, or where a pronoun stands for it. */
export interface Mention {
  readonly value: Value;
  readonly at: number;
}

/** What a clause says, and the values that it speaks of: its own, or those that its pronoun stands for. */
export interface Clause {
  readonly mentions: readonly Mention[];
  readonly isPronoun: boolean;
  /** The stems of all its words. */
  readonly said: ReadonlySet<string>;
  /** The stems that ask for the same thing as one of those. */
  readonly meant: ReadonlySet<string>;
  /** Its ordinary words that only tell of which sort something else is, as `type` in `are there type errors`, and what that is, as stems. */
  readonly sorts: ReadonlyMap<string, string>;
}

/** The clauses that speak of values; one with a phrase and a pronoun is there twice. */
export function clausesOf(prompt: Prompt): Clause[] {
  const said = new Map<number, Mention[]>();
  const meant = new Map<number, Mention[]>();
  for (const value of [...prompt.values, ...prompt.phrases])
    append(said, value.clause, { value, at: value.from });
  for (const { value, at, clause } of prompt.backReferences) append(meant, clause, { value, at });
  const wordsOfClauses = readClauses(prompt);
  return [...said, ...meant].flatMap(([clause, mentions], index) => {
    const words = wordsOfClauses.get(clause);
    return words === undefined ? [] : [{ ...words, mentions, isPronoun: index >= said.size }];
  });
}

/** Whether a clause has the first word of a tool's name, and means it. */
export function saysVerb(clause: Clause, toolName: string): boolean {
  const [verb = '', ...others] = wordsOf(toolName).map(stem);
  const sortOf = clause.sorts.get(verb);
  return clause.said.has(verb) && (sortOf === undefined || others.includes(sortOf));
}

function readClauses(
  prompt: Prompt,
): ReadonlyMap<number, Pick<Clause, 'said' | 'meant' | 'sorts'>> {
  const stems = new Map<number, string[]>();
  const sorts = new Map<number, Map<string, string>>();
  for (const [at, token] of prompt.tokens.entries()) {
    const next = prompt.tokens[at + 1];
    append(stems, token.clause, token.stem);
    const isSort =
      next?.clause === token.clause && next.shape === 'word' && !STOP_WORDS.has(next.word);
    const own = sorts.get(token.clause) ?? new Map<string, string>();
    if (isSort && !beginsRequest(prompt, at)) own.set(token.stem, next.stem);
    // Said once more by itself.
    else own.delete(token.stem);
    sorts.set(token.clause, own);
  }
  return new Map(
    Array.from(stems, ([clause, said]) => [
      clause,
      { said: new Set(said), meant: kindred(said), sorts: sorts.get(clause) ?? new Map() },
    ]),
  );
}

function append<Key, Item>(lists: Map<Key, Item[]>, key: Key, item: Item): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}
