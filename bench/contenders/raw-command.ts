/**
 * The floor of the command line: the least that a program does which starts servers over stdio, and does one errand.
 *
 *     node raw-command.js ERRAND SERVERS      both as JSON
 */
import type { Errand, ServerSpec } from '../race/contender.ts';
import { INITIALIZE } from './raw-client.ts';
import { mergeTools, type NamedTool } from './merge-tools.ts';
import { rawStdio } from './raw-stdio.ts';

const [errandJson = '', serversJson = ''] = process.argv.slice(2);
const errand = JSON.parse(errandJson) as Errand;
const servers = JSON.parse(serversJson) as readonly ServerSpec[];

const clients = await Promise.all(
  servers.map(async (server) => {
    if (server.kind !== 'stdio') throw new Error('the floor of the command line knows only stdio');
    const client = rawStdio(server.command, server.args);
    await client.request('initialize', INITIALIZE);
    client.notify('notifications/initialized');
    return client;
  }),
);
if (errand.kind === 'call') {
  const call = { name: 'echo', arguments: { text: errand.text } };
  process.stdout.write(`${JSON.stringify(await clients[0]?.request('tools/call', call))}\n`);
} else {
  const lists = await Promise.all(clients.map((client) => client.request('tools/list', {})));
  const tools = mergeTools(lists.map((list) => (list as { tools: ListedTool[] }).tools));
  if (errand.kind === 'tools') process.stdout.write(`${[...tools.keys()].join('\n')}\n`);
  else if (errand.kind === 'ask') await ask(errand.url, tools);
}
for (const client of clients) client.close();

interface ListedTool extends NamedTool {
  readonly description?: string;
  readonly inputSchema: object;
}

async function ask(url: string, tools: ReadonlyMap<string, ListedTool>): Promise<void> {
  const functions = [...tools].map(([name, { description, inputSchema }]) => {
    return { type: 'function', function: { name, description, parameters: inputSchema } };
  });
  const messages = [{ role: 'user', content: 'Hello?' }];
  const answer = await fetch(`${url}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'fake', messages, tools: functions }),
  });
  process.stdout.write(await answer.text());
}
