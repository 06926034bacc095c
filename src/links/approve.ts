import { describe } from '../base/errors.ts';
import type { Link } from '../call/link.ts';
import { stopped, type Cancellation, type Scope, type Verdict } from '../call/scope.ts';

/** Asks the batch's policy, and through it a person, whether the call may run. Holds no slot and no host-wide lock meanwhile (B2, B4), and the batch's clock stands. */
export function approve(): Link {
  return (next) => async (call, scope) => {
    if (scope.cancellation !== undefined) return stopped(scope.cancellation, 'no');
    let verdict: Verdict | Promise<Verdict> | Cancellation = scope.home.authorize(call, scope);
    if (verdict instanceof Promise) verdict = await answer(verdict, scope);
    if (verdict.kind === 'allow') return next(call, scope);
    if (verdict.kind !== 'deny') return stopped(verdict, 'no');
    return { kind: 'denied', code: verdict.rule, message: verdict.message, ran: 'no' };
  };
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
