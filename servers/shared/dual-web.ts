import {
  createMcpHandler,
  isLegacyRequest,
  type McpServer,
  type Server,
  WebStandardStreamableHTTPServerTransport as SessionTransport,
} from '@modelcontextprotocol/server';
import type { WebDoor } from './door.ts';
import { HttpSessions } from './http-sessions.ts';

export interface DualWebOptions {
  /** Largest request accepted. */
  readonly maxMessageBytes: number;
  /** Sessions of older clients; the one that was longest unused makes room for a new one. */
  readonly maxSessions: number;
  readonly report: (error: unknown) => void;
}

/** Streamable HTTP in both protocol eras. `createServer` makes the server for one request or session. */
export function openDualWeb(
  createServer: () => McpServer | Server,
  options: DualWebOptions,
): WebDoor {
  const { maxMessageBytes: maxRequestBodySize, maxSessions, report: onerror } = options;
  const modern = createMcpHandler(createServer, { legacy: 'reject', maxRequestBodySize, onerror });
  const sessions = new HttpSessions(maxSessions, async (hooks) => {
    const transport = new SessionTransport({ ...hooks, maxRequestBodySize });
    await createServer().connect(transport);
    return transport;
  });
  return {
    fetch: async (request, context) =>
      (await isLegacyRequest(request, undefined, { maxRequestBodySize }))
        ? await sessions.fetch(request)
        : await modern.fetch(request, context),
    close: async () => {
      await Promise.all([modern.close(), sessions.close()]);
    },
  };
}
