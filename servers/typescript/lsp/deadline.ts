import { Refusal } from '../../shared/refusal.ts';

/**
 * Runs `work` under a signal that is aborted with the given one, or after `ms` with a Refusal.
 * No listener stays behind on the given signal.
 */
export async function withDeadline<T>(
  ms: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const onAbort = () => controller.abort(signal.reason);
  const timer = setTimeout(() => {
    controller.abort(new Refusal(`The TypeScript language server did not answer within ${ms} ms.`));
  }, ms);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    signal.throwIfAborted();
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

/** Waits for something that others wait for, too, and that goes on when this wait is aborted. */
export async function waitFor<T>(shared: Promise<T>, signal: AbortSignal): Promise<T> {
  return await new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    // Also when it was aborted: a failure that nobody waits for any more must not end the process.
    shared.finally(() => signal.removeEventListener('abort', onAbort)).then(resolve, reject);
  });
}
