import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import type { Contender, ServerSpec } from '../race/contender.ts';
import { scriptCommand } from './script-command.ts';
import { fleetOf } from './sdk-fleet.ts';

/** The official SDK, v2, with its version negotiation on, as a host that meets servers of both eras needs it. */
export const contender: Contender = {
  open: async (servers) => fleetOf(await Promise.all(servers.map(connect))),
  command: scriptCommand('sdk-v2-command.js'),
};

async function connect(server: ServerSpec): Promise<Client> {
  const client = new Client(
    { name: 'bench', version: '0' },
    { versionNegotiation: { mode: 'auto' } },
  );
  const transport =
    server.kind === 'stdio'
      ? new StdioClientTransport({ command: server.command, args: [...server.args] })
      : new StreamableHTTPClientTransport(new URL(server.url));
  await client.connect(transport);
  return client;
}
