import type { Dispatcher } from 'undici';
import { HostError } from '../base/errors.ts';
import { isCompressed } from './http-encoding.ts';
import { rawHeader, type RawHeaders } from './http-facts.ts';
import { Inflation } from './http-inflation.ts';

/** Hears one response, in the order in which these stand here; `onend` or `onbroken` is the last, and comes once. */
export interface ResponseListener {
  onhead(status: number, headers: RawHeaders): void;
  /** A part of the body, as it was before it was compressed. */
  onbody(chunk: Buffer): void;
  onend(): void;
  onbroken(reason: Error): void;
}

const DROPPED = new HostError('aborted', 'the request is over');
/** What is chained to it runs in a microtask; `queueMicrotask` makes four objects more. */
const NOW = Promise.resolve();

/**
 * One request in the hands of undici. What comes is told in a microtask: undici calls from within its parser, and whoever sent another request from there, or read
 * from another connection, would find the parser in use.
 *
 * These are undici's older handler methods: around one with the newer ones it puts two more objects, and makes a record of all headers, of which two are read here.
 */
export class DispatchedRequest implements Dispatcher.DispatchHandler {
  /** Gone when there is nothing more to be told. */
  #listener: ResponseListener | undefined;
  #abort: ((reason: Error) => void) | undefined;
  #resume: (() => void) | undefined;
  #isPaused = false;
  #status = 0;
  #headers: RawHeaders | undefined;
  #chunks: Buffer[] = [];
  /** How it ended: `null` is well. */
  #ending: Error | null | undefined;
  #isScheduled = false;
  #inflation: Inflation | undefined;

  constructor(listener: ResponseListener) {
    this.#listener = listener;
  }

  /** Whether anything of it can have left. */
  get isSent(): boolean {
    return this.#abort !== undefined;
  }

  /** Nothing more is told; unless the response has ended, its connection is closed. */
  drop(): void {
    this.#listener = undefined;
    this.#chunks = [];
    this.#inflation?.[Symbol.dispose]();
    if (this.#ending === undefined) this.#abort?.(DROPPED);
  }

  onConnect(abort: (reason?: Error) => void): void {
    // Nothing of it has left.
    if (this.#listener === undefined) abort(DROPPED);
    else this.#abort = abort;
  }

  onHeaders(status: number, headers: Buffer[], resume: () => void): boolean {
    // Those before 200 come before the response proper.
    if (status >= 200) {
      this.#status = status;
      this.#headers = headers;
      this.#resume = resume;
      this.#schedule();
    }
    return true;
  }

  onData(chunk: Buffer): boolean {
    this.#chunks.push(chunk);
    this.#schedule();
    return !this.#isPaused;
  }

  onComplete(): void {
    this.#ending = null;
    this.#schedule();
  }

  onError(reason: Error): void {
    this.#ending = reason;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#listener === undefined) return;
    this.#isScheduled = true;
    void NOW.then(() => {
      this.#isScheduled = false;
      this.#tell();
    });
  }

  #tell(): void {
    if (this.#headers !== undefined) this.#tellHead(this.#headers);
    const chunks = this.#chunks;
    this.#chunks = [];
    for (const chunk of chunks) {
      if (this.#inflation === undefined) this.#listener?.onbody(chunk);
      else this.#inflation.accept(chunk);
    }
    const ending = this.#ending;
    if (ending === undefined) return;
    if (ending === null && this.#inflation !== undefined) this.#inflation.end();
    else this.#end(ending);
  }

  #tellHead(headers: RawHeaders): void {
    this.#headers = undefined;
    const encoding = rawHeader(headers, 'content-encoding');
    if (isCompressed(encoding)) {
      this.#inflation = new Inflation(encoding, {
        onbody: (chunk) => this.#listener?.onbody(chunk),
        onend: (reason) => {
          this.#end(reason);
        },
        pause: () => {
          this.#isPaused = true;
        },
        resume: () => {
          if (!this.#isPaused) return;
          this.#isPaused = false;
          this.#resume?.();
        },
      });
    }
    this.#listener?.onhead(this.#status, headers);
  }

  #end(reason: Error | null): void {
    const listener = this.#listener;
    this.#listener = undefined;
    if (this.#inflation !== undefined) {
      this.#inflation[Symbol.dispose]();
      // There may be more than could be decompressed, and nobody for it.
      if (this.#ending === undefined) this.#abort?.(DROPPED);
    }
    if (reason === null) listener?.onend();
    else listener?.onbroken(reason);
  }
}
