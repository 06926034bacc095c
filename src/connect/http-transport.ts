import {
  SdkHttpError,
  StreamableHTTPClientTransport,
  UnauthorizedError,
  type JSONRPCMessage,
  type TransportSendOptions,
} from '@modelcontextprotocol/client';
import { linkAbort, onAbort, type LinkedAbort } from '../base/abort.ts';
import { deferred } from '../base/deferred.ts';
import { describe, HostError } from '../base/errors.ts';
import { visibleLine } from '../base/visible.ts';
import type { ServerId } from '../call/names.ts';
import { CallFault } from './call-fault.ts';
import { HttpFetch, type HttpFacts, type HttpObserver } from './http-fetch.ts';
import { statusFault } from './http-status.ts';
import type { MessageId } from './message-id.ts';
import { isNeverConnected, networkWords } from './network-error.ts';
import type { WireTransport } from './wire-transport.ts';

export interface HttpTransportOptions {
  readonly server: ServerId;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Largest body and largest event, in bytes after decompression. A larger one fails the one request it answers. */
  readonly maxMessageBytes: number;
}

/** Carries an exchange's number from `send` to `fetch`, through the SDK; it never leaves the process. */
const EXCHANGE_HEADER = 'x-mcp-fanout-exchange';
/** How long a response may stay open after its answer, ms; how long a farewell to the server may take, ms. */
const LINGER_MS = 1_000;
const FAREWELL_MS = 1_000;

/**
 * The SDK's Streamable HTTP transport, with an end to every request: a response that is too large, that breaks off, or that ends without an answer fails its own
 * request at once, and says why.
 */
export class HttpTransport extends StreamableHTTPClientTransport implements WireTransport {
  onfault: ((id: MessageId, fault: CallFault) => void) | undefined;
  readonly ended: Promise<HostError>;

  readonly #options: HttpTransportOptions;
  readonly #server: ServerId;
  readonly #http: HttpFetch;
  readonly #exchanges: Exchanges;
  readonly #lost = deferred<HostError>();
  #closed: Promise<void> | undefined;

  constructor(options: HttpTransportOptions) {
    const exchanges = new Exchanges();
    const tooLarge = (): CallFault => {
      const text = `server "${options.server}" sent an answer of more than ${options.maxMessageBytes} bytes (limits.maxResultBytes)`;
      return new CallFault('too-large', text, { ran: 'yes' });
    };
    const http = new HttpFetch({
      maxMessageBytes: options.maxMessageBytes,
      tooLarge,
      observe: (headers) => exchanges.observer(headers),
    });
    super(options.url, { fetch: http.fetch, requestInit: { headers: { ...options.headers } } });
    this.#options = options;
    this.#server = options.server;
    this.#http = http;
    this.#exchanges = exchanges;
    this.ended = this.#lost.promise;
  }

  override async send(message: JSONRPCMessage, options?: TransportSendOptions): Promise<void> {
    if (!('method' in message) || !('id' in message)) {
      await super.send(message, sendOptions(options));
      this.#dropCancelled(message);
      return;
    }
    const exchange = this.#exchanges.open(message.id, options?.requestSignal);
    exchange.onbroken = (reason) => {
      // Too large: there is nothing to resume, and nothing more to read.
      if (reason instanceof CallFault) this.#fail(exchange, reason);
    };
    try {
      await super.send(message, {
        ...sendOptions(options),
        headers: { ...options?.headers, [EXCHANGE_HEADER]: exchange.key },
        requestSignal: exchange.link.signal,
        onRequestStreamEnd:
          options?.onRequestStreamEnd ??
          ((): void => {
            this.#fail(exchange, this.#streamEnded());
          }),
      });
    } catch (reason) {
      this.#exchanges.close(exchange);
      // What the SDK decides by must reach it as it is: which era the server is of.
      if (message.method === 'server/discover' || message.method === 'initialize') throw reason;
      throw this.#explain(reason, exchange);
    }
    // Not a stream, and no answer in it: nothing more can come.
    if (exchange.facts !== undefined && !exchange.facts.contentType.includes('event-stream')) {
      this.#fail(exchange, this.#streamEnded());
    }
  }

  settled(id: MessageId): void {
    const exchange = this.#exchanges.byId(id);
    if (exchange === undefined) return;
    if (exchange.over) this.#exchanges.close(exchange);
    // A server may forget to end its response.
    else exchange.linger = setTimeout(() => this.#exchanges.close(exchange), LINGER_MS);
  }

  /** Ends all requests at once, says farewell to the server, for a second at most, and closes all connections. Never rejects. */
  override close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#exchanges.closeAll();
    await super.close();
    if (this.sessionId !== undefined) await this.#farewell(this.sessionId);
    await this.#http.close();
  }

  /** The SDK's own way to end a session does not work on a transport that is closed, and before that the calls in flight would wait for it. */
  async #farewell(session: string): Promise<void> {
    const headers = { ...this.#options.headers, 'mcp-session-id': session };
    const version = this.protocolVersion;
    const init: RequestInit = {
      method: 'DELETE',
      headers: version === undefined ? headers : { ...headers, 'mcp-protocol-version': version },
    };
    const ended = this.#http.fetch(this.#options.url, init);
    // A server that does not care about the farewell, or is gone, will notice by itself.
    const timer = deferred<void>();
    const timeout = setTimeout(timer.resolve, FAREWELL_MS);
    await Promise.race([ended.catch(() => undefined), timer.promise]);
    clearTimeout(timeout);
  }

  #dropCancelled(message: JSONRPCMessage): void {
    if (!('method' in message) || message.method !== 'notifications/cancelled') return;
    const id: unknown = message.params?.['requestId'];
    if (typeof id !== 'number' && typeof id !== 'string') return;
    const exchange = this.#exchanges.byId(id);
    if (exchange !== undefined) this.#exchanges.close(exchange);
  }

  #fail(exchange: Exchange, fault: CallFault): void {
    if (!this.#exchanges.close(exchange)) return;
    this.onfault?.(exchange.id, fault);
  }

  #streamEnded(): CallFault {
    const text = `server "${this.#server}" ended its response without an answer; the call may have run`;
    return new CallFault('stream-ended', text, { ran: 'unknown' });
  }

  #explain(reason: unknown, exchange: Exchange): unknown {
    if (reason instanceof CallFault) return reason;
    const { facts } = exchange;
    if (reason instanceof SdkHttpError || reason instanceof UnauthorizedError) {
      const body: unknown = reason instanceof SdkHttpError ? reason.data['text'] : undefined;
      const status = reason instanceof SdkHttpError ? reason.data.status : 401;
      const fault = statusFault(this.#server, {
        status,
        body: typeof body === 'string' ? body : '',
        retryAfterMs: facts?.retryAfterMs,
        location: facts?.location,
        hasSession: this.sessionId !== undefined,
      });
      if (fault.fault === 'session-lost') {
        // After this call has been told: the end of the connection is news for the others.
        setImmediate(() => {
          this.#lost.resolve(fault);
        });
      }
      return fault;
    }
    if (facts !== undefined) {
      const text = `server "${this.#server}" answered with HTTP ${facts.status} and a body that could not be used: ${visibleLine(describe(reason))}`;
      return new CallFault('invalid-reply', text, { ran: 'unknown', cause: reason });
    }
    const never = isNeverConnected(reason);
    const text = `server "${this.#server}" could not be reached: ${networkWords(reason)}`;
    return new CallFault('connection-lost', text, { ran: never ? 'no' : 'unknown', cause: reason });
  }
}

/** What the SDK passes, without what it sets to `undefined`. */
function sendOptions(options: TransportSendOptions | undefined): {
  readonly resumptionToken?: string;
  readonly onresumptiontoken?: (token: string) => void;
} {
  return {
    ...(options?.resumptionToken !== undefined && { resumptionToken: options.resumptionToken }),
    ...(options?.onresumptiontoken !== undefined && {
      onresumptiontoken: options.onresumptiontoken,
    }),
  };
}

/** One request and all that its answer comes over: a POST, and whatever the SDK resumes it by. */
interface Exchange {
  readonly id: MessageId;
  readonly key: string;
  /** Ends the exchange, for the SDK: deliberately. */
  readonly link: LinkedAbort;
  facts: HttpFacts | undefined;
  /** The response of the POST was read to its end. */
  over: boolean;
  onbroken: ((reason: Error) => void) | undefined;
  linger: NodeJS.Timeout | undefined;
}

/** The requests that are not over. */
class Exchanges {
  readonly #byKey = new Map<string, Exchange>();
  readonly #byId = new Map<MessageId, Exchange>();
  #count = 0;

  open(id: MessageId, signal: AbortSignal | undefined): Exchange {
    this.#count += 1;
    const exchange: Exchange = {
      id,
      key: String(this.#count),
      link: linkAbort(signal),
      facts: undefined,
      over: false,
      onbroken: undefined,
      linger: undefined,
    };
    this.#byKey.set(exchange.key, exchange);
    this.#byId.set(id, exchange);
    onAbort(exchange.link.signal, () => {
      this.close(exchange);
    });
    return exchange;
  }

  byId(id: MessageId): Exchange | undefined {
    return this.#byId.get(id);
  }

  observer(headers: Headers): HttpObserver | undefined {
    const exchange = this.#byKey.get(headers.get(EXCHANGE_HEADER) ?? '');
    headers.delete(EXCHANGE_HEADER);
    if (exchange === undefined) return undefined;
    return {
      onResponse: (facts) => {
        exchange.facts = facts;
      },
      onEnd: (reason) => {
        exchange.over = true;
        if (exchange.linger !== undefined) this.close(exchange);
        else if (reason !== undefined) exchange.onbroken?.(reason);
      },
    };
  }

  /** Ends an exchange. Returns whether it was open. */
  close(exchange: Exchange): boolean {
    if (!this.#byKey.delete(exchange.key)) return false;
    if (this.#byId.get(exchange.id) === exchange) this.#byId.delete(exchange.id);
    clearTimeout(exchange.linger);
    if (!exchange.over) exchange.link.abort(new HostError('aborted', 'the request is over'));
    exchange.link[Symbol.dispose]();
    return true;
  }

  closeAll(): void {
    for (const exchange of this.#byKey.values()) this.close(exchange);
  }
}
