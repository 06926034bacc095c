import { constants } from 'node:buffer';
import {
  SdkHttpError,
  StreamableHTTPClientTransport,
  type JSONRPCMessage,
  type TransportSendOptions,
} from '@modelcontextprotocol/client';
import { linkAbort } from '../base/abort.ts';
import { deferred } from '../base/deferred.ts';
import { HostError } from '../base/errors.ts';
import type { ServerId } from '../call/names.ts';
import { CallFault } from './call-fault.ts';
import { refusedStatus } from './connect-failure.ts';
import { FAREWELL_MS, LINGER_MS } from './http-call.ts';
import { EXCHANGE_HEADER, Exchanges, type Exchange } from './http-exchanges.ts';
import { HttpFaults } from './http-faults.ts';
import { HttpFetch } from './http-fetch.ts';
import { RequestHeaders } from './http-headers.ts';
import { targetOf } from './http-lane-ports.ts';
import { HttpLane } from './http-lane.ts';
import { boundedResumeMs } from './http-resumption.ts';
import { cancelledId, type MessageId } from './message-id.ts';
import type { Authorization } from './oauth/authorization.ts';
import { OwnStream } from './own-stream.ts';
import { SessionQuestion } from './session-question.ts';
import type { Posted, PostedRequest, WireTransport } from './wire-transport.ts';

export interface HttpTransportOptions {
  readonly server: ServerId;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Largest body and largest event, in bytes after decompression. A larger one fails the one request it answers. */
  readonly maxMessageBytes: number;
  /** Absent where OAuth is not used. */
  readonly authorization: Authorization | undefined;
}

/**
 * The SDK's Streamable HTTP transport, with an end to every request: a response that is too large, that breaks off, or that ends without an answer fails its own
 * request at once, and says why.
 */
export class HttpTransport extends StreamableHTTPClientTransport implements WireTransport {
  onfault: ((id: MessageId, fault: CallFault) => void) | undefined;
  onstream: WireTransport['onstream'];
  onposted: WireTransport['onposted'];
  readonly ended: Promise<HostError>;

  readonly #options: HttpTransportOptions;
  readonly #http: HttpFetch;
  readonly #faults: HttpFaults;
  readonly #exchanges: Exchanges;
  readonly #lane: HttpLane;
  readonly #stream: OwnStream;
  /** Answers that are to be resumed. */
  readonly #resumptions: ReadonlySet<NodeJS.Timeout>;
  readonly #lost = deferred<HostError>();
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
    const question = new SessionQuestion((init) => this.#ask(init));
    const faults = new HttpFaults({
      ...options,
      hasSession: () => this.sessionId !== undefined,
      isForgotten: () => question.isForgotten(),
      onLost: (reason) => {
        this.#lose(reason);
      },
    });
    const http = new HttpFetch({
      maxMessageBytes: options.maxMessageBytes,
      tooLarge: () => faults.tooLarge(),
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
    this.#http = http;
    this.#faults = faults;
    this.#lane = this.#openLane();
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
          this.#fail(exchange, this.#faults.streamEnded());
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
      this.#fail(exchange, this.#faults.streamEnded());
    }
  }

  post(request: PostedRequest): Posted {
    return this.#lane.post(request);
  }

  settled(id: MessageId): void {
    if (this.#lane.settled(id)) return;
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
    this.#lane.close();
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

  /** Sends what is no request. */
  async #tell(message: JSONRPCMessage, options: TransportSendOptions | undefined): Promise<void> {
    const id = cancelledId(message);
    if (id !== undefined) return await this.#takeBack(id, message);
    // On the word that all is initialised, the SDK opens the stream.
    await this.#stream.run(() => super.send(message, sendOptions(options)));
  }

  /** The response of a request that is taken back is let go then, whatever the server makes of the word; so is the word itself. */
  async #takeBack(id: MessageId, message: JSONRPCMessage): Promise<void> {
    const exchange = this.#exchanges.byId(id);
    using limit = linkAbort(undefined);
    const timer = setTimeout(() => {
      limit.abort(new HostError('aborted', 'the server does not take the word'));
    }, FAREWELL_MS);
    try {
      await super.send(message, { requestSignal: limit.signal });
    } finally {
      clearTimeout(timer);
      if (exchange !== undefined) this.#exchanges.close(exchange);
    }
  }

  #fail(exchange: Exchange, fault: CallFault): void {
    if (!this.#exchanges.close(exchange)) return;
    this.onfault?.(exchange.id, fault);
  }

  async #explain(reason: unknown, { facts }: Exchange): Promise<unknown> {
    if (reason instanceof CallFault) return reason;
    const status = refusedStatus(reason);
    if (status !== undefined) {
      const body: unknown = reason instanceof SdkHttpError ? reason.data['text'] : undefined;
      return await this.#faults.refused(status, facts, typeof body === 'string' ? body : '');
    }
    if (facts !== undefined) return this.#faults.unusable(reason, facts);
    return this.#faults.unreached(reason, true);
  }

  #openLane(): HttpLane {
    const { url, headers, maxMessageBytes, authorization } = this.#options;
    return new HttpLane({
      target: targetOf(url),
      pool: this.#http.pool,
      // Never more than one text can hold.
      maxMessageBytes: Math.min(maxMessageBytes, constants.MAX_STRING_LENGTH),
      headers: new RequestHeaders(headers),
      session: () => this,
      credentials: authorization?.covers(url) === true ? authorization : undefined,
      faults: this.#faults,
      onmessage: (message, id) => {
        if (this.onposted === undefined) this.onmessage?.(message as JSONRPCMessage);
        else this.onposted(message, id);
      },
      onfault: (id, fault) => this.onfault?.(id, fault),
      tellWithdrawn: (requestId, reason) => {
        const params = { requestId, reason };
        const message = { jsonrpc: '2.0', method: 'notifications/cancelled', params } as const;
        return this.#takeBack(requestId, message);
      },
    });
  }

  /** After the call at hand has been told: the end of the connection is news for the others. */
  #lose(reason: HostError): void {
    setImmediate(() => {
      this.#lost.resolve(reason);
    });
  }

  #ask(init: RequestInit): Promise<Response> {
    const headers = { ...this.#sessionHeaders(), ...(init.headers as Record<string, string>) };
    return this.#http.fetch(this.#options.url, { ...init, headers });
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
  const timer = setTimeout(() => {
    timers.delete(timer);
    resume();
  }, boundedResumeMs(delayMs));
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
