import { Alarm, type Alarms } from '../base/alarms.ts';
import type { Follower } from './call-life.ts';
import type { WaitReason } from './events.ts';
import type { CallId } from './names.ts';
import type { Cancellation, Scope } from './scope.ts';

/** How long a call may wait for locks and slots. */
export interface QueueBudget {
  /** Longest wait for locks and slots together, ms. `Infinity` disables it. */
  readonly queueMs: number;
  /** Where that is set, for the error. */
  readonly setting: string;
  /** What else waits as long waits here, too. */
  readonly row?: Alarms;
}

/** What a queue is for, in an error. */
const QUEUES: Partial<Record<WaitReason, string>> = {
  lock: 'calls of another batch that it conflicts with',
  slot: 'a free slot',
  rate: 'the rate limit',
};

export type QueueReason = 'lock' | 'slot' | 'rate';

/** Ten thousand calls may wait at once, so that this is one object: the wait, its place in a row of alarms, and who hears of the call's cancellation. */
export class Wait extends Alarm implements Follower {
  readonly #scope: Scope;
  readonly #reason: WaitReason;
  readonly #id: CallId;
  readonly #budget: QueueBudget | undefined;
  readonly #since: number;
  /** Until it is over. */
  #resolve: ((cancellation: Cancellation | undefined) => void) | undefined;

  /** Tells listeners of its beginning. `budget`: for a queue. */
  constructor(scope: Scope, reason: WaitReason, budget?: QueueBudget) {
    super();
    this.#scope = scope;
    this.#reason = reason;
    this.#id = scope.id;
    this.#budget = budget;
    this.#since = budget === undefined ? 0 : scope.home.now();
    scope.tellWait('call-wait-start', reason, this.#id);
  }

  /** Resolves to the cancellation of the call or of this wait, `undefined` when the promise (which must not reject) was first. */
  until(promise: Promise<unknown>): Promise<Cancellation | undefined> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
      const { queueMs, row } = this.#budget ?? {};
      if (queueMs !== undefined) this.set(Math.max(0, queueMs - this.#scope.queuedForMs), row);
      // A listener may have cancelled the call when it heard of the wait: then it ends at once.
      this.#scope.follow(this);
      void promise.then(() => {
        this.#end(this.#scope.cancellation);
      });
    });
  }

  /** The call was told to stop. */
  cancel(cancellation: Cancellation): void {
    this.#end(cancellation);
  }

  override ring(): void {
    const { queueMs, setting } = this.#budget ?? {};
    this.#end({
      kind: 'timeout',
      code: 'queueMs',
      message: `waited longer than queueMs = ${queueMs} ms (${setting}), at last for ${QUEUES[this.#reason]}; this attempt was not sent`,
    });
  }

  #end(cancellation: Cancellation | undefined): void {
    const resolve = this.#resolve;
    // A promise that the call did not wait for may settle long after the call has ended.
    if (resolve === undefined) return;
    this.#resolve = undefined;
    this.#scope.unfollow(this);
    this.clear();
    if (this.#budget !== undefined) {
      this.#scope.queuedForMs += this.#scope.home.now() - this.#since;
    }
    this.#scope.tellWait('call-wait-end', this.#reason, this.#id);
    resolve(cancellation);
  }
}
