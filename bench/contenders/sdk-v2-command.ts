/**
 * What a script over the SDK v2 does that calls one tool once: `node sdk-v2-command.js TEXT COMMAND ARGS…`. It imports what it needs and no more, and leaves
 * out the negotiation of versions, which would start the server twice.
 */
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';

const [text, command = '', ...args] = process.argv.slice(2);
const client = new Client({ name: 'bench', version: '0' });
await client.connect(new StdioClientTransport({ command, args }));
const result = await client.callTool({ name: 'echo', arguments: { text } });
process.stdout.write(`${JSON.stringify(result)}\n`);
await client.close();
