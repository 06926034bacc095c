import { MultiServerMCPClient } from '@langchain/mcp-adapters';

/**
 * LangChain's adapters: one client for all servers, and its tools' `invoke`.
 *
 * @type {import('../race/contender.ts').Contender}
 */
export const contender = {
  open: async (servers) => {
    const client = new MultiServerMCPClient({
      prefixToolNameWithServerName: true,
      mcpServers: Object.fromEntries(servers.map((server, index) => [`s${index}`, entry(server)])),
    });
    await client.initializeConnections();
    let byName;
    const tools = async () => {
      byName ??= new Map((await client.getTools()).map((tool) => [tool.name, tool]));
      return byName;
    };
    return {
      call: async ({ server, tool, args }) => {
        const found = (await tools()).get(`s${server}__${tool}`);
        return String(await found.invoke(args));
      },
      tools: async () => [...(await tools()).keys()],
      close: () => client.close(),
    };
  },
};

function entry(server) {
  return server.kind === 'stdio'
    ? { transport: 'stdio', command: server.command, args: [...server.args] }
    : { transport: 'http', url: server.url };
}
