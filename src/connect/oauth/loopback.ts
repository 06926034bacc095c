import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { deferred } from '../../base/deferred.ts';
import { untilAborted } from '../../base/abort.ts';
import { describe, HostError, systemCode } from '../../base/errors.ts';

const PATH = '/callback';

/**
 * Waits on this machine for a browser to come back from an authorization server. It listens on 127.0.0.1 only, and takes one answer: the one with the right
 * `state`. Anything else is refused and changes nothing. Source: RFC 8252, 7.3; OAuth 2.1, 7.12.
 */
export class LoopbackListener implements AsyncDisposable {
  readonly #server: Server;
  readonly #state: string;
  readonly #answer = deferred<URLSearchParams>();
  #port = 0;

  private constructor(state: string) {
    this.#state = state;
    this.#server = createServer({ requestTimeout: 10_000 }, (request, response) => {
      this.#serve(request, response);
    });
  }

  /** Begins to listen on `port`; 0: on one that is free. Rejects with a HostError `connect-failed`. */
  static async open(port: number, state: string): Promise<LoopbackListener> {
    const listener = new LoopbackListener(state);
    const server = listener.#server;
    try {
      await new Promise<void>((resolve, reject) => {
        // Stays: a connection that cannot be accepted is reported here, too, and must not throw.
        server.on('error', reject);
        server.listen({ port, host: '127.0.0.1', exclusive: true }, resolve);
      });
      listener.#port = (server.address() as AddressInfo).port;
    } catch (reason) {
      const isTaken = systemCode(reason) === 'EADDRINUSE';
      const why = isTaken ? 'another program listens there' : describe(reason);
      const message = `port ${port} of this machine, which the browser is to come back to, cannot be used: ${why}`;
      throw new HostError('connect-failed', message, { cause: reason, details: { isTaken } });
    }
    return listener;
  }

  /** Where the browser is to be sent. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}${PATH}`;
  }

  /** The parameters that the authorization server sent along. Rejects with the signal's reason. */
  answer(signal: AbortSignal): Promise<URLSearchParams> {
    return untilAborted(this.#answer.promise, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => {
      this.#server.close(resolve);
    });
    // A browser keeps connections open; the page that it was sent is on its way.
    this.#server.closeIdleConnections();
    const timer = setTimeout(() => this.#server.closeAllConnections(), 200);
    await closed;
    clearTimeout(timer);
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const target = request.url ?? '';
    // Anybody on this machine may ask for anything, also for what is no address.
    const url = URL.canParse(target, this.url) ? new URL(target, this.url) : undefined;
    if (request.method !== 'GET' || url?.pathname !== PATH) {
      respond(response, 404, 'There is nothing here.');
      return;
    }
    if (url.searchParams.get('state') !== this.#state) {
      respond(response, 400, 'This is not the answer that was waited for: its state is another.');
      return;
    }
    const text = url.searchParams.has('code')
      ? 'Thank you. You can close this page, and go back to the terminal.'
      : 'It was not allowed. You can close this page; the terminal says more.';
    respond(response, 200, text);
    this.#answer.resolve(url.searchParams);
  }
}

/** Nothing of the request is in it. */
function respond(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'",
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
    connection: 'close',
  });
  response.end(`<!doctype html><meta charset="utf-8"><title>mcp-fanout</title><p>${text}</p>\n`);
}
