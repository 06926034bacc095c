import { abortReason, onAbort } from '../../src/base/abort.ts';
import type { Asker } from '../../src/call/asks.ts';
import type { CallLife, Follower, Progress } from '../../src/call/call-life.ts';
import { callId, exposedName } from '../../src/call/names.ts';
import type { Cancellation } from '../../src/call/scope.ts';

export interface LifeOptions {
  /** Its abort tells the call to stop. Default: nobody does. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  readonly asker?: () => Asker;
}

/** The life of a call that goes straight to a connection. A cancellation takes its code from `details.code` of the signal's reason. */
export function life(options: LifeOptions = {}): CallLife {
  const { signal = new AbortController().signal, onProgress, asker = nobody } = options;
  const followers = new Map<Follower, () => void>();
  const onCancel: CallLife['onCancel'] = (listener) =>
    onAbort(signal, () => {
      listener(cancellationOf(signal));
    });
  return {
    signal,
    asker,
    onProgress: (progress) => onProgress?.(progress),
    get cancellation() {
      return signal.aborted ? cancellationOf(signal) : undefined;
    },
    onCancel,
    follow: (follower) => {
      followers.set(
        follower,
        onCancel((cancellation) => {
          follower.cancel(cancellation);
        }),
      );
    },
    unfollow: (follower) => {
      followers.get(follower)?.();
      followers.delete(follower);
    },
  };
}

function nobody(): Asker {
  return { id: callId(''), name: exposedName('x'), pauseClocks: () => () => undefined };
}

function cancellationOf(signal: AbortSignal): Cancellation {
  const { code, message, details } = abortReason(signal);
  const told = details['code'];
  return { kind: 'cancelled', code: typeof told === 'string' ? told : code, message };
}
