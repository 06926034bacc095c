/**
 * Serves HTTP clients of the protocol before 2026-07-28, each in a session of its own: only within a session does
 * `notifications/cancelled`, which comes as a request by itself, find the call that it cancels.
 */
import { randomUUID } from 'node:crypto';
import {
  type McpServer,
  WebStandardStreamableHTTPServerTransport as SessionTransport,
} from '@modelcontextprotocol/server';
import { MAX_MESSAGE_BYTES, MAX_SESSIONS } from './limits.ts';

const SESSION_HEADER = 'mcp-session-id';

export class LegacySessions {
  readonly #createServer: () => McpServer;
  /** By session id, the one used last at the end. */
  readonly #open = new Map<string, SessionTransport>();

  constructor(createServer: () => McpServer) {
    this.#createServer = createServer;
  }

  async fetch(request: Request): Promise<Response> {
    const id = request.headers.get(SESSION_HEADER);
    if (id === null) return await this.#start(request);
    const transport = this.#open.get(id);
    // The client answers 404 by opening a new session.
    if (transport === undefined) return errorResponse(404, 'Session not found');
    this.#use(id, transport);
    return await transport.handleRequest(request);
  }

  async #start(request: Request): Promise<Response> {
    const transport = new SessionTransport({
      sessionIdGenerator: randomUUID,
      maxRequestBodySize: MAX_MESSAGE_BYTES,
      onsessioninitialized: async (id) => {
        this.#use(id, transport);
        await this.#dropOldest();
      },
      onsessionclosed: (id) => {
        this.#open.delete(id);
      },
    });
    await this.#createServer().connect(transport);
    const response = await transport.handleRequest(request);
    // Anything but `initialize` was refused and began no session.
    if (transport.sessionId === undefined) await transport.close();
    return response;
  }

  #use(id: string, transport: SessionTransport): void {
    this.#open.delete(id);
    this.#open.set(id, transport);
  }

  /** Clients seldom say goodbye: the session that was longest unused makes room. */
  async #dropOldest(): Promise<void> {
    const [oldest] = this.#open;
    if (oldest === undefined || this.#open.size <= MAX_SESSIONS) return;
    this.#open.delete(oldest[0]);
    await oldest[1].close();
  }

  /** Ends all sessions, and with them their calls. */
  async close(): Promise<void> {
    await Promise.all([...this.#open.values()].map(async (transport) => await transport.close()));
    this.#open.clear();
  }
}

function errorResponse(status: number, message: string): Response {
  return Response.json({ jsonrpc: '2.0', error: { code: -32_001, message }, id: null }, { status });
}
