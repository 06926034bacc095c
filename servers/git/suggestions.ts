import { distance } from 'fastest-levenshtein';
import { MAX_SUGGESTIONS } from './limits.ts';

/** Those of the known names that one which is not known may have meant: the nearest, if they are near. */
export function suggest(wanted: string, known: readonly string[]): string[] {
  const lower = wanted.toLowerCase();
  const costs = known.map((name) => ({ name, cost: costOf(lower, name.toLowerCase()) }));
  const least = costs.reduce((cost, other) => Math.min(cost, other.cost), Infinity);
  if (least > Math.max(2, lower.length / 3)) return [];
  return costs
    .filter(({ cost }) => cost === least)
    .slice(0, MAX_SUGGESTIONS)
    .map(({ name }) => name);
}

/** Edits from one to the other; a name that only lacks its beginning (`origin/`, folders) is as good as meant. */
function costOf(wanted: string, name: string): number {
  if (name.endsWith(`/${wanted}`) || lastPart(name) === lastPart(wanted)) return 1;
  return Math.min(distance(wanted, name), distance(wanted, lastPart(name)));
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}
