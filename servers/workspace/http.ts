import { createServer, type Server } from 'node:http';
import { hostname, networkInterfaces } from 'node:os';
import { isIPv6 } from 'node:net';
import {
  hostHeaderValidation,
  type NodeIncomingMessageLike,
  originValidation,
  toNodeHandler,
} from '@modelcontextprotocol/node';
import {
  createMcpHandler,
  isLegacyRequest,
  localhostAllowedHostnames,
  type McpHandlerRequestOptions,
  type McpServer,
} from '@modelcontextprotocol/server';
import { LegacySessions } from './legacy-sessions.ts';
import { MAX_MESSAGE_BYTES } from './limits.ts';
import type { HttpOptions } from './options.ts';

const ENDPOINT = '/mcp';

export interface HttpListener {
  readonly url: string;
  /** Stops listening and ends all requests. */
  close(): Promise<void>;
}

/**
 * Serves Streamable HTTP at /mcp, both protocol eras. Requests whose Host or Origin is not this machine's are answered 403:
 * a web page that had its name point to us (DNS rebinding) could use the tools otherwise.
 * Rejects with the operating system's error if the address cannot be listened on.
 */
export async function listen(
  options: HttpOptions,
  createSession: () => McpServer,
  onerror: (error: Error) => void,
): Promise<HttpListener> {
  const maxRequestBodySize = MAX_MESSAGE_BYTES;
  const modern = createMcpHandler(createSession, { legacy: 'reject', maxRequestBodySize, onerror });
  const legacy = new LegacySessions(createSession);
  const fetch = async (request: Request, context?: McpHandlerRequestOptions) =>
    (await isLegacyRequest(request, undefined, { maxRequestBodySize }))
      ? await legacy.fetch(request)
      : await modern.fetch(request, context);
  const serve = toNodeHandler({ fetch }, { maxRequestBodySize, onerror });
  const names = ownNames(options.host);
  const validHost = hostHeaderValidation(names);
  const validOrigin = originValidation(names);
  const server = createServer((request, response) => {
    if (!validHost(request, response) || !validOrigin(request, response)) return;
    if (request.url?.split('?')[0] !== ENDPOINT) {
      response
        .writeHead(404, { 'content-type': 'text/plain' })
        .end(`The MCP endpoint is ${ENDPOINT}\n`);
      return;
    }
    // The adapter's type wants optional properties absent; Node's has them undefined, which it handles as well.
    serve(request as NodeIncomingMessageLike, response).catch(onerror);
  });
  await listening(server, options);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  return {
    url: `http://${bracketed(options.host)}:${port}${ENDPOINT}`,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await Promise.all([modern.close(), legacy.close()]);
      server.closeAllConnections();
      await closed;
    },
  };
}

async function listening(server: Server, options: HttpOptions): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** The names and addresses by which a client may reach this listener. */
function ownNames(host: string): string[] {
  const names = new Set([...localhostAllowedHostnames(), bracketed(host).toLowerCase()]);
  if (host === '0.0.0.0' || host === '::') {
    names.add(hostname().toLowerCase());
    for (const { address } of Object.values(networkInterfaces()).flatMap((list) => list ?? [])) {
      names.add(bracketed(address));
    }
  }
  return [...names];
}

function bracketed(host: string): string {
  return isIPv6(host) ? `[${host}]` : host;
}
