import { canonicalJson } from '../base/json.ts';
import type { Call } from '../call/call.ts';
import { defect } from '../call/defect.ts';
import type { Caller, Link } from '../call/link.ts';
import type { Outcome } from '../call/outcome.ts';
import type { BatchScope, SharedSend } from '../call/batch-scope.ts';
import { stopped, type Scope } from '../call/scope.ts';

/**
 * Identical declared reads of one batch that are in flight together share one send. Only in flight: with `order` outside, a write between two reads keeps
 * them apart, so no read gets a result older than a write before it (B3). For everything else the link is left out of the chain.
 */
export function dedupe(): Link {
  return (next) => (call, scope) => {
    const key = `${call.tool.exposed} ${canonicalJson(call.arguments)}`;
    const earlier = scope.home.shared.get(key);
    if (earlier === undefined) return start({ next, call, scope, key });
    scope.adopt(earlier.scope);
    const ended = join(earlier, scope, key);
    void scope.wait('shared', ended);
    return ended;
  };
}

interface Start {
  readonly next: Caller;
  readonly call: Call;
  readonly scope: Scope;
  readonly key: string;
}

/** The caller that sends does not wait for another call: nothing to tell. */
function start({ next, call, scope, key }: Start): Promise<Outcome> {
  // A scope of its own: it outlives the caller that happens to come first.
  const own = scope.sibling();
  const send: SharedSend = { scope: own, callers: new Set(), outcome: next(call, own) };
  scope.home.shared.set(key, send);
  return join(send, scope, key);
}

/** Nobody joins a send that has ended or was told to stop. */
function forget({ shared }: BatchScope, key: string, send: SharedSend): void {
  if (shared.get(key) === send) shared.delete(key);
}

/** One caller's part in a send. */
function join(send: SharedSend, scope: Scope, key: string): Promise<Outcome> {
  const { callers } = send;
  callers.add(scope);
  return new Promise((resolve) => {
    const unsubscribe = scope.onCancel((cancellation) => {
      callers.delete(scope);
      const [next] = callers;
      if (next !== undefined) {
        // Of a call that has ended nothing more is told.
        send.scope.goOnAs(next.id);
        resolve(stopped(cancellation, send.scope.attempts > 0 ? 'unknown' : 'no'));
        return;
      }
      // Only when nobody wants the answer any more is the send itself told to stop (B3): at once, so that nothing is told of it after the call's end.
      forget(scope.home, key, send);
      send.scope.cancel(cancellation);
    });
    const end = (outcome: Outcome): void => {
      forget(scope.home, key, send);
      unsubscribe();
      resolve(outcome);
    };
    send.outcome.then(end, (reason: unknown) => {
      // Several callers wait for it: each has to have a defect as its outcome (B1).
      end(defect(reason, send.scope.attempts));
    });
  });
}
