import type { Readable } from 'node:stream';
import { request, type Dispatcher } from 'undici';
import { onAbort } from '../base/abort.ts';
import { HostError } from '../base/errors.ts';
import { ACCEPTED_ENCODINGS, decompress } from './http-encoding.ts';
import { factsOf, headerText, isEventStream, isSuccess, type HttpFacts } from './http-facts.ts';
import { openPool } from './http-pool.ts';
import { MAX_ERROR_BYTES } from './http-status.ts';
import { sendAuthorized, type Credentials } from './oauth/credentials.ts';
import { EventSizes } from './sse-limit.ts';

/** One request's own ends: told what was answered, and when the whole of it is over. */
export interface HttpObserver {
  onResponse(facts: HttpFacts): void;
  /** Once; `reason` when it broke off or was too large. */
  onEnd(reason: Error | undefined): void;
}

export interface HttpFetchOptions {
  /** Largest body, and largest event of an event stream, in bytes, after decompression. */
  readonly maxMessageBytes: number;
  /** Makes the error for a body or an event over the limit. */
  readonly tooLarge: () => HostError;
  /** Finds the observer of a request by its headers, and removes what only it understands. */
  readonly observe?: (headers: Headers) => HttpObserver | undefined;
  /** Where requests get access tokens from. Default: there are none. */
  readonly credentials?: Credentials | undefined;
}

/**
 * A `fetch` for the SDK's transports over one connection pool, without its costs and dangers: sizes are limited after decompression, no time limit of its own
 * cuts a long call, no redirect is followed, and a signal shared by many requests is left without listeners once they are over.
 */
export class HttpFetch {
  readonly #options: HttpFetchOptions;
  /** For what is sent beside this function: the connections are the same. */
  readonly pool = openPool();

  constructor(options: HttpFetchOptions) {
    this.#options = options;
  }

  /** The function to hand out. Rejects with the network's error, the signal's reason, or the error of `tooLarge`. */
  readonly fetch = async (url: string | URL, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers);
    const observer = this.#options.observe?.(headers);
    const exchange = new Exchange(init.signal ?? undefined, observer);
    let raw: Readable | undefined;
    try {
      headers.set('accept-encoding', ACCEPTED_ENCODINGS);
      const { signal } = exchange;
      const send = (headers: Headers): Promise<Dispatcher.ResponseData> =>
        request(url, {
          method: init.method ?? 'GET',
          headers: Object.fromEntries(headers),
          body: typeof init.body === 'string' ? init.body : null,
          dispatcher: this.pool,
          signal,
        });
      const { credentials } = this.#options;
      const response =
        credentials === undefined
          ? await send(headers)
          : await sendAuthorized({ url, headers, signal, credentials, send });
      raw = response.body;
      const facts = factsOf(response.statusCode, response.headers);
      observer?.onResponse(facts);
      const body = decompress(raw, headerText(response.headers['content-encoding']));
      return await this.#respond(body, { facts, headers: readHeaders(response.headers) }, exchange);
    } catch (reason) {
      // Why it is given up is said already.
      raw?.on('error', () => undefined).destroy();
      exchange.end(reason instanceof Error ? reason : new Error(String(reason)));
      throw reason;
    }
  };

  /** Ends all requests and connections. */
  async close(): Promise<void> {
    await this.pool.destroy();
  }

  async #respond(
    body: Readable,
    { facts, headers }: { readonly facts: HttpFacts; readonly headers: Headers },
    exchange: Exchange,
  ): Promise<Response> {
    const { maxMessageBytes, tooLarge } = this.#options;
    const { status } = facts;
    const isGood = isSuccess(status);
    if (isGood && isEventStream(facts.contentType)) {
      return new Response(streamEvents(body, this.#options, exchange), { status, headers });
    }
    const bytes = await readAll(body, isGood ? maxMessageBytes : MAX_ERROR_BYTES);
    if (isGood && bytes.cut) throw tooLarge();
    exchange.end(undefined);
    const mayHaveBody = status !== 204 && status !== 205 && status !== 304;
    return new Response(mayHaveBody ? bytes.whole : null, { status, headers });
  }
}

/** One request with a signal of its own, which follows the caller's only while the request lives. */
class Exchange {
  readonly #controller = new AbortController();
  readonly #observer: HttpObserver | undefined;
  readonly #unfollow: () => void;
  #ended = false;

  constructor(signal: AbortSignal | undefined, observer: HttpObserver | undefined) {
    this.#observer = observer;
    this.#unfollow = onAbort(signal, (reason) => {
      this.#controller.abort(reason);
    });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  end(reason: Error | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#unfollow();
    this.#observer?.onEnd(reason);
  }
}

function readHeaders(raw: Dispatcher.ResponseData['headers']): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(raw)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined) headers.append(name, one);
    }
  }
  return headers;
}

async function readAll(
  body: Readable,
  maxBytes: number,
): Promise<{ readonly whole: Uint8Array<ArrayBuffer>; readonly cut: boolean }> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) {
      chunks.push(chunk.subarray(0, chunk.length - (bytes - maxBytes)));
      // Leaving the loop destroys the body, and with it the connection: the rest is not read.
      return { whole: new Uint8Array(Buffer.concat(chunks)), cut: true };
    }
    chunks.push(chunk);
  }
  return { whole: new Uint8Array(Buffer.concat(chunks)), cut: false };
}

function streamEvents(
  body: Readable,
  options: HttpFetchOptions,
  exchange: Exchange,
): ReadableStream<Uint8Array> {
  const sizes = new EventSizes(options.maxMessageBytes);
  const chunks = (body as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  const fail = async (reason: Error): Promise<void> => {
    exchange.end(reason);
    body.destroy();
    await chunks.return?.();
  };
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const next = await chunks.next();
        if (next.done === true) {
          exchange.end(undefined);
          controller.close();
        } else if (sizes.accept(next.value)) controller.enqueue(new Uint8Array(next.value));
        else throw options.tooLarge();
      } catch (reason) {
        const error = reason instanceof Error ? reason : new Error(String(reason));
        await fail(error);
        controller.error(error);
      }
    },
    async cancel() {
      await fail(new HostError('aborted', 'the stream was cancelled'));
    },
  });
}
