import { expect } from 'vitest';
import { stdioServer, textOf } from '../support/connections.ts';
import { verifies } from '../support/verifies.ts';

// On the official SDK of the old era. Its tools do something, and then let through whatever error comes: what our own refusal of their question makes, and one of their own.
const SERVER = `
  import { Server } from '@modelcontextprotocol/sdk/server/index.js';
  import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
  import { CallToolRequestSchema, ListToolsRequestSchema, McpError, ErrorCode } from '@modelcontextprotocol/sdk/types.js';
  let written = 0;
  const server = new Server({ name: 'x', version: '1' }, { capabilities: { tools: {} } });
  const names = ['write_and_ask', 'write_and_fail', 'written'];
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: names.map((name) => ({ name, inputSchema: { type: 'object' } })),
  }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params: { name } }) => {
    if (name === 'written') return { content: [{ type: 'text', text: String(written) }] };
    written += 1;
    if (name === 'write_and_fail') throw new McpError(ErrorCode.InvalidRequest, 'the ledger is closed');
    await server.createMessage({ maxTokens: 5, messages: [{ role: 'user', content: { type: 'text', text: 'x' } }] });
  });
  await server.connect(new StdioServerTransport());`;

verifies(
  'batch:ran-is-true',
  'an error that a tool let through after it had done something is not taken for a call that did not run',
  async () => {
    await using server = await stdioServer(process.execPath, [
      '--input-type=module',
      '-e',
      SERVER,
    ]).ready();
    for (const [name, code] of [
      ['write_and_ask', '(-32601)'],
      ['write_and_fail', '(-32600)'],
    ] as const) {
      expect(await server.call(name)).toMatchObject({
        kind: 'failed',
        code: 'server-error',
        message: expect.stringContaining(code) as string,
        ran: 'unknown',
      });
    }
    expect(textOf(await server.call('written'))).toBe('2');
  },
);
