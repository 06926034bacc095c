import { MCPClient } from 'mcp-use/client';
import { textOf } from './text-of.mjs';

/**
 * mcp-use (1.x: later versions have no client): one client for all servers.
 *
 * @type {import('../race/contender.ts').Contender}
 */
export const contender = {
  open: async (servers) => {
    const client = new MCPClient({
      mcpServers: Object.fromEntries(servers.map((server, index) => [`s${index}`, entry(server)])),
    });
    await client.createAllSessions();
    const sessions = servers.map((_, index) => client.getSession(`s${index}`));
    return {
      call: async ({ server, tool, args }) => textOf(await sessions[server].callTool(tool, args)),
      tools: async () => {
        const lists = await Promise.all(sessions.map((session) => session.listTools()));
        const merged = lists.flatMap((tools, index) =>
          tools.map((tool) => [`s${index}__${tool.name}`, tool]),
        );
        return [...new Map(merged).keys()];
      },
      close: () => client.closeAllSessions(),
    };
  },
};

function entry(server) {
  return server.kind === 'stdio'
    ? { command: server.command, args: [...server.args] }
    : { url: server.url };
}
