/** The soak's server as one of protocol 2026-07-28 that serves no older client. */
import { type NodeIncomingMessageLike, toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, Server } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { SERVER_INFO, TOOLS, type CallTool, type Door } from './tools.ts';

function makeServer(callTool: CallTool): Server {
  const server = new Server(SERVER_INFO, { capabilities: { tools: {} } });
  server.setRequestHandler('tools/list', () => ({ tools: TOOLS }));
  server.setRequestHandler('tools/call', ({ params }, { mcpReq }) =>
    callTool(params.name, params.arguments ?? {}, mcpReq.signal),
  );
  return server;
}

export function modernStdio(callTool: CallTool): void {
  serveStdio(() => makeServer(callTool), { legacy: 'reject' });
  process.stdin.once('close', () => process.exit(0));
}

export function modernStreamable(callTool: CallTool): Door {
  const handle = toNodeHandler(
    createMcpHandler(() => makeServer(callTool), { legacy: 'reject' }),
    {},
  );
  // The adapter's type wants optional properties absent; Node's has them undefined, which it handles as well.
  return async (request, response) => {
    await handle(request as NodeIncomingMessageLike, response);
  };
}
