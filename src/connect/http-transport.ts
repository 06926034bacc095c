import {
  SdkHttpError,
  StreamableHTTPClientTransport,
  UnauthorizedError,
  type JSONRPCMessage,
  type TransportSendOptions,
} from '@modelcontextprotocol/client';
import { deferred } from '../base/deferred.ts';
import { describe, HostError } from '../base/errors.ts';
import { visibleLine } from '../base/visible.ts';
import type { ServerId } from '../call/names.ts';
import { CallFault } from './call-fault.ts';
import { EXCHANGE_HEADER, Exchanges, type Exchange } from './http-exchanges.ts';
import { HttpFetch } from './http-fetch.ts';
import { statusFault } from './http-status.ts';
import type { MessageId } from './message-id.ts';
import { isNeverConnected, networkWords } from './network-error.ts';
import { OwnStream } from './own-stream.ts';
import type { WireTransport } from './wire-transport.ts';

export interface HttpTransportOptions {
  readonly server: ServerId;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Largest body and largest event, in bytes after decompression. A larger one fails the one request it answers. */
  readonly maxMessageBytes: number;
}

/** How long a response may stay open after its answer, ms; how long a farewell to the server, or a question of ours to it, may take, ms. */
const LINGER_MS = 1_000;
const FAREWELL_MS = 1_000;
const QUESTION_MS = 2_000;

/**
 * The SDK's Streamable HTTP transport, with an end to every request: a response that is too large, that breaks off, or that ends without an answer fails its own
 * request at once, and says why.
 */
export class HttpTransport extends StreamableHTTPClientTransport implements WireTransport {
  onfault: ((id: MessageId, fault: CallFault) => void) | undefined;
  onreopened: (() => void) | undefined;
  readonly ended: Promise<HostError>;

  readonly #options: HttpTransportOptions;
  readonly #server: ServerId;
  readonly #http: HttpFetch;
  readonly #exchanges: Exchanges;
  readonly #lost = deferred<HostError>();
  #question: Promise<boolean> | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: HttpTransportOptions) {
    const exchanges = new Exchanges();
    const stream = new OwnStream();
    const tooLarge = (): CallFault => {
      const text = `server "${options.server}" sent an answer of more than ${options.maxMessageBytes} bytes (limits.maxResultBytes)`;
      return new CallFault('too-large', text, { ran: 'yes' });
    };
    const http = new HttpFetch({
      maxMessageBytes: options.maxMessageBytes,
      tooLarge,
      observe: (headers) => exchanges.observer(headers) ?? stream.observer(headers),
    });
    super(options.url, { fetch: http.fetch, requestInit: { headers: { ...options.headers } } });
    this.#options = options;
    this.#server = options.server;
    this.#http = http;
    this.#exchanges = exchanges;
    this.ended = this.#lost.promise;
    stream.onreopened = () => this.onreopened?.();
    stream.onlost = (how) => {
      const code = 'connection-lost';
      this.#lose(new HostError(code, `server "${this.#server}" went away: ${how}`));
    };
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
      throw await this.#explain(reason, exchange);
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
    if (this.sessionId !== undefined) await this.#farewell();
    await this.#http.close();
  }

  /** The SDK's own way to end a session does not work on a transport that is closed, and before that the calls in flight would wait for it. */
  async #farewell(): Promise<void> {
    const init: RequestInit = { method: 'DELETE', headers: this.#sessionHeaders() };
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

  async #explain(reason: unknown, exchange: Exchange): Promise<unknown> {
    if (reason instanceof CallFault) return reason;
    const { facts } = exchange;
    if (reason instanceof SdkHttpError || reason instanceof UnauthorizedError) {
      const body: unknown = reason instanceof SdkHttpError ? reason.data['text'] : undefined;
      const status = reason instanceof SdkHttpError ? reason.data.status : 401;
      const isLost = status === 400 && this.sessionId !== undefined && (await this.#isForgotten());
      const fault = statusFault(this.#server, {
        // What the protocol asks a server to say of a session that it does not know.
        status: isLost ? 404 : status,
        body: typeof body === 'string' ? body : '',
        retryAfterMs: facts?.retryAfterMs,
        location: facts?.location,
        hasSession: this.sessionId !== undefined,
      });
      if (fault.fault === 'session-lost') this.#lose(fault);
      return fault;
    }
    if (facts !== undefined) {
      const text = `server "${this.#server}" answered with HTTP ${facts.status} and a body that could not be used: ${visibleLine(describe(reason))}`;
      return new CallFault('invalid-reply', text, { ran: 'unknown', cause: reason });
    }
    const never = isNeverConnected(reason);
    const text = `server "${this.#server}" could not be reached: ${networkWords(reason)}`;
    const fault = new CallFault('connection-lost', text, {
      ran: never ? 'no' : 'unknown',
      cause: reason,
    });
    if (never) this.#lose(fault);
    return fault;
  }

  /** After the call at hand has been told: the end of the connection is news for the others. */
  #lose(reason: HostError): void {
    setImmediate(() => {
      this.#lost.resolve(reason);
    });
  }

  /** Many servers answer 400 where the protocol asks for 404: another request of the session tells. One question at a time, whoever asks. */
  #isForgotten(): Promise<boolean> {
    this.#question ??= this.#ask().finally(() => {
      this.#question = undefined;
    });
    return this.#question;
  }

  async #ask(): Promise<boolean> {
    const signal = AbortSignal.timeout(QUESTION_MS);
    const headers = {
      ...this.#sessionHeaders(),
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
    };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 'mcp-fanout-question', method: 'ping' });
    try {
      const url = this.#options.url;
      const response = await this.#http.fetch(url, { method: 'POST', headers, body, signal });
      await response.body?.cancel();
      return response.status === 400 || response.status === 404;
    } catch {
      // No answer is no proof.
      return false;
    }
  }

  #sessionHeaders(): Record<string, string> {
    const version = this.protocolVersion;
    return {
      ...this.#options.headers,
      ...(this.sessionId !== undefined && { 'mcp-session-id': this.sessionId }),
      ...(version !== undefined && { 'mcp-protocol-version': version }),
    };
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
