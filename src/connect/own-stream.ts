import type { HttpObserver } from './http-fetch.ts';
import { isNeverConnected, networkWords } from './network-error.ts';

/**
 * Watches the event streams that are opened by GET: the one on which a server of the old era speaks by itself, and resumed answers. The SDK opens
 * them again when they break, and tells nobody; what it finds then says whether the session is still there.
 */
export class OwnStream {
  /** A stream was opened after an earlier one had been: what was said in between is lost. */
  onreopened: (() => void) | undefined;
  /** The server is not there any more, or does not know the session. */
  onlost: ((how: string) => void) | undefined;
  #opened = 0;

  observer(headers: Headers): HttpObserver | undefined {
    if (headers.get('accept') !== 'text/event-stream') return undefined;
    return {
      onResponse: ({ status }) => {
        if (status >= 200 && status < 300) {
          this.#opened += 1;
          if (this.#opened > 1) this.onreopened?.();
        } else if (this.#opened > 0 && (status === 404 || status === 400)) {
          // A server without such a stream says so from the beginning.
          this.onlost?.(`it no longer knows our session (HTTP ${status})`);
        }
      },
      onEnd: (reason) => {
        if (isNeverConnected(reason)) this.onlost?.(networkWords(reason));
      },
    };
  }
}
