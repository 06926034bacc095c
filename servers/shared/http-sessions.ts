/**
 * Serves HTTP clients of the protocol before 2026-07-28, each in a session of its own: only within a session does
 * `notifications/cancelled` find the call that it cancels, and a question the client who is to answer it.
 */
import { randomUUID } from 'node:crypto';
import type { WebDoor } from './door.ts';

const SESSION_HEADER = 'mcp-session-id';

/** What either SDK's transport has. */
export interface SessionTransport {
  readonly sessionId?: string | undefined;
  handleRequest(request: Request): Promise<Response>;
  close(): Promise<void>;
}

export interface SessionHooks {
  sessionIdGenerator(): string;
  onsessioninitialized(id: string): Promise<void>;
  onsessionclosed(id: string): void;
}

export class HttpSessions implements WebDoor {
  readonly #maxSessions: number;
  readonly #connect: (hooks: SessionHooks) => Promise<SessionTransport>;
  /** By session id, the one used last at the end. */
  readonly #open = new Map<string, SessionTransport>();

  /** `connect` makes a transport with these hooks and connects a server of its own to it. */
  constructor(maxSessions: number, connect: (hooks: SessionHooks) => Promise<SessionTransport>) {
    this.#maxSessions = maxSessions;
    this.#connect = connect;
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

  async close(): Promise<void> {
    await Promise.all([...this.#open.values()].map(async (transport) => await transport.close()));
    this.#open.clear();
  }

  async #start(request: Request): Promise<Response> {
    const transport = await this.#connect({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: async (id) => {
        this.#use(id, transport);
        await this.#dropOldest();
      },
      onsessionclosed: (id) => {
        this.#open.delete(id);
      },
    });
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
    if (oldest === undefined || this.#open.size <= this.#maxSessions) return;
    this.#open.delete(oldest[0]);
    await oldest[1].close();
  }
}

function errorResponse(status: number, message: string): Response {
  return Response.json({ jsonrpc: '2.0', error: { code: -32_001, message }, id: null }, { status });
}
