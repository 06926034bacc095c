import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** A request as the fixture saw it. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly message: RpcMessage | undefined;
  /** Whether its response was cut off by the client. */
  aborted: boolean;
}

export interface RpcMessage {
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: {
    readonly name?: string;
    readonly arguments?: Record<string, unknown>;
    readonly _meta?: Record<string, unknown>;
    readonly [key: string]: unknown;
  };
}

/** Answers one call of a tool, in whatever way. */
export type ToolScript = (exchange: HttpExchange) => void | Promise<void>;

/** One POST in the hands of a script. */
export class HttpExchange {
  readonly message: RpcMessage;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;

  constructor(message: RpcMessage, request: IncomingMessage, response: ServerResponse) {
    this.message = message;
    this.request = request;
    this.response = response;
  }

  get args(): Record<string, unknown> {
    return this.message.params?.arguments ?? {};
  }

  answer(text: string): unknown {
    return { jsonrpc: '2.0', id: this.message.id, result: { content: [{ type: 'text', text }] } };
  }

  json(body: unknown, status = 200, headers: Record<string, string> = {}): void {
    this.raw(status, JSON.stringify(body), { 'content-type': 'application/json', ...headers });
  }

  raw(status: number, body: string | Buffer, headers: Record<string, string> = {}): void {
    this.response.writeHead(status, headers).end(body);
  }

  openStream(headers: Record<string, string> = {}): void {
    this.response
      .writeHead(200, { 'content-type': 'text/event-stream', ...headers })
      .flushHeaders();
  }

  event(message: unknown, id?: string): void {
    this.response.write(
      `${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(message)}\n\n`,
    );
  }
}

export interface HttpFixtureOptions {
  readonly tools?: Readonly<Record<string, ToolScript>>;
  /** Answers instead of the fixture; returns whether it did. */
  readonly intercept?: (exchange: HttpExchange) => boolean | Promise<boolean>;
  readonly sessionId?: string;
  readonly port?: number;
}

/** A Streamable HTTP server of 2025-11-25, by hand, with faults where a test wants them. */
export class HttpFixture implements AsyncDisposable {
  readonly seen: SeenRequest[] = [];
  readonly #server = createServer((request, response) => {
    void this.#serve(request, response);
  });
  readonly #options: HttpFixtureOptions;
  readonly #sockets = new Set<Socket>();

  private constructor(options: HttpFixtureOptions) {
    this.#options = options;
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  static async start(options: HttpFixtureOptions = {}): Promise<HttpFixture> {
    const fixture = new HttpFixture(options);
    await new Promise<void>((resolve) => {
      fixture.#server.listen(options.port ?? 0, '127.0.0.1', resolve);
    });
    return fixture;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get url(): string {
    return `${this.origin}/mcp`;
  }

  /** Connections that clients hold open. */
  get sockets(): number {
    return this.#sockets.size;
  }

  posts(method: string): readonly SeenRequest[] {
    return this.seen.filter((request) => request.message?.method === method);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => {
      this.#server.close(resolve);
    });
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const message = body === '' ? undefined : (JSON.parse(body) as RpcMessage);
    const seen: SeenRequest = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      message,
      aborted: false,
    };
    this.seen.push(seen);
    response.on('close', () => {
      seen.aborted = !response.writableFinished;
    });
    const exchange = new HttpExchange(message ?? {}, request, response);
    if (await this.#options.intercept?.(exchange)) return;
    if (message === undefined) exchange.raw(request.method === 'DELETE' ? 200 : 405, '');
    else await this.#answer(exchange);
  }

  async #answer(exchange: HttpExchange): Promise<void> {
    const { id, method, params } = exchange.message;
    if (id === undefined) return exchange.raw(202, '');
    const { sessionId, tools = {} } = this.#options;
    const session: Record<string, string> =
      sessionId === undefined ? {} : { 'mcp-session-id': sessionId };
    if (method === 'initialize') {
      const result = {
        protocolVersion: params?.['protocolVersion'],
        capabilities: { tools: {} },
        serverInfo: { name: 'http', version: '1' },
      };
      return exchange.json({ jsonrpc: '2.0', id, result }, 200, session);
    }
    if (method === 'tools/list') {
      const list = Object.keys(tools).map((name) => ({ name, inputSchema: { type: 'object' } }));
      return exchange.json({ jsonrpc: '2.0', id, result: { tools: list } });
    }
    const script = method === 'tools/call' ? tools[params?.name ?? ''] : undefined;
    if (script !== undefined) return script(exchange);
    return exchange.json(
      { jsonrpc: '2.0', id, error: { code: -32_601, message: 'Method not found' } },
      method === 'server/discover' ? 400 : 200,
    );
  }
}
