import type { BatchScope } from './batch-scope.ts';
import { HostError } from '../base/errors.ts';
import type { Ticket } from '../base/locks.ts';
import { CallClock, CallClocks, type CallBudgets, type OnExpired } from './call-clocks.ts';
import type { Follower, Stop } from './call-life.ts';
import type { WaitReason } from './events.ts';
import { Journey } from './journey.ts';
import type { CallId } from './names.ts';
import type { Outcome, Ran } from './outcome.ts';
import { Wait, type QueueBudget, type QueueReason } from './wait.ts';

/** Why a call was told to stop: `cancelled` by somebody, `timeout` by a budget; `code` names which. */
export interface Cancellation {
  readonly kind: 'cancelled' | 'timeout';
  readonly code: string;
  readonly message: string;
}

/** Whether a call may run; `rule` says what decided. */
export type Verdict =
  | { readonly kind: 'allow'; readonly rule: string }
  | { readonly kind: 'deny'; readonly rule: string; readonly message: string };

/**
 * One call's life (B7): how it is cancelled, how often it was sent, and what is told about it. A scope costs two small objects;
 * its `AbortSignal` is made when somebody reads it. A link that must stop its own part only, and not the call, makes a child.
 */
export class Scope implements Stop, Follower {
  readonly home: BatchScope;
  /** The call's place among the calls of its batch (B2); `undefined` when it claims nothing. */
  readonly ticket: Ticket | undefined;
  /** Begins anew at every sign of life; set by `deadline` on the scope of one attempt, and stopped with it. */
  clock: Pick<CallClock, 'restart' | 'clear'> | undefined;
  #id: CallId;
  #journey: Journey;
  #cancellation: Cancellation | undefined;
  /** Most scopes have one, and need no set (0.1 µs a scope). */
  #follower: Follower | undefined;
  #others: Set<Follower> | undefined;
  #parent: Scope | undefined;
  #controller: AbortController | undefined;

  /** `journey`: of the call that the new scope is a part of; see {@link child}. */
  // Two scopes for each call: built without an object of options.
  // oxlint-disable-next-line max-params
  constructor(id: CallId, home: BatchScope, ticket?: Ticket, journey: Journey = new Journey()) {
    this.#id = id;
    this.home = home;
    this.ticket = ticket;
    this.#journey = journey;
  }

  /** What is told, is told of this call. */
  get id(): CallId {
    return this.#parent?.id ?? this.#id;
  }

  /** How often the call was sent. */
  get attempts(): number {
    return this.#journey.attempts;
  }

  /** When it was first sent, ms since the batch began. */
  get firstSentAt(): number | undefined {
    return this.#journey.firstSentAt;
  }

  /** How long the call has taken since it was first sent, ms, without the time for which its clocks stood. */
  get spentMs(): number {
    const { firstSentAt, clocks } = this.#journey;
    if (firstSentAt === undefined) return 0;
    return this.home.now() - firstSentAt - (clocks?.stoodMs ?? 0);
  }

  /** Set once the call was told to stop. */
  get cancellation(): Cancellation | undefined {
    return this.#cancellation;
  }

  /** For whoever needs a signal; aborts with a HostError. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#cancellation !== undefined) this.#controller.abort(toError(this.#cancellation));
    }
    return this.#controller.signal;
  }

  /** Tells the call to stop; only the first time counts. */
  cancel(cancellation: Cancellation): void {
    if (this.#cancellation !== undefined) return;
    this.#cancellation = cancellation;
    this.#controller?.abort(toError(cancellation));
    const first = this.#follower;
    this.#follower = undefined;
    first?.cancel(cancellation);
    // One that leaves meanwhile is not told.
    if (this.#others !== undefined) for (const other of this.#others) other.cancel(cancellation);
    this.#others = undefined;
  }

  /** Runs `listener` on cancellation, at once if that has happened. Returns the function that unsubscribes. */
  onCancel(listener: (cancellation: Cancellation) => void): () => void {
    const follower = { cancel: listener };
    this.follow(follower);
    return () => {
      this.unfollow(follower);
    };
  }

  follow(follower: Follower): void {
    if (this.#cancellation !== undefined) follower.cancel(this.#cancellation);
    else if (this.#follower === undefined && this.#others === undefined) this.#follower = follower;
    else (this.#others ??= new Set()).add(follower);
  }

  unfollow(follower: Follower): void {
    if (this.#follower === follower) this.#follower = undefined;
    else this.#others?.delete(follower);
  }

  /** A scope that stops when this one does, and can be stopped alone. {@link retire} it when its part is over. */
  child(): Scope {
    const child = new Scope(this.id, this.home, this.ticket, this.#journey);
    child.#parent = this;
    this.follow(child);
    return child;
  }

  /** A child stops with its parent no more, and its clock stops. */
  retire(): void {
    this.clock?.clear();
    this.clock = undefined;
    this.#parent?.unfollow(this);
  }

  /** A scope that stops for itself, with the same sending: for a send that may outlive the call which began it. It has no place in the order. */
  sibling(): Scope {
    return new Scope(this.id, this.home, undefined, this.#journey);
  }

  /** The call that it was told of has ended: what is told from now on is told of another one. */
  goOnAs(id: CallId): void {
    this.#id = id;
  }

  /** Counts the sending done in another scope as this call's own: for a call that shares it. */
  adopt(other: Scope): void {
    this.#journey = other.#journey;
  }

  /** Time budgets of the call, which run at once, and stand while its clocks do. `onExpired` is given this scope. Stop it when its part is over. */
  countdown(budgets: CallBudgets, onExpired: OnExpired<Scope>): CallClock<Scope> {
    return new CallClock<Scope>(this, budgets, onExpired);
  }

  /** Internal to {@link CallClock}. */
  get clocks(): CallClocks | undefined {
    return this.#journey.clocks;
  }

  /**
   * The call's server waits for an answer of ours: the call's clocks stand until the returned function is called, and while a person is asked those of its
   * batch, too. Pauses may overlap.
   */
  pauseClocks(asked: 'person' | 'model'): () => void {
    // A question is a sign of life.
    this.clock?.restart();
    this.#journey.clocks ??= new CallClocks();
    const resume = this.#journey.clocks.pause();
    const endQuestion = asked === 'person' ? this.#beginQuestion() : undefined;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      endQuestion?.();
      resume();
    };
  }

  /** Several at once are one wait. */
  #beginQuestion(): () => void {
    const journey = this.#journey;
    const resumeBatch = this.home.pauseClock();
    journey.questions += 1;
    const { id } = this;
    if (journey.questions === 1) this.tellWait('call-wait-start', 'answer', id);
    return () => {
      journey.questions -= 1;
      if (journey.questions === 0) this.tellWait('call-wait-end', 'answer', id);
      resumeBatch();
    };
  }

  /** The next attempt leaves now. */
  markSent(): void {
    const journey = this.#journey;
    journey.attempts += 1;
    const at = this.home.now();
    journey.firstSentAt ??= at;
    if (!this.home.observed) return;
    const { batch } = this.home;
    this.home.emit({ kind: 'call-start', batch, id: this.id, attempt: journey.attempts, at });
  }

  /**
   * Waits for `promise` (which must not reject) or for the cancellation, whichever comes first, and tells the listeners that and why the call waited.
   * Resolves to the cancellation, or `undefined` when the promise was first.
   */
  wait(reason: WaitReason, promise: Promise<unknown>): Promise<Cancellation | undefined> {
    if (this.#cancellation !== undefined) return Promise.resolve(this.#cancellation);
    return new Wait(this, reason).until(promise);
  }

  /** {@link wait}s, and goes on with `next`, unless the call is told to stop meanwhile: then it ends as one that was not sent. */
  async after(
    reason: WaitReason,
    promise: Promise<unknown>,
    next: () => Promise<Outcome>,
  ): Promise<Outcome> {
    const cancellation = await this.wait(reason, promise);
    return cancellation === undefined ? next() : stopped(cancellation, 'no');
  }

  /** {@link wait} for a lock or a slot: at most what is left of `queueMs`, which all such waits of the call share. */
  waitInQueue(
    reason: QueueReason,
    promise: Promise<unknown>,
    budget: QueueBudget,
  ): Promise<Cancellation | undefined> {
    if (this.#cancellation !== undefined) return Promise.resolve(this.#cancellation);
    return new Wait(this, reason, budget).until(promise);
  }

  /** Internal to {@link Wait}: what the call has waited for locks and slots so far, ms. */
  get queuedForMs(): number {
    return this.#journey.queuedForMs;
  }

  set queuedForMs(ms: number) {
    this.#journey.queuedForMs = ms;
  }

  /** Internal to {@link Wait}. */
  tellWait(kind: 'call-wait-start' | 'call-wait-end', reason: WaitReason, id: CallId): void {
    // Of a wait that began as another call's, that call's end has told the end.
    if (!this.home.observed || id !== this.id) return;
    this.home.emit({ kind, batch: this.home.batch, id, reason, at: this.home.now() });
  }
}

/** The outcome of a call that was told to stop. */
export function stopped(cancellation: Cancellation, ran: Ran): Outcome {
  return { kind: cancellation.kind, code: cancellation.code, message: cancellation.message, ran };
}

function toError(cancellation: Cancellation): HostError {
  return new HostError('aborted', cancellation.message, { details: { code: cancellation.code } });
}
