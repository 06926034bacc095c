import { HostError } from '../base/errors.ts';
import type { Ticket } from '../base/locks.ts';
import { startTimer } from '../base/timer.ts';
import { CallClocks, type CallClock } from './call-clocks.ts';
import type { Call } from './call.ts';
import type { CallEvent, WaitReason } from './events.ts';
import type { CallId } from './names.ts';
import type { Outcome, Ran } from './outcome.ts';

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

/** A read of one batch that several calls share: see `links/dedupe.ts`. */
export interface SharedSend {
  readonly scope: Scope;
  readonly outcome: Promise<Outcome>;
  callers: number;
}

/** What the calls of one batch have in common, and links need: made by `batch/run-batch.ts`. */
export interface BatchScope {
  readonly batch: number;
  /** Ms since the batch began. */
  now(): number;
  /** Whether anybody listens: an event that nobody gets need not be made. */
  readonly observed: boolean;
  emit(event: CallEvent): void;
  /** `undefined` once the model's message is final; else a promise of that, which never rejects. */
  readonly messageEnd: Promise<void> | undefined;
  /** Whether the call may run; a promise where a person has to be asked. Never rejects. */
  authorize(call: Call, scope: Scope): Verdict | Promise<Verdict>;
  /** Bounds a result: cut, if it is too large for the batch. Never rejects. */
  cap(outcome: Outcome, call: Call): Outcome | Promise<Outcome>;
  /** Stops the batch's clock while a person is asked; returns the function that lets it go on. */
  pauseClock(): () => void;
  /** Reads in flight that may be shared, by tool and arguments. */
  readonly shared: Map<string, SharedSend>;
}

/** How long a call may wait for locks and slots. */
export interface QueueBudget {
  /** Longest wait for locks and slots together, ms. `Infinity` disables it. */
  readonly queueMs: number;
  /** Where that is set, for the error. */
  readonly setting: string;
}

/** What a queue is for, in an error. */
const QUEUES = {
  lock: 'calls of another batch that it conflicts with',
  slot: 'a free slot',
  rate: 'the rate limit',
} as const satisfies Partial<Record<WaitReason, string>>;

type CancelListener = (cancellation: Cancellation) => void;

/** What is known of a call's sending; shared by a call's scope and its children. */
class Journey {
  attempts = 0;
  /** Ms since the batch began. */
  firstSentAt: number | undefined;
  /** What the call has waited for locks and slots so far, ms. */
  queuedForMs = 0;
  /** Questions to a person that its server waits for. */
  questions = 0;
  /** Made when the call first has one. */
  clocks: CallClocks | undefined;
}

/**
 * One call's life (B7): how it is cancelled, how often it was sent, and what is told about it. A scope costs two small objects;
 * its `AbortSignal` is made when somebody reads it. A link that must stop its own part only, and not the call, makes a child.
 */
export class Scope {
  readonly id: CallId;
  readonly home: BatchScope;
  /** The call's place among the calls of its batch (B2); `undefined` when it claims nothing. */
  readonly ticket: Ticket | undefined;
  /** Runs at every sign of progress; set by `deadline` on the scope of one attempt. */
  onProgress: (() => void) | undefined;
  #journey: Journey;
  #cancellation: Cancellation | undefined;
  #listeners: Set<CancelListener> | undefined;
  #controller: AbortController | undefined;

  constructor(id: CallId, home: BatchScope, ticket?: Ticket) {
    this.id = id;
    this.home = home;
    this.ticket = ticket;
    this.#journey = new Journey();
  }

  /** How often the call was sent. */
  get attempts(): number {
    return this.#journey.attempts;
  }

  /** When it was first sent, ms since the batch began. */
  get firstSentAt(): number | undefined {
    return this.#journey.firstSentAt;
  }

  get queuedForMs(): number {
    return this.#journey.queuedForMs;
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
    const listeners = this.#listeners;
    this.#listeners = undefined;
    if (listeners !== undefined) for (const listener of listeners) listener(cancellation);
  }

  /** Runs `listener` on cancellation, at once if that has happened. Returns the function that unsubscribes. */
  onCancel(listener: CancelListener): () => void {
    if (this.#cancellation !== undefined) {
      listener(this.#cancellation);
      return () => undefined;
    }
    this.#listeners ??= new Set();
    const listeners = this.#listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }

  /** A scope that stops when this one does, and can be stopped alone. `retire` it when its part is over. */
  child(): { readonly scope: Scope; readonly retire: () => void } {
    const scope = new Scope(this.id, this.home, this.ticket);
    scope.#journey = this.#journey;
    const retire = this.onCancel((cancellation) => {
      scope.cancel(cancellation);
    });
    return { scope, retire };
  }

  /** Counts the sending done in another scope as this call's own: for a call that shares it. */
  adopt(other: Scope): void {
    this.#journey = other.#journey;
  }

  /** A time budget of the call, which runs at once, and stands while its clocks do. Dispose of it when its part is over. */
  countdown(budgetMs: number, onExpired: () => void): CallClock {
    return this.#clocks.start(budgetMs, onExpired);
  }

  /**
   * The call's server waits for an answer of ours: the call's clocks stand until the returned function is called, and while a person is asked those of its
   * batch, too. Pauses may overlap.
   */
  pauseClocks(asked: 'person' | 'model'): () => void {
    // A question is a sign of life.
    this.onProgress?.();
    const resume = this.#clocks.pause();
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
    if (journey.questions === 1) this.#tell('call-wait-start', 'answer');
    return () => {
      journey.questions -= 1;
      if (journey.questions === 0) this.#tell('call-wait-end', 'answer');
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
    this.home.emit({
      kind: 'call-start',
      batch: this.home.batch,
      id: this.id,
      attempt: journey.attempts,
      at,
    });
  }

  /**
   * Waits for `promise` (which must not reject) or for the cancellation, whichever comes first, and tells the listeners that and why the call waited.
   * Resolves to the cancellation, or `undefined` when the promise was first.
   */
  wait(reason: WaitReason, promise: Promise<unknown>): Promise<Cancellation | undefined> {
    if (this.#cancellation !== undefined) return Promise.resolve(this.#cancellation);
    this.#tell('call-wait-start', reason);
    return new Promise((resolve) => {
      let over = false;
      let unsubscribe = (): void => undefined;
      const finish = (cancellation: Cancellation | undefined): void => {
        // A promise that the call did not wait for may settle long after the call has ended.
        if (over) return;
        over = true;
        unsubscribe();
        this.#tell('call-wait-end', reason);
        resolve(cancellation);
      };
      // A listener may cancel the call when it hears of the wait: then this runs at once.
      unsubscribe = this.onCancel(finish);
      void promise.then(() => finish(this.#cancellation));
    });
  }

  /** {@link wait} for a lock or a slot: at most what is left of `queueMs`, which all such waits of the call share. */
  async waitInQueue(
    reason: keyof typeof QUEUES,
    promise: Promise<unknown>,
    budget: QueueBudget,
  ): Promise<Cancellation | undefined> {
    const { scope, retire } = this.child();
    const leftMs = Math.max(0, budget.queueMs - this.#journey.queuedForMs);
    const timer = startTimer(leftMs, () => {
      scope.cancel({
        kind: 'timeout',
        code: 'queueMs',
        message: `waited longer than queueMs = ${budget.queueMs} ms (${budget.setting}), at last for ${QUEUES[reason]}; this attempt was not sent`,
      });
    });
    const since = this.home.now();
    const cancellation = await scope.wait(reason, promise);
    this.#journey.queuedForMs += this.home.now() - since;
    clearTimeout(timer);
    retire();
    return cancellation;
  }

  get #clocks(): CallClocks {
    this.#journey.clocks ??= new CallClocks(() => this.home.now());
    return this.#journey.clocks;
  }

  #tell(kind: 'call-wait-start' | 'call-wait-end', reason: WaitReason): void {
    if (!this.home.observed) return;
    this.home.emit({ kind, batch: this.home.batch, id: this.id, reason, at: this.home.now() });
  }
}

/** The outcome of a call that was told to stop. */
export function stopped(cancellation: Cancellation, ran: Ran): Outcome {
  return { kind: cancellation.kind, code: cancellation.code, message: cancellation.message, ran };
}

function toError(cancellation: Cancellation): HostError {
  return new HostError('aborted', cancellation.message, { details: { code: cancellation.code } });
}
