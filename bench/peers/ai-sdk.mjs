import { createMCPClient } from '@ai-sdk/mcp';
import { Experimental_StdioMCPTransport as StdioTransport } from '@ai-sdk/mcp/mcp-stdio';
import { textOf } from './text-of.mjs';

/**
 * The AI SDK: a client for each server, and its tools' `execute`, as its own loop calls it.
 *
 * @type {import('../race/contender.ts').Contender}
 */
export const contender = {
  open: async (servers) => {
    const clients = await Promise.all(servers.map(connect));
    const toolSets = clients.map(() => undefined);
    const toolsOf = (index) => (toolSets[index] ??= clients[index].tools());
    return {
      call: async ({ server, tool, args }) => {
        const tools = await toolsOf(server);
        return textOf(await tools[tool].execute(args, { toolCallId: 'call', messages: [] }));
      },
      tools: async () => {
        const sets = await Promise.all(clients.map((_, index) => toolsOf(index)));
        const merged = sets.flatMap((set, index) =>
          Object.entries(set).map(([name, tool]) => [`s${index}__${name}`, tool]),
        );
        return Object.keys(Object.fromEntries(merged));
      },
      close: async () => {
        await Promise.all(clients.map((client) => client.close()));
      },
    };
  },
};

function connect(server) {
  return createMCPClient({
    transport:
      server.kind === 'stdio'
        ? new StdioTransport({ command: server.command, args: [...server.args] })
        : { type: 'http', url: server.url },
  });
}
