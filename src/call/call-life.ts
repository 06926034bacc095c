import type { Asker } from './asks.ts';
import type { Cancellation } from './scope.ts';

/** Who hears of a cancellation. */
export interface Follower {
  cancel(cancellation: Cancellation): void;
}

/** How whoever carries a call learns that it is told to stop. A `Scope` is one. */
export interface Stop {
  /** Set once the call was told to stop. */
  readonly cancellation: Cancellation | undefined;
  /** Runs `listener` on cancellation, at once if that has happened. Returns the function that unsubscribes. */
  onCancel(listener: (cancellation: Cancellation) => void): () => void;
  /** As `onCancel`, for who makes no function for each call. Until it is let go of with `unfollow`. */
  follow(follower: Follower): void;
  unfollow(follower: Follower): void;
  /** The same as a signal, for what knows no other way. It is made when it is read: it costs more than all the rest of a call. */
  readonly signal: AbortSignal;
}

/** One step of a call, as its server reports it. */
export interface Progress {
  readonly progress: number;
  readonly total?: number;
  readonly message?: string;
}

/** What whoever carries a call may ask and tell of it while it is on its way. */
export interface CallLife extends Stop {
  /** A sign of life from the server; not after the call has ended. */
  onProgress(progress: Progress): void;
  /** Who the questions of the server come from; made when they are needed. */
  asker(): Asker;
}
