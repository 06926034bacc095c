import type { Call } from './call.ts';
import type { CallEvent } from './events.ts';
import type { Outcome } from './outcome.ts';
import type { Scope, Verdict } from './scope.ts';

/** A read of one batch that several calls share: see `links/dedupe.ts`. */
export interface SharedSend {
  readonly scope: Scope;
  /** One more call wants its outcome: resolves to it, or to the call's own cancellation. */
  join(scope: Scope): Promise<Outcome>;
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
  /** The keys of declared reads that the batch has more than once; `undefined` while that is not known. */
  readonly repeats: ReadonlySet<string> | undefined;
  /** Reads in flight that may be shared, by their key (`readKey`). */
  readonly shared: Map<string, SharedSend>;
}
