import { setMaxListeners } from 'node:events';
import { HostError } from './errors.ts';
import { MAX_TIMER_MS } from './timer.ts';

/** The reason of an aborted signal as a HostError, whatever the caller aborted with. */
export function abortReason(signal: AbortSignal): HostError {
  return HostError.from(
    signal.reason ?? new HostError('aborted', 'cancelled by the caller'),
    'aborted',
  );
}

/** A child controller that follows a parent signal until it is retired. Retire it: a live link is a listener on the parent. */
export interface LinkedAbort extends Disposable {
  readonly signal: AbortSignal;
  abort(reason: HostError): void;
}

/**
 * Links a new controller to `parent`. Unlike `AbortSignal.any`, it leaves nothing behind on a long-lived parent once it is disposed of.
 */
export function linkAbort(parent: AbortSignal | undefined): LinkedAbort {
  const controller = new AbortController();
  const follow = (): void => {
    if (parent !== undefined) controller.abort(abortReason(parent));
  };
  if (parent?.aborted === true) follow();
  else if (parent !== undefined) listen(parent, follow);
  return {
    signal: controller.signal,
    abort: (reason) => {
      controller.abort(reason);
    },
    [Symbol.dispose]: () => {
      parent?.removeEventListener('abort', follow);
    },
  };
}

/** Runs `listener` once when the signal aborts (at once if it already has). Returns the function that unsubscribes. */
export function onAbort(
  signal: AbortSignal | undefined,
  listener: (reason: HostError) => void,
): () => void {
  if (signal === undefined) return () => undefined;
  const run = (): void => {
    listener(abortReason(signal));
  };
  if (signal.aborted) {
    run();
    return () => undefined;
  }
  listen(signal, run);
  return () => {
    signal.removeEventListener('abort', run);
  };
}

/** Many batches may share one signal. Each takes its listener away again, so that Node's warning of a leak at the eleventh would be wrong. */
function listen(signal: AbortSignal, listener: () => void): void {
  setMaxListeners(0, signal);
  signal.addEventListener('abort', listener, { once: true });
}

/** Resolves after `ms` milliseconds, at most after 24 days; rejects with the signal's reason when that comes first. The timer keeps no process alive past an abort. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => {
        unsubscribe();
        resolve();
      },
      Math.min(ms, MAX_TIMER_MS),
    );
    const unsubscribe = onAbort(signal, (reason) => {
      clearTimeout(timer);
      reject(reason);
    });
  });
}

/** Waits for `promise`, but no longer than until the signal aborts; the promise itself goes on, and a late rejection of it is not unhandled. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const unsubscribe = onAbort(signal, reject);
    promise.finally(unsubscribe).then(resolve, reject);
  });
}
