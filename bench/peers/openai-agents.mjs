import { MCPServerStdio, MCPServerStreamableHttp } from '@openai/agents';
import { textOf } from './text-of.mjs';

/** Its own default of 5 s would decide what large results and slow servers cost. */
const SECONDS = 300;

/**
 * The OpenAI Agents SDK: one of its servers for each of ours.
 *
 * @type {import('../race/contender.ts').Contender}
 */
export const contender = {
  open: async (servers) => {
    const connected = servers.map(make);
    await Promise.all(connected.map((server) => server.connect()));
    return {
      call: async ({ server, tool, args }) =>
        textOf({ content: await connected[server].callTool(tool, args) }),
      tools: async () => {
        const lists = await Promise.all(connected.map((server) => server.listTools()));
        const merged = lists.flatMap((tools, index) =>
          tools.map((tool) => [`s${index}__${tool.name}`, tool]),
        );
        return [...new Map(merged).keys()];
      },
      close: async () => {
        await Promise.all(connected.map((server) => server.close()));
      },
    };
  },
};

function make(server, index) {
  const common = {
    name: `s${index}`,
    clientSessionTimeoutSeconds: SECONDS,
    timeout: SECONDS * 1000,
  };
  return server.kind === 'stdio'
    ? new MCPServerStdio({ ...common, command: server.command, args: [...server.args] })
    : new MCPServerStreamableHttp({ ...common, url: server.url });
}
