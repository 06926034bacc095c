import { Alarms } from '../base/alarms.ts';
import type { CallBudgets } from '../call/call-clocks.ts';
import { begin, type Link } from '../call/link.ts';
import type { Cancellation, Scope } from '../call/scope.ts';

export interface DeadlineOptions {
  /** Longest one attempt may take, ms. `Infinity` disables it. */
  readonly attemptMs: number;
  /** Longest silence within an attempt, ms; progress resets it. `Infinity` disables it. */
  readonly idleMs: number;
  /** Longest from the first attempt on, ms, progress or not. `Infinity` disables it. */
  readonly totalMs: number;
  /** Where the budgets are set, for the error: `mcpServers.x.timeouts`, or a tool's own `timeoutMs`. */
  readonly setting: (code: 'attemptMs' | 'idleMs' | 'totalMs') => string;
}

/**
 * Bounds one attempt. On expiry the attempt is cancelled, which tells the server, and the call ends at once as `timeout`; its slot is free again
 * whatever the server does. Each budget names itself and its setting. All stand still while the server waits for us (see `Scope.pauseClocks`).
 */
export function deadline(options: DeadlineOptions): Link {
  const { attemptMs, idleMs, totalMs } = options;
  const row = new Alarms(Math.min(attemptMs, idleMs, totalMs));
  // Of nearly all attempts: made once.
  const usual: CallBudgets = { wholeMs: Math.min(attemptMs, totalMs), silenceMs: idleMs, row };
  // The same for all calls: nothing has to be made for each.
  const expire = {
    attemptMs: (budget: 'whole' | 'silence', scope: Scope): void => {
      scope.cancel(expiry(budget === 'silence' ? 'idleMs' : 'attemptMs', options));
    },
    totalMs: (budget: 'whole' | 'silence', scope: Scope): void => {
      scope.cancel(expiry(budget === 'silence' ? 'idleMs' : 'totalMs', options));
    },
  };
  return (next) => (call, outer) => {
    const totalLeftMs = Math.max(0, totalMs - outer.spentMs);
    const wholeMs = Math.min(attemptMs, totalLeftMs);
    const code = totalLeftMs <= attemptMs ? 'totalMs' : 'attemptMs';
    const scope = outer.child();
    const budgets = wholeMs === usual.wholeMs ? usual : { ...usual, wholeMs };
    // The clock itself: a function made here for each call kept the last few batches from being collected young (a third of a call's time).
    scope.clock = scope.countdown(budgets, expire[code]);
    const over = (): void => {
      scope.retire();
    };
    const outcome = begin(next, call, scope);
    void outcome.then(over, over);
    return outcome;
  };
}

function expiry(
  code: 'attemptMs' | 'idleMs' | 'totalMs',
  { setting, ...budgets }: DeadlineOptions,
): Cancellation {
  const what = code === 'idleMs' ? 'no answer and no progress' : 'no answer';
  return {
    kind: 'timeout',
    code,
    message: `${what} within ${code} = ${budgets[code]} ms (${setting(code)}); the server was told to cancel`,
  };
}
