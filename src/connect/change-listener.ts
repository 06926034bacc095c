import { ProtocolError, type Client } from '@modelcontextprotocol/client';
import { sleep } from '../base/abort.ts';
import { backoffMs, type BackoffOptions } from '../base/backoff.ts';
import { describe } from '../base/errors.ts';
import { visibleLine } from '../base/visible.ts';
import { faultOf } from './call-outcome.ts';
import { NO_TIMEOUT_MS } from './sdk-request.ts';
import type { Notify } from './wire-transport.ts';

export interface ChangeListenerOptions {
  readonly client: Client;
  readonly notify: Notify;
  /** A stream was opened. What changed while there was none, nobody has told. */
  readonly onOpened: () => void;
  /** There will be none. */
  readonly onRefused: () => void;
  /** Ends the listening. */
  readonly signal: AbortSignal;
  readonly backoff?: BackoffOptions;
}

const BACKOFF: BackoffOptions = { baseMs: 500, maxMs: 30_000 };
/** A stream that lasted this long was well, ms: the next one is opened soon after it. */
const WELL_MS = 10_000;

/**
 * In the new era a server tells of changes only to those who ask for it, on a stream that may break: it is opened again then. Never rejects.
 * Not asked in vain: without an answer there is nothing to lose.
 */
export async function listenForChanges(options: ChangeListenerOptions): Promise<void> {
  const { client, signal } = options;
  let failures = 0;
  while (!signal.aborted) {
    const since = performance.now();
    try {
      const stream = await client.listen(
        { toolsListChanged: true },
        { timeout: NO_TIMEOUT_MS, signal },
      );
      options.onOpened();
      await stream.closed;
    } catch (reason) {
      // No way to ask for it: the server said so, and not we in its place.
      if (reason instanceof ProtocolError && faultOf(reason) === undefined) {
        tellInVain(options, reason);
        return;
      }
      // Anything else may pass; that the whole connection ended is told elsewhere.
    }
    failures = performance.now() - since >= WELL_MS ? 1 : failures + 1;
    await sleep(backoffMs(failures, options.backoff ?? BACKOFF), signal).catch(() => undefined);
  }
}

function tellInVain(options: ChangeListenerOptions, reason: Error): void {
  const { notify, signal, onRefused } = options;
  onRefused();
  if (signal.aborted) return;
  const why = visibleLine(describe(reason));
  notify('no-list-changes', `changes of its tools will not be noticed: ${why}`);
}
