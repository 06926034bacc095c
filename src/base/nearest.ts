import { distance } from 'fastest-levenshtein';

/** No word is compared beyond this many characters: the cost of a comparison is the product of two lengths. */
const MAX_LENGTH = 128;

/**
 * The candidates that somebody who wrote `word` may have meant, nearest first: at most `max` (default 3), none if none is near. Case and the usual
 * word separators do not count. A candidate that contains the word, or is contained in it, is near, too: a tool named without its server's prefix.
 */
export function nearest(word: string, candidates: Iterable<string>, max = 3): string[] {
  const wanted = fold(word);
  const scored: { readonly candidate: string; readonly score: number }[] = [];
  for (const candidate of candidates) {
    const score = rank(wanted, fold(candidate));
    if (score !== undefined) scored.push({ candidate, score });
  }
  scored.sort((a, b) => a.score - b.score);
  return scored.slice(0, max).map(({ candidate }) => candidate);
}

/** `undefined` for too far. What contains the other ranks behind one slip and before two. */
function rank(wanted: string, candidate: string): number | undefined {
  const [shorter, longer] =
    wanted.length < candidate.length ? [wanted, candidate] : [candidate, wanted];
  const slips = distance(wanted, candidate);
  const share = longer.length === 0 ? 0 : slips / longer.length;
  if (slips <= 1 && longer.length > 1) return slips + share / 2;
  if (shorter.length >= 3 && longer.includes(shorter)) return 1.5 + share / 2;
  const allowed = Math.max(2, Math.floor(longer.length / 3));
  return slips <= allowed && slips < shorter.length ? slips + share / 2 : undefined;
}

function fold(text: string): string {
  return text
    .slice(0, MAX_LENGTH)
    .toLowerCase()
    .replace(/[\s_.-]+/gu, '');
}
