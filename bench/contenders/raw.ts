import { fileURLToPath } from 'node:url';
import type { BenchCall, Contender, ServerSpec } from '../race/contender.ts';
import { INITIALIZE, type RawClient } from './raw-client.ts';
import { mergeTools, namesOf, type NamedTool } from './merge-tools.ts';
import { rawHttp } from './raw-http.ts';
import { rawStdio } from './raw-stdio.ts';

const SCRIPT = fileURLToPath(new URL('raw-command.js', import.meta.url));

/** The floor: nothing but the wire. */
export const contender: Contender = {
  open: async (servers) => {
    const clients = await Promise.all(servers.map(connectRaw));
    return {
      call: async ({ server, tool, args }: BenchCall) => {
        const params = { name: tool, arguments: args };
        const result = await clients[server]?.request('tools/call', params);
        const { content } = result as { readonly content: readonly { readonly text: string }[] };
        return content[0]?.text ?? '';
      },
      tools: async () => {
        const lists = await Promise.all(clients.map((client) => client.request('tools/list', {})));
        return namesOf(mergeTools(lists.map((list) => (list as { tools: NamedTool[] }).tools)));
      },
      close: () => {
        for (const client of clients) client.close();
        return Promise.resolve();
      },
    };
  },
  command: (errand, servers) => {
    if (errand.kind === 'learn') return undefined;
    const args = [SCRIPT, JSON.stringify(errand), JSON.stringify(servers)];
    return { program: process.execPath, args };
  },
};

export async function connectRaw(server: ServerSpec): Promise<RawClient> {
  const client =
    server.kind === 'stdio' ? rawStdio(server.command, server.args) : rawHttp(server.url);
  await client.request('initialize', INITIALIZE);
  client.notify('notifications/initialized');
  return client;
}
