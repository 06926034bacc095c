import { SSEClientTransport, type JSONRPCMessage } from '@modelcontextprotocol/client';
import { deferred } from '../base/deferred.ts';
import { describe, HostError } from '../base/errors.ts';
import { visibleLine } from '../base/visible.ts';
import { CallFault } from './call-fault.ts';
import { HttpFetch, type HttpObserver } from './http-fetch.ts';
import type { HttpTransportOptions } from './http-transport.ts';
import type { MessageId } from './message-id.ts';
import { refusedStatus } from './connect-failure.ts';
import { authorizationFault } from './oauth/problem.ts';
import { isBrokenConnection, isNeverConnected, networkWords } from './network-error.ts';
import type { WireTransport } from './wire-transport.ts';

/** The transport of 2024-11-05: one event stream for everything the server says. When the stream ends, so does the session: what is in flight is lost. */
export class SseTransport extends SSEClientTransport implements WireTransport {
  onfault: ((id: MessageId, fault: CallFault) => void) | undefined;
  onstream: WireTransport['onstream'];
  readonly ended: Promise<HostError>;

  readonly #server: string;
  readonly #authorization: HttpTransportOptions['authorization'];
  readonly #http: HttpFetch;
  readonly #lost = deferred<HostError>();
  /** What the network said of the event stream, which the SDK keeps for itself. */
  readonly #broken: { readonly reason: Error | undefined };
  #phase: 'starting' | 'open' | 'closed' = 'starting';

  constructor(options: HttpTransportOptions) {
    const { server, maxMessageBytes, authorization } = options;
    const over = deferred<Error | undefined>();
    const broken: { reason: Error | undefined } = { reason: undefined };
    const stream: HttpObserver = {
      onResponse: () => undefined,
      onEnd: (reason) => {
        broken.reason = reason;
        over.resolve(reason);
      },
    };
    const http = new HttpFetch({
      maxMessageBytes,
      tooLarge: () =>
        new HostError(
          'too-large',
          `it sent an event of more than ${maxMessageBytes} bytes (limits.maxMessageBytes)`,
        ),
      observe: (headers) => (headers.get('accept') === 'text/event-stream' ? stream : undefined),
      credentials: options.authorization,
    });
    super(options.url, { fetch: http.fetch, requestInit: { headers: { ...options.headers } } });
    this.#server = server;
    this.#authorization = authorization;
    this.#http = http;
    this.ended = this.#lost.promise;
    this.#broken = broken;
    void this.#watch(over.promise);
  }

  override async start(): Promise<void> {
    try {
      await super.start();
    } catch (reason) {
      throw this.#broken.reason ?? reason;
    }
    if (this.#phase === 'starting') this.#phase = 'open';
  }

  override async send(message: JSONRPCMessage): Promise<void> {
    try {
      await super.send(message);
    } catch (reason) {
      const { problem } = this.#authorization ?? {};
      if (
        problem !== undefined &&
        (refusedStatus(reason) === 401 || refusedStatus(reason) === 403)
      ) {
        throw authorizationFault(problem);
      }
      const never = isNeverConnected(reason);
      const text = `server "${this.#server}" did not take the request: ${never ? networkWords(reason) : visibleLine(describe(reason))}`;
      const isLost = never || isBrokenConnection(reason);
      throw new CallFault(isLost ? 'connection-lost' : 'http-status', text, {
        ran: never ? 'no' : 'unknown',
        cause: reason,
      });
    }
  }

  settled(): void {
    // Nothing is kept for a request.
  }

  override async close(): Promise<void> {
    this.#phase = 'closed';
    await super.close();
    await this.#http.close();
  }

  async #watch(over: Promise<Error | undefined>): Promise<void> {
    const reason = await over;
    if (this.#phase !== 'open') return;
    const why = reason === undefined ? 'its event stream ended' : visibleLine(describe(reason));
    this.#lost.resolve(
      new HostError('connection-lost', `server "${this.#server}" went away: ${why}`),
    );
    await this.close();
  }
}
