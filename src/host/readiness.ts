import { onAbort } from '../base/abort.ts';
import type { Connection } from '../connect/connection.ts';

export interface Patience {
  /** How long to wait on for a server after the last other one settled, once one is ready, ms. */
  readonly patienceMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Whether it is to be waited for at all: one whose tools are remembered is not needed yet, unless it is eager. */
function isAwaited({ config, isListed }: Connection): boolean {
  return config.start === 'eager' || !isListed;
}

/** Whether its tools can be used, or waited for by their calls. */
function isUsable({ config, isListed, state }: Connection): boolean {
  return state.kind === 'ready' || (config.start !== 'eager' && isListed);
}

/**
 * Waits until all connections that are waited for are ready or have failed, and starts those that are not; a hung one costs the others no more than `patienceMs`. As long
 * as nothing is there to be used, each has its whole connect time-out, and `background` servers are waited for, too. Never rejects; an abort ends the wait.
 */
export async function untilReady(
  connections: readonly Connection[],
  patience: Patience,
): Promise<void> {
  const pending = new Set(connections.filter(isAwaited));
  await new Promise<void>((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    const finish = (): void => {
      clearTimeout(timer);
      unsubscribe();
      resolve();
    };
    let unsubscribe: () => void = () => undefined;
    unsubscribe = onAbort(patience.signal, finish);
    const waitOn = (): void => {
      clearTimeout(timer);
      if (patience.patienceMs !== Infinity) timer = setTimeout(finish, patience.patienceMs);
    };
    const look = (): void => {
      const isAnyUsable = connections.some(isUsable);
      const isMissed = [...pending].some(({ config }) => config.start !== 'background');
      if (isAnyUsable ? !isMissed : pending.size === 0) finish();
      else if (isAnyUsable) waitOn();
    };
    look();
    for (const connection of pending) {
      void connection.settled().then(() => {
        pending.delete(connection);
        look();
      });
    }
  });
}
