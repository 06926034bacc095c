import { backoffMs, type BackoffOptions } from '../base/backoff.ts';
import { deferred } from '../base/deferred.ts';
import { MAX_TIMER_MS, startTimer } from '../base/timer.ts';
import type { Call } from '../call/call.ts';
import { mayPass } from '../call/failure.ts';
import type { Caller, Link } from '../call/link.ts';
import type { Outcome, Ran } from '../call/outcome.ts';
import { stopped, type Cancellation, type Scope } from '../call/scope.ts';

export interface RetryOptions {
  /** Most attempts of one call that fail. 1 disables repetition, but for a server that says when it will take the call: that is as often as `totalMs` allows. */
  readonly maxAttempts: number;
  /** Longest from the first attempt on, ms, the waits between attempts included. `Infinity` disables it. */
  readonly totalMs: number;
  /** Where that is set, for the error. */
  readonly totalSetting: string;
  readonly backoff?: BackoffOptions;
}

/**
 * Sends a call again after a failure that may pass, with back-off: only when it is known not to have run, or its tool is declared idempotent or
 * read-only (B5). What an earlier attempt may have done is not forgotten: the outcome's `ran` speaks for all attempts.
 */
export function retry(options: RetryOptions): Link {
  return (next) => (call, outer) =>
    next(call, outer).then((outcome) =>
      outcome.kind === 'failed' || outcome.kind === 'timeout'
        ? afterFailure(outcome, { options, next, call, outer })
        : outcome,
    );
}

interface Failure {
  readonly options: RetryOptions;
  readonly next: Caller;
  readonly call: Call;
  readonly outer: Scope;
}

/** What becomes of a call whose first attempt failed. */
async function afterFailure(
  first: Outcome,
  { options, next, call, outer }: Failure,
): Promise<Outcome> {
  let outcome: Outcome = first;
  let ran: Ran = 'no';
  // The last attempt that may have run.
  let sent: Outcome | undefined;
  // From the first repetition on: a scope that `totalMs` ends wherever the call waits; one attempt is bounded by `deadline`.
  let repetition: ReturnType<typeof bounded> | undefined;
  let failures = 0;
  try {
    for (;;) {
      if (outcome.kind !== 'failed' && outcome.kind !== 'timeout') return withRan(outcome, ran);
      ran = worse(ran, outcome.ran);
      if (outcome.ran !== 'no') sent = outcome;
      const asked = outcome.kind === 'failed' ? (outcome.retryAfterMs ?? 0) : 0;
      // A server that did nothing yet, and says when to come again, has not failed.
      if (asked === 0 || outcome.ran !== 'no') failures += 1;
      if (failures >= options.maxAttempts || outer.cancellation !== undefined)
        return concluded(outcome, sent, ran);
      if (!mayPass(outcome) || !maySendAgain(call, ran)) return concluded(outcome, sent, ran); // B5
      const delayMs = Math.max(asked, backoffMs(Math.max(1, failures), options.backoff));
      const endMs = Math.min(options.totalMs, MAX_TIMER_MS);
      if (outer.spentMs + delayMs >= endMs) return concluded(outcome, sent, ran);
      repetition ??= bounded(outer, options);
      const cancellation = await pause(repetition.scope, delayMs);
      if (cancellation !== undefined) {
        const message = `${cancellation.message}; the attempt before had ended with: ${outcome.message}`;
        return stopped({ ...cancellation, message }, ran);
      }
      outcome = await next(call, repetition.scope);
    }
  } finally {
    repetition?.retire();
  }
}

function bounded(
  outer: Scope,
  options: RetryOptions,
): { readonly scope: Scope; readonly retire: () => void } {
  const scope = outer.child();
  const wholeMs = options.totalMs - outer.spentMs;
  const clock = outer.countdown({ wholeMs, silenceMs: Infinity }, () => {
    scope.cancel({
      kind: 'timeout',
      code: 'totalMs',
      message: `no answer within totalMs = ${options.totalMs} ms (${options.totalSetting}), all attempts included`,
    });
  });
  return {
    scope,
    retire: () => {
      clock.clear();
      scope.retire();
    },
  };
}

/** Waits; the timer ends with the call. */
async function pause(scope: Scope, delayMs: number): Promise<Cancellation | undefined> {
  const elapsed = deferred<void>();
  const timer = startTimer(delayMs, elapsed.resolve);
  const cancellation = await scope.wait('backoff', elapsed.promise);
  clearTimeout(timer);
  return cancellation;
}

/** Of a call that failed, the attempt that was sent counts; why there was no other is added to it. */
function concluded(last: Outcome, sent: Outcome | undefined, ran: Ran): Outcome {
  if (last.kind !== 'failed' || last.ran !== 'no' || sent === undefined || !('message' in sent))
    return withRan(last, ran);
  const message = `${sent.message} It could not be sent again: ${last.message}`;
  return withRan({ ...sent, message }, ran);
}

function maySendAgain(call: Call, ran: Ran): boolean {
  return ran === 'no' || call.tool.declaredIdempotent || call.tool.declaredReadOnly;
}

const SEVERITY: Record<Ran, number> = { no: 0, unknown: 1, yes: 2 };

function worse(a: Ran, b: Ran): Ran {
  return SEVERITY[a] >= SEVERITY[b] ? a : b;
}

/** An outcome says `ran: "no"` only if no attempt can have run. */
function withRan(outcome: Outcome, earlier: Ran): Outcome {
  if (outcome.kind === 'failed' || outcome.kind === 'timeout' || outcome.kind === 'cancelled') {
    return { ...outcome, ran: worse(outcome.ran, earlier) };
  }
  return outcome;
}
