import {
  SdkHttpError,
  StreamableHTTPClientTransport,
  type JSONRPCMessage,
  type TransportSendOptions,
} from '@modelcontextprotocol/client';
import { deferred } from '../base/deferred.ts';
import { describe, HostError } from '../base/errors.ts';
import { MAX_TIMER_MS } from '../base/timer.ts';
import { visibleLine } from '../base/visible.ts';
import type { ServerId } from '../call/names.ts';
import { CallFault } from './call-fault.ts';
import { refusedStatus } from './connect-failure.ts';
import { EXCHANGE_HEADER, Exchanges, type Exchange } from './http-exchanges.ts';
import { HttpFetch } from './http-fetch.ts';
import { statusFault } from './http-status.ts';
import { cancelledId, type MessageId } from './message-id.ts';
import { isBrokenConnection, isNeverConnected, networkWords } from './network-error.ts';
import type { Authorization } from './oauth/authorization.ts';
import { authorizationFault } from './oauth/problem.ts';
import { OwnStream } from './own-stream.ts';
import type { WireTransport } from './wire-transport.ts';

export interface HttpTransportOptions {
  readonly server: ServerId;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Largest body and largest event, in bytes after decompression. A larger one fails the one request it answers. */
  readonly maxMessageBytes: number;
  /** Absent where OAuth is not used. */
  readonly authorization: Authorization | undefined;
}

/** How long a response may stay open after its answer, ms; how long a farewell to the server or a word that a request is taken back, or a question of ours, may take, ms. */
const LINGER_MS = 1_000;
const FAREWELL_MS = 1_000;
const QUESTION_MS = 2_000;
/** Shortest wait before an answer is resumed, ms. */
const RESUME_MS = 50;

/**
 * The SDK's Streamable HTTP transport, with an end to every request: a response that is too large, that breaks off, or that ends without an answer fails its own
 * request at once, and says why.
 */
export class HttpTransport extends StreamableHTTPClientTransport implements WireTransport {
  onfault: ((id: MessageId, fault: CallFault) => void) | undefined;
  onstream: WireTransport['onstream'];
  readonly ended: Promise<HostError>;

  readonly #options: HttpTransportOptions;
  readonly #server: ServerId;
  readonly #http: HttpFetch;
  readonly #exchanges: Exchanges;
  readonly #stream: OwnStream;
  /** Answers that are to be resumed. */
  readonly #resumptions: ReadonlySet<NodeJS.Timeout>;
  readonly #lost = deferred<HostError>();
  #question: Promise<boolean> | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: HttpTransportOptions) {
    const exchanges = new Exchanges();
    const stream = new OwnStream({
      open: () => super.resumeStream(''),
      onOpened: () => this.onstream?.('opened'),
      onRefused: () => this.onstream?.('none'),
      onLost: (how) => {
        const text = `server "${options.server}" went away: ${how}`;
        this.#lose(new HostError('connection-lost', text));
      },
    });
    const tooLarge = (): CallFault => {
      const text = `server "${options.server}" sent an answer of more than ${options.maxMessageBytes} bytes (limits.maxMessageBytes)`;
      return new CallFault('too-large', text, { ran: 'yes' });
    };
    const http = new HttpFetch({
      maxMessageBytes: options.maxMessageBytes,
      tooLarge,
      observe: (headers) => exchanges.observer(headers) ?? stream.observer(headers),
      credentials: options.authorization,
    });
    const resumptions = new Set<NodeJS.Timeout>();
    super(options.url, {
      fetch: http.fetch,
      requestInit: { headers: { ...options.headers } },
      reconnectionScheduler: (resume, delayMs) => {
        if (!stream.takes(resume, delayMs)) resumeLater(resumptions, resume, delayMs);
      },
    });
    this.#options = options;
    this.#server = options.server;
    this.#http = http;
    this.#exchanges = exchanges;
    this.#stream = stream;
    this.#resumptions = resumptions;
    this.ended = this.#lost.promise;
  }

  override async send(message: JSONRPCMessage, options?: TransportSendOptions): Promise<void> {
    if (!('method' in message) || !('id' in message)) return this.#tell(message, options);
    const exchange = this.#exchanges.open(message.id, options?.requestSignal);
    exchange.onbroken = (reason) => {
      // Too large: there is nothing to resume, and nothing more to read.
      if (reason instanceof CallFault) this.#fail(exchange, reason);
    };
    try {
      const sending = {
        ...sendOptions(options),
        headers: { ...options?.headers, [EXCHANGE_HEADER]: exchange.key },
        requestSignal: exchange.link.signal,
        onRequestStreamEnd: () => {
          options?.onRequestStreamEnd?.();
          this.#fail(exchange, this.#streamEnded());
        },
      };
      await this.#stream.outside(() => super.send(message, sending));
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
    this.#stream.close();
    for (const timer of this.#resumptions) clearTimeout(timer);
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

  /** Sends what is no request. The response of a request that is taken back is let go then, whatever the server makes of the word. */
  async #tell(message: JSONRPCMessage, options: TransportSendOptions | undefined): Promise<void> {
    const id = cancelledId(message);
    const exchange = id === undefined ? undefined : this.#exchanges.byId(id);
    const drop = (): void => {
      if (exchange !== undefined) this.#exchanges.close(exchange);
    };
    const timer = exchange && setTimeout(drop, FAREWELL_MS);
    try {
      // On the word that all is initialised, the SDK opens the stream.
      await this.#stream.run(() => super.send(message, sendOptions(options)));
    } finally {
      clearTimeout(timer);
      drop();
    }
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
    const status = refusedStatus(reason);
    if (status !== undefined) {
      const body: unknown = reason instanceof SdkHttpError ? reason.data['text'] : undefined;
      const { problem } = this.#options.authorization ?? {};
      if (problem !== undefined && (status === 401 || status === 403)) {
        return authorizationFault(problem);
      }
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
    if (facts !== undefined && isBrokenConnection(reason)) {
      const text = `server "${this.#server}" broke off in the middle of its answer: ${networkWords(reason)}`;
      return new CallFault('connection-lost', text, { ran: 'unknown', cause: reason });
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

/** The SDK itself forgets all but one of these timers, takes a delay that is too long for one for none, and asks as often as a server wants that. */
function resumeLater(timers: Set<NodeJS.Timeout>, resume: () => void, delayMs: number): void {
  const timer = setTimeout(
    () => {
      timers.delete(timer);
      resume();
    },
    Math.min(Math.max(delayMs, RESUME_MS), MAX_TIMER_MS),
  );
  timers.add(timer);
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
