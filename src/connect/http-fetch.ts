import { PassThrough, pipeline, type Readable, type Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { Agent, request, type Dispatcher } from 'undici';
import { onAbort } from '../base/abort.ts';
import { HostError } from '../base/errors.ts';
import { sendAuthorized, type Credentials } from './oauth/credentials.ts';
import { EventSizes } from './sse-limit.ts';

/** What a server answered, before its body: of use where the SDK throws it away. */
export interface HttpFacts {
  readonly status: number;
  readonly contentType: string;
  /** From `Retry-After`, ms. */
  readonly retryAfterMs: number | undefined;
  /** From `Location`, as sent: where a redirect leads. */
  readonly location: string | undefined;
}

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

/** An error's text is for people: no more of it is read. */
const MAX_ERROR_BYTES = 16 * 1_024;

/**
 * A `fetch` for the SDK's transports over one connection pool, without its costs and dangers: sizes are limited after decompression, no time limit of its own
 * cuts a long call, no redirect is followed, and a signal shared by many requests is left without listeners once they are over.
 */
export class HttpFetch {
  readonly #options: HttpFetchOptions;
  /** Time is the caller's: a tool may think for longer than any default. */
  readonly #agent = new Agent({ headersTimeout: 0, bodyTimeout: 0, keepAliveTimeout: 30_000 });

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
      headers.set('accept-encoding', 'gzip, deflate, br');
      const { signal } = exchange;
      const send = (headers: Headers): Promise<Dispatcher.ResponseData> =>
        request(url, {
          method: init.method ?? 'GET',
          headers: Object.fromEntries(headers),
          body: typeof init.body === 'string' ? init.body : null,
          dispatcher: this.#agent,
          signal,
        });
      const { credentials } = this.#options;
      const response =
        credentials === undefined
          ? await send(headers)
          : await sendAuthorized({ url, headers, signal, credentials, send });
      raw = response.body;
      const responseHeaders = readHeaders(response.headers);
      observer?.onResponse(factsOf(response.statusCode, responseHeaders));
      const body = decompress(response.body, responseHeaders.get('content-encoding'));
      const result = { status: response.statusCode, headers: responseHeaders };
      return await this.#respond(body, result, exchange);
    } catch (reason) {
      raw?.destroy();
      exchange.end(reason instanceof Error ? reason : new Error(String(reason)));
      throw reason;
    }
  };

  /** Ends all requests and connections. */
  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #respond(
    body: Readable,
    result: { readonly status: number; readonly headers: Headers },
    exchange: Exchange,
  ): Promise<Response> {
    const { maxMessageBytes, tooLarge } = this.#options;
    const { status, headers } = result;
    if (status >= 200 && status < 300 && isEventStream(headers)) {
      return new Response(streamEvents(body, this.#options, exchange), result);
    }
    const isGood = status >= 200 && status < 300;
    const bytes = await readAll(body, isGood ? maxMessageBytes : MAX_ERROR_BYTES);
    if (isGood && bytes.cut) throw tooLarge();
    exchange.end(undefined);
    const mayHaveBody = status !== 204 && status !== 205 && status !== 304;
    return new Response(mayHaveBody ? bytes.whole : null, result);
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

function isEventStream(headers: Headers): boolean {
  return (
    (headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ===
    'text/event-stream'
  );
}

function factsOf(status: number, headers: Headers): HttpFacts {
  return {
    status,
    contentType: headers.get('content-type') ?? '',
    retryAfterMs: parseRetryAfter(headers.get('retry-after')),
    location: headers.get('location') ?? undefined,
  };
}

/** `Retry-After` as ms from now: a number of seconds or a date; nothing for anything else. At most a day. */
function parseRetryAfter(value: string | null): number | undefined {
  if (value === null) return undefined;
  const ms = /^\d{1,9}$/.test(value.trim())
    ? Number(value) * 1_000
    : Date.parse(value) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), 86_400_000);
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

function decompress(body: Readable, encoding: string | null): Readable {
  const stages = (encoding ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '' && name !== 'identity')
    .map(decoder);
  if (stages.length === 0) return body;
  if (stages.length > 2)
    throw new HostError('protocol', 'the answer is compressed more than twice');
  const last = new PassThrough();
  // The error, if any, arrives at whoever reads the last stage.
  pipeline([body, ...stages.toReversed(), last], () => undefined);
  return last;
}

function decoder(encoding: string): Transform {
  switch (encoding) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip();
    case 'deflate':
      return createInflate();
    case 'br':
      return createBrotliDecompress();
    default:
      throw new HostError(
        'protocol',
        `the answer has the content encoding "${encoding}", which was not asked for`,
      );
  }
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
