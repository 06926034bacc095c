import { HostError } from '../base/errors.ts';

/**
 * - `field`: a field of the request. An endpoint that has taken it once knows it.
 * - `content`: something in the conversation. An endpoint may take one and refuse the next: another image, a longer text.
 */
type ConcessionKind = 'field' | 'content';

/**
 * What may be in a request and is not taken by every endpoint. An endpoint that refuses a request is asked again without the first of these, then
 * without the second, too, and so on; what it had to be spared for a request to succeed is left out from then on. Which of them it minds
 * is in its words only, and those are not decided on. No call has come of a refused request, so nothing runs twice.
 */
export class Concessions<Name extends string> {
  readonly #kinds: Readonly<Record<Name, ConcessionKind>>;
  readonly #taken = new Set<Name>();
  readonly #spared = new Set<Name>();

  /** In the order in which they are given up. */
  constructor(kinds: Readonly<Record<Name, ConcessionKind>>) {
    this.#kinds = kinds;
  }

  /**
   * Asks with those of `wanted` that the endpoint may take, then with fewer. Rejects with the last refusal, and at once with whatever is no refusal
   * of the request as it stands.
   */
  async ask<T>(wanted: readonly Name[], ask: (kept: ReadonlySet<Name>) => Promise<T>): Promise<T> {
    const names = this.#order(wanted);
    const open = names.filter((name) => this.#kinds[name] === 'content' || !this.#taken.has(name));
    const kept = new Set(names);
    for (;;) {
      try {
        const answer = await ask(new Set(kept));
        for (const name of names) (kept.has(name) ? this.#taken : this.#spared).add(name);
        return answer;
      } catch (reason) {
        const at = open.findIndex((name) => refuses(reason, this.#kinds[name]));
        const [next] = at < 0 ? [] : open.splice(at, 1);
        if (next === undefined) throw reason;
        kept.delete(next);
      }
    }
  }

  #order(wanted: readonly Name[]): readonly Name[] {
    // The keys of the record are exactly its names.
    const all = Object.keys(this.#kinds) as Name[];
    return all.filter((name) => wanted.includes(name) && !this.#spared.has(name));
  }
}

const STATUSES: Readonly<Record<ConcessionKind, ReadonlySet<unknown>>> = {
  field: new Set([400, 422]),
  // 404: an item of an earlier message that the endpoint no longer knows; 413, 415: a file that it does not take.
  content: new Set([400, 404, 413, 415, 422]),
};

function refuses(reason: unknown, kind: ConcessionKind): boolean {
  if (!(reason instanceof HostError) || reason.code !== 'model') return false;
  return STATUSES[kind].has(reason.details['status']);
}
