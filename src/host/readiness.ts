import { onAbort } from '../base/abort.ts';
import type { Connection } from '../connect/connection.ts';

export interface Patience {
  /** How long to wait on for a server after the last other one settled, once one is ready, ms. */
  readonly patienceMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Waits until all connections are ready or have failed; a hung one costs the others no more than `patienceMs`. As long as none is ready, each has
 * its whole connect time-out. Never rejects; an abort ends the wait.
 */
export async function untilReady(
  connections: readonly Connection[],
  patience: Patience,
): Promise<void> {
  await new Promise<void>((resolve) => {
    let left = connections.length;
    let timer: NodeJS.Timeout | undefined;
    const finish = (): void => {
      clearTimeout(timer);
      unsubscribe();
      resolve();
    };
    let unsubscribe: () => void = () => undefined;
    unsubscribe = onAbort(patience.signal, finish);
    if (left === 0) finish();
    const settled = (): void => {
      left -= 1;
      if (left === 0) {
        finish();
        return;
      }
      if (!connections.some(({ state }) => state.kind === 'ready')) return;
      clearTimeout(timer);
      if (patience.patienceMs !== Infinity) timer = setTimeout(finish, patience.patienceMs);
    };
    for (const connection of connections) void connection.settled().then(settled);
  });
}
