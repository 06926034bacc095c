import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Contender, ServerSpec } from '../race/contender.ts';
import { scriptCommand } from './script-command.ts';
import { fleetOf } from './sdk-fleet.ts';

/** The official SDK, v1: one client a server, `callTool`. */
export const contender: Contender = {
  open: async (servers) => fleetOf(await Promise.all(servers.map(connect))),
  command: scriptCommand('sdk-v1-command.js'),
};

async function connect(server: ServerSpec): Promise<Client> {
  const client = new Client({ name: 'bench', version: '0' });
  const transport =
    server.kind === 'stdio'
      ? new StdioClientTransport({ command: server.command, args: [...server.args] })
      : new StreamableHTTPClientTransport(new URL(server.url));
  await client.connect(transport);
  return client;
}
