import type { HostConfig } from '../config/host-config.ts';

/** How long after a host's first batch the standing calls are made, ms. */
const AFTER_MS = 50;

/**
 * Has calls stand (`standing-call.ts`) in a moment: not before the first batch, which they would hold up by a few milliseconds, and not in a process that ends with it. Once it is
 * disposed of, none are made.
 */
export class StandingSoon implements Disposable {
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  /** The host's first batch is over. */
  begin({ servers }: HostConfig): void {
    if (this.#isOver) return;
    // What speaks HTTP is loaded for calls over HTTP only.
    const overHttp = servers.some(
      (server) => server.kind === 'server' && server.endpoint.kind === 'http',
    );
    this.#timer = setTimeout(() => {
      stand(overHttp).catch(() => {
        // Nothing but speed hangs on it.
      });
    }, AFTER_MS).unref();
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }
}

async function stand(overHttp: boolean): Promise<void> {
  const { keepCallsStanding, keepHttpCallsStanding } = await import('./standing-call.ts');
  await keepCallsStanding();
  if (overHttp) await keepHttpCallsStanding();
}
