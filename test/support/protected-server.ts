import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toNodeHandler, type NodeIncomingMessageLike } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import * as z from 'zod';
import type { AuthorizationServer } from './authorization-server.ts';

export interface ProtectedServerOptions {
  readonly authorizedBy: AuthorizationServer;
  /** Put into the protected resource metadata, over what is there. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** In place of its usual `WWW-Authenticate` for a request without a good token. */
  readonly challenge?: (origin: string) => string;
  /** What `tools/list` and all else needs. Default: any good token. */
  readonly scope?: string;
  /** What calls of a tool need besides. */
  readonly toolScopes?: Readonly<Record<string, string>>;
}

/** A request to the MCP endpoint. */
export interface GuardedRequest {
  readonly token: string | undefined;
  readonly method: string | undefined;
  readonly tool: string | undefined;
  /** With which it was answered, unless the MCP server itself did. */
  status: number | undefined;
}

/** An MCP server of both eras, of the official SDK, that lets in who has a token of its authorization server, issued for it. */
export class ProtectedServer implements AsyncDisposable {
  readonly requests: GuardedRequest[] = [];
  /** How often the tool has run. */
  runs = 0;
  readonly #options: ProtectedServerOptions;
  readonly #handler = toNodeHandler(createMcpHandler(() => this.#build()));
  readonly #server = createServer((request, response) => {
    void this.#serve(request, response);
  });

  private constructor(options: ProtectedServerOptions) {
    this.#options = options;
  }

  static async start(options: ProtectedServerOptions): Promise<ProtectedServer> {
    const server = new ProtectedServer(options);
    await new Promise<void>((resolve) => {
      server.#server.listen(0, '127.0.0.1', resolve);
    });
    return server;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get url(): string {
    return `${this.origin}/mcp`;
  }

  /** Those that were let in, or turned away, for a call of a tool. */
  calls(status?: number): readonly GuardedRequest[] {
    return this.requests.filter(
      (request) => request.method === 'tools/call' && request.status === status,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => {
      this.#server.close(resolve);
    });
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { path, body } = await this.#read(request);
    if (path.startsWith('/.well-known/')) {
      this.#metadata(path, response);
      return;
    }
    const token = /^Bearer (.+)$/u.exec(request.headers.authorization ?? '')?.[1];
    const message = body as
      | { readonly method?: string; readonly params?: { readonly name?: string } }
      | undefined;
    const seen: GuardedRequest = {
      token,
      method: message?.method,
      tool: message?.method === 'tools/call' ? message.params?.name : undefined,
      status: undefined,
    };
    this.requests.push(seen);
    const grant = token === undefined ? undefined : this.#options.authorizedBy.introspect(token);
    const needed = this.#needed(seen);
    if (grant === undefined || grant.resource !== this.url) {
      seen.status = 401;
      const where = `${this.origin}/.well-known/oauth-protected-resource/mcp`;
      const scope = this.#options.scope === undefined ? '' : `, scope="${this.#options.scope}"`;
      const usual = `Bearer realm="mcp", resource_metadata="${where}"${scope}`;
      refuse(response, 401, this.#options.challenge?.(this.origin) ?? usual);
    } else if (!needed.every((scope) => grant.scope.split(' ').includes(scope))) {
      seen.status = 403;
      const challenge = `Bearer error="insufficient_scope", scope="${needed.join(' ')}"`;
      refuse(response, 403, challenge);
    } else {
      // Its type of a request wants `undefined` spelled out.
      await this.#handler(request as NodeIncomingMessageLike, response, body);
    }
  }

  #needed({ tool }: GuardedRequest): readonly string[] {
    const { scope = '', toolScopes = {} } = this.#options;
    return `${scope} ${toolScopes[tool ?? ''] ?? ''}`.split(' ').filter((each) => each !== '');
  }

  #metadata(path: string, response: ServerResponse): void {
    if (path !== '/.well-known/oauth-protected-resource/mcp') {
      response.writeHead(404).end();
      return;
    }
    const metadata = {
      resource: this.url,
      authorization_servers: [this.#options.authorizedBy.issuer],
      ...this.#options.metadata,
    };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(metadata));
  }

  async #read(
    request: IncomingMessage,
  ): Promise<{ readonly path: string; readonly body: unknown }> {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const { pathname } = new URL(request.url ?? '/', this.origin);
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    return { path: pathname, body };
  }

  #build(): McpServer {
    const server = new McpServer({ name: 'protected', version: '1' });
    for (const name of ['run', 'write']) {
      server.registerTool(name, { inputSchema: z.object({}) }, () => {
        this.runs += 1;
        return { content: [{ type: 'text', text: `run ${String(this.runs)}` }] };
      });
    }
    return server;
  }
}

function refuse(response: ServerResponse, status: number, challenge: string): void {
  response
    .writeHead(status, { 'www-authenticate': challenge, 'content-type': 'application/json' })
    .end(JSON.stringify({ error: 'refused' }));
}
