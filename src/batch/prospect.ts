import { readKey } from '../call/read-key.ts';
import type { Plan } from './plan.ts';

/**
 * What is known of the calls of a whole batch before any of them begins, and spares most of them something: 1 µs and 1 kB a call, where all are different
 * reads. Of a message that is still coming nothing is known.
 */
export interface Prospect {
  /** Whether any call may have to wait for another one of the batch (B2); without a write none has. */
  readonly mayConflict: boolean;
  /** The keys of declared reads that are there more than once: only those can share a send (B3). */
  readonly repeats: ReadonlySet<string>;
}

/**
 * `undefined` where a call waits for its server, or its arguments are no JSON (a library's caller may give anything): which call it repeats is not known. Never
 * throws: each call has its outcome by itself (B1).
 */
export function prospectOf(plans: readonly Plan[]): Prospect | undefined {
  const seen = new Set<string>();
  const repeats = new Set<string>();
  let mayConflict = false;
  for (const plan of plans) {
    if (plan.kind === 'refuse') continue;
    if (plan.kind === 'wait') return undefined;
    mayConflict ||= plan.claims.some(({ mode }) => mode === 'write');
    if (!plan.tool.declaredReadOnly || plans.length === 1) continue;
    const key = keyOf(plan);
    if (key === undefined) return undefined;
    if (seen.has(key)) repeats.add(key);
    else seen.add(key);
  }
  return { mayConflict, repeats };
}

function keyOf({ tool, arguments: args }: Extract<Plan, { kind: 'run' }>): string | undefined {
  try {
    return readKey(tool, args);
  } catch {
    // A BigInt, or a toJSON that throws: the call itself is told so.
    return undefined;
  }
}
