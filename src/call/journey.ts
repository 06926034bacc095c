import type { CallClocks } from './call-clocks.ts';

/** What is known of a call's sending; shared by a call's scope and its children. */
export class Journey {
  attempts = 0;
  /** Ms since the batch began. */
  firstSentAt: number | undefined;
  /** What the call has waited for locks and slots so far, ms. */
  queuedForMs = 0;
  /** Questions to a person that its server waits for. */
  questions = 0;
  /** Made when they first stand. */
  clocks: CallClocks | undefined;
}
