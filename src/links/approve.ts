import { describe } from '../base/errors.ts';
import type { Link } from '../call/link.ts';
import type { Outcome } from '../call/outcome.ts';
import { stopped, type Cancellation, type Scope, type Verdict } from '../call/scope.ts';

/** Asks the batch's policy, and through it a person, whether the call may run. Holds no slot and no host-wide lock meanwhile (B2, B4), and the batch's clock stands. */
export function approve(): Link {
  return (next) => (call, scope) => {
    if (scope.cancellation !== undefined) return Promise.resolve(stopped(scope.cancellation, 'no'));
    const verdict = scope.home.authorize(call, scope);
    if (!(verdict instanceof Promise) && verdict.kind === 'allow') return next(call, scope);
    return decided(verdict, scope, () => next(call, scope));
  };
}

async function decided(
  verdict: Verdict | Promise<Verdict>,
  scope: Scope,
  next: () => Promise<Outcome>,
): Promise<Outcome> {
  const final = verdict instanceof Promise ? await answer(verdict, scope) : verdict;
  if (final.kind === 'allow') return next();
  if (final.kind !== 'deny') return stopped(final, 'no');
  return { kind: 'denied', code: final.rule, message: final.message, ran: 'no' };
}

/** The person's answer, or the cancellation if that comes first. A question that fails is a no. */
async function answer(asked: Promise<Verdict>, scope: Scope): Promise<Verdict | Cancellation> {
  const settled = asked.catch((reason: unknown): Verdict => {
    const message = `the question whether it may run failed: ${describe(reason)}`;
    return { kind: 'deny', rule: 'approval', message };
  });
  const resume = scope.home.pauseClock();
  const cancellation = await scope.wait('approval', settled);
  resume();
  return cancellation ?? settled;
}
