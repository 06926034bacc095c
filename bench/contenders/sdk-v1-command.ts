/**
 * What a script over the SDK v1 does that calls one tool once: `node sdk-v1-command.js TEXT COMMAND ARGS…`. It imports what it needs and no more.
 */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

const [text, command = '', ...args] = process.argv.slice(2);
const client = new Client({ name: 'bench', version: '0' });
await client.connect(new StdioClientTransport({ command, args }));
const result = await client.callTool({ name: 'echo', arguments: { text } });
process.stdout.write(`${JSON.stringify(result)}\n`);
await client.close();
