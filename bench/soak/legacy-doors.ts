/** The soak's server as a server of protocol 2025-11-25 and older, in the SDK of that time (v1). */
import { randomUUID } from 'node:crypto';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { SERVER_INFO, TOOLS, type CallTool, type Door } from './tools.ts';

function makeServer(callTool: CallTool): Server {
  const server = new Server(SERVER_INFO, { capabilities: { tools: {} } });
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: TOOLS }));
  server.setRequestHandler(CallToolRequestSchema, ({ params }, { signal }) =>
    callTool(params.name, params.arguments ?? {}, signal),
  );
  return server;
}

export async function legacyStdio(callTool: CallTool): Promise<void> {
  process.stdout.setMaxListeners(0);
  await makeServer(callTool).connect(new StdioServerTransport());
  process.stdin.once('close', () => process.exit(0));
}

/** With sessions. */
export function legacyStreamable(callTool: CallTool): Door {
  const sessions = new Map<string, StreamableHTTPServerTransport>();
  return async (request, response) => {
    const id = request.headers['mcp-session-id'];
    const known = typeof id === 'string' ? sessions.get(id) : undefined;
    if (known !== undefined) return await known.handleRequest(request, response);
    if (id !== undefined) return void response.writeHead(404).end();
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (fresh) => void sessions.set(fresh, transport),
      onsessionclosed: (old) => void sessions.delete(old),
    });
    await makeServer(callTool).connect(transport);
    return await transport.handleRequest(request, response);
  };
}

/** The transport of 2024: GET opens the stream, POST sends. */
export function legacySse(callTool: CallTool): Door {
  const sessions = new Map<string, SSEServerTransport>();
  return async (request, response) => {
    if (request.method === 'GET') {
      const transport = new SSEServerTransport('/message', response);
      sessions.set(transport.sessionId, transport);
      response.once('close', () => sessions.delete(transport.sessionId));
      return await makeServer(callTool).connect(transport);
    }
    const id = new URL(request.url ?? '', 'http://localhost').searchParams.get('sessionId');
    const transport = sessions.get(id ?? '');
    if (transport === undefined) return void response.writeHead(404).end();
    return await transport.handlePostMessage(request, response);
  };
}
