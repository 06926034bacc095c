import type { SharedSend } from '../call/batch-scope.ts';
import type { Follower } from '../call/call-life.ts';
import { defect } from '../call/defect.ts';
import type { Link } from '../call/link.ts';
import { readKey } from '../call/read-key.ts';
import type { Outcome } from '../call/outcome.ts';
import { stopped, type Cancellation, type Scope } from '../call/scope.ts';

/**
 * Identical declared reads of one batch that are in flight together share one send. Only in flight: with `order` outside, a write between two reads keeps
 * them apart, so no read gets a result older than a write before it (B3). For everything else the link is left out of the chain.
 */
export function dedupe(): Link {
  return (next) => (call, scope) => {
    const { repeats } = scope.home;
    if (repeats?.size === 0) return next(call, scope);
    const key = readKey(call.tool, call.arguments);
    if (repeats?.has(key) === false) return next(call, scope);
    const { shared } = scope.home;
    const earlier = shared.get(key);
    if (earlier !== undefined) {
      scope.adopt(earlier.scope);
      const ended = earlier.join(scope);
      void scope.wait('shared', ended);
      return ended;
    }
    // The caller that sends does not wait for another call: nothing to tell.
    const send = new SharedRead(scope, key);
    send.watch(next(call, send.scope));
    shared.set(key, send);
    return send.join(scope);
  };
}

/** One send of a read, and who waits for its outcome. */
class SharedRead implements SharedSend {
  /** Its own: the send outlives the caller that happens to come first. */
  readonly scope: Scope;
  readonly #key: string;
  /** In order of arrival; the first of them is who the send is told of. */
  readonly #callers = new Set<Caller>();

  constructor(first: Scope, key: string) {
    this.scope = first.sibling();
    this.#key = key;
  }

  watch(outcome: Promise<Outcome>): void {
    const end = (ended: Outcome): void => {
      this.#forget();
      for (const caller of this.#callers) caller.end(ended);
    };
    outcome.then(end, (reason: unknown) => {
      // Several callers wait for it: each has to have a defect as its outcome (B1).
      end(defect(reason, this.scope.attempts));
    });
  }

  join(scope: Scope): Promise<Outcome> {
    return new Promise((resolve) => {
      const caller = new Caller(this, scope, resolve);
      this.#callers.add(caller);
      scope.follow(caller);
    });
  }

  /** Internal to {@link Caller}. */
  leave(caller: Caller, cancellation: Cancellation): void {
    if (this.#callers.size === 1) {
      // Only when nobody wants the answer any more is the send itself told to stop (B3): at once, so that nothing is told of it after the call's end.
      this.#forget();
      this.scope.cancel(cancellation);
      return;
    }
    this.#callers.delete(caller);
    // Of a call that has ended nothing more is told.
    const [next] = this.#callers;
    if (next !== undefined) this.scope.goOnAs(next.id);
    caller.end(stopped(cancellation, this.scope.attempts > 0 ? 'unknown' : 'no'));
  }

  /** Nobody joins a send that has ended or was told to stop. */
  #forget(): void {
    const { shared } = this.scope.home;
    if (shared.get(this.#key) === this) shared.delete(this.#key);
  }
}

/** One caller's part in a send. */
class Caller implements Follower {
  readonly #send: SharedRead;
  readonly #scope: Scope;
  readonly #resolve: (outcome: Outcome) => void;

  constructor(send: SharedRead, scope: Scope, resolve: (outcome: Outcome) => void) {
    this.#send = send;
    this.#scope = scope;
    this.#resolve = resolve;
  }

  get id(): Scope['id'] {
    return this.#scope.id;
  }

  cancel(cancellation: Cancellation): void {
    this.#send.leave(this, cancellation);
  }

  end(outcome: Outcome): void {
    this.#scope.unfollow(this);
    this.#resolve(outcome);
  }
}
