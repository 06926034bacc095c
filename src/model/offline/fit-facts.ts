import { nounsOf } from './argument.ts';
import type { Fit } from './fit.ts';

/** Where in the prompt the values are that say what a call is about. */
export function handles(fit: Fit): number[] {
  return fit.bound
    .filter(({ binding }) => binding.kind === 'noun' || binding.kind === 'format')
    .map(({ binding }) => binding.at);
}

/** Whether the prompt names a value of it for what it is. */
export function isNamed(fit: Fit): boolean {
  return handles(fit).length > 0;
}

/** Where the values are that a tool takes; amounts and choices may serve several tools. */
export function usedTokens(fit: Fit): number[] {
  return [...handles(fit), ...fit.taken.map(({ value }) => value.from)];
}

export function sharesValue(a: Fit, b: Fit): boolean {
  const other = handles(b);
  return handles(a).some((at) => other.includes(at));
}

/** Whether `rival` takes all the values that `fit` takes, and more. */
export function takesMore(rival: Fit, fit: Fit): boolean {
  const more = handles(rival);
  const own = handles(fit);
  return more.length > own.length && own.every((at) => more.includes(at));
}

/** What a tool is about besides the values it takes: `status` for `get_flight_status`, nothing for `get_flight`. */
export function subject(fit: Fit): string[] {
  const taken = new Set(fit.bound.flatMap(({ argument }) => Array.from(argument.nouns)));
  return nounsOf(fit.tool).filter((noun) => !taken.has(noun));
}
