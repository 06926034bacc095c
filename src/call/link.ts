import type { Call } from './call.ts';
import type { Outcome } from './outcome.ts';
import type { Scope } from './scope.ts';

/** One tool call in, exactly one outcome out (B1). Never rejects. */
export type Caller = (call: Call, scope: Scope) => Promise<Outcome>;

/** One concern around the call: sees it go in and its outcome come out. */
export type Link = (next: Caller) => Caller;

/** Composes links, outermost first, around the innermost caller. */
export function chain(links: readonly Link[], innermost: Caller): Caller {
  return links.reduceRight<Caller>((next, link) => link(next), innermost);
}
