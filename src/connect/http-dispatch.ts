import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { HostError } from '../base/errors.ts';
import { isCompressed } from './http-encoding.ts';
import { headerText } from './http-facts.ts';
import { Inflation } from './http-inflation.ts';

/** Hears one response, in the order in which these stand here; `onend` or `onbroken` is the last, and comes once. */
export interface ResponseListener {
  onhead(status: number, headers: IncomingHttpHeaders): void;
  /** A part of the body, as it was before it was compressed. */
  onbody(chunk: Buffer): void;
  onend(): void;
  onbroken(reason: Error): void;
}

const DROPPED = new HostError('aborted', 'the request is over');

/**
 * One request in the hands of undici. What comes is told in a microtask: undici calls from within its parser, and whoever sent another request from there, or read
 * from another connection, would find the parser in use.
 */
export class DispatchedRequest implements Dispatcher.DispatchHandler {
  /** Gone when there is nothing more to be told. */
  #listener: ResponseListener | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #headers: IncomingHttpHeaders | undefined;
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
    return this.#controller !== undefined;
  }

  /** Nothing more is told; unless the response has ended, its connection is closed. */
  drop(): void {
    this.#listener = undefined;
    this.#chunks = [];
    this.#inflation?.[Symbol.dispose]();
    this.#controller?.abort(DROPPED);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Nothing of it has left.
    if (this.#listener === undefined) controller.abort(DROPPED);
    else this.#controller = controller;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    // Those before 200 come before the response proper.
    if (status < 200) return;
    this.#status = status;
    this.#headers = headers;
    this.#schedule();
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#schedule();
  }

  onResponseEnd(): void {
    this.#ending = null;
    this.#schedule();
  }

  onResponseError(_controller: Dispatcher.DispatchController, reason: Error): void {
    this.#ending = reason;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#listener === undefined) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
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

  #tellHead(headers: IncomingHttpHeaders): void {
    this.#headers = undefined;
    const encoding = headerText(headers['content-encoding']);
    if (isCompressed(encoding)) {
      this.#inflation = new Inflation(encoding, {
        onbody: (chunk) => this.#listener?.onbody(chunk),
        onend: (reason) => {
          this.#end(reason);
        },
        pause: () => this.#controller?.pause(),
        resume: () => this.#controller?.resume(),
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
      this.#controller?.abort(DROPPED);
    }
    if (reason === null) listener?.onend();
    else listener?.onbroken(reason);
  }
}
