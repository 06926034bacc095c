import type { CallClock } from '../call/call-clocks.ts';
import type { Link } from '../call/link.ts';
import type { Scope } from '../call/scope.ts';

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
  return (next) => async (call, outer) => {
    const { scope, retire } = outer.child();
    const totalLeftMs = Math.max(0, options.totalMs - outer.spentMs);
    const hard: Budget =
      totalLeftMs <= options.attemptMs
        ? { code: 'totalMs', ms: options.totalMs, leftMs: totalLeftMs }
        : { code: 'attemptMs', ms: options.attemptMs, leftMs: options.attemptMs };
    const idle: Budget = { code: 'idleMs', ms: options.idleMs, leftMs: options.idleMs };
    const limit = arm(scope, hard, options);
    const silence = arm(scope, idle, options);
    // Idle time is counted from the last sign of life: progress re-arms it (see `send`).
    scope.onProgress = () => {
      silence.restart();
    };
    try {
      return await next(call, scope);
    } finally {
      scope.onProgress = undefined;
      limit[Symbol.dispose]();
      silence[Symbol.dispose]();
      retire();
    }
  };
}

interface Budget {
  readonly code: 'attemptMs' | 'idleMs' | 'totalMs';
  /** As configured. */
  readonly ms: number;
  readonly leftMs: number;
}

function arm(scope: Scope, budget: Budget, options: DeadlineOptions): CallClock {
  return scope.countdown(budget.leftMs, () => {
    const what = budget.code === 'idleMs' ? 'no answer and no progress' : 'no answer';
    scope.cancel({
      kind: 'timeout',
      code: budget.code,
      message: `${what} within ${budget.code} = ${budget.ms} ms (${options.setting(budget.code)}); the server was told to cancel`,
    });
  });
}
