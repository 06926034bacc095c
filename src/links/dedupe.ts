import { canonicalJson } from '../base/json.ts';
import type { Call } from '../call/call.ts';
import { defect } from '../call/defect.ts';
import type { Caller, Link } from '../call/link.ts';
import type { Outcome } from '../call/outcome.ts';
import { Scope, stopped, type SharedSend } from '../call/scope.ts';

/**
 * Identical declared reads of one batch that are in flight together share one send. Only in flight: with `order` outside, a write between two reads keeps
 * them apart, so no read gets a result older than a write before it (B3). For everything else the link is left out of the chain.
 */
export function dedupe(): Link {
  return (next) => async (call, scope) => {
    const key = `${call.tool.exposed} ${canonicalJson(call.arguments)}`;
    const sharing = scope.home.shared.get(key);
    const shared = sharing ?? start(next, { call, scope, key });
    shared.callers += 1;
    scope.adopt(shared.scope);
    let wasLast = false;
    // Only when nobody wants the answer any more is the send itself told to stop (B3): at once, so that nothing is told of it after the call's end.
    const unsubscribe = scope.onCancel((cancellation) => {
      shared.callers -= 1;
      wasLast = shared.callers === 0;
      if (!wasLast) return;
      forget(scope, key, shared);
      shared.scope.cancel(cancellation);
    });
    const cancellation =
      sharing === undefined
        ? await firstOf(shared.outcome, scope)
        : await scope.wait('shared', shared.outcome);
    unsubscribe();
    if (cancellation === undefined || wasLast) return shared.outcome;
    return stopped(cancellation, shared.scope.attempts > 0 ? 'unknown' : 'no');
  };
}

interface Start {
  readonly call: Call;
  readonly scope: Scope;
  readonly key: string;
}

function start(next: Caller, { call, scope, key }: Start): SharedSend {
  // A scope of its own: it outlives the caller that happened to come first.
  const own = new Scope(scope.id, scope.home);
  const send: SharedSend = {
    scope: own,
    callers: 0,
    // Several callers wait for it: a defect has to be an outcome before `observe` can make it one (B1).
    outcome: next(call, own)
      .catch((reason: unknown) => defect(reason, own.attempts))
      .finally(() => {
        forget(scope, key, send);
      }),
  };
  scope.home.shared.set(key, send);
  return send;
}

/** Nobody joins a send that has ended or was told to stop. */
function forget(scope: Scope, key: string, send: SharedSend): void {
  const { shared } = scope.home;
  if (shared.get(key) === send) shared.delete(key);
}

/** The caller that sends does not wait for another call: nothing to tell. */
function firstOf(outcome: Promise<Outcome>, scope: Scope): Promise<Scope['cancellation']> {
  return new Promise((resolve) => {
    const unsubscribe = scope.onCancel(resolve);
    void outcome.then(unsubscribe).then(() => resolve(undefined));
  });
}
