import { Alarm, type Alarms } from '../base/alarms.ts';
import type { WaitReason } from './events.ts';
import type { Cancellation } from './scope.ts';

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
const QUEUES = {
  lock: 'calls of another batch that it conflicts with',
  slot: 'a free slot',
  rate: 'the rate limit',
} as const satisfies Partial<Record<WaitReason, string>>;

export type QueueReason = keyof typeof QUEUES;

/** Ends one wait of a call in a queue. */
export class QueueAlarm extends Alarm {
  readonly #wait: { cancel(cancellation: Cancellation): void };
  readonly #reason: QueueReason;
  readonly #budget: QueueBudget;

  constructor(
    wait: { cancel(cancellation: Cancellation): void },
    reason: QueueReason,
    budget: QueueBudget,
  ) {
    super();
    this.#wait = wait;
    this.#reason = reason;
    this.#budget = budget;
  }

  override ring(): void {
    const { queueMs, setting } = this.#budget;
    this.#wait.cancel({
      kind: 'timeout',
      code: 'queueMs',
      message: `waited longer than queueMs = ${queueMs} ms (${setting}), at last for ${QUEUES[this.#reason]}; this attempt was not sent`,
    });
  }
}
