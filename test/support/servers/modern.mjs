// A server of the 2026 era on the official SDK v2: `node modern.mjs [stdio | http] [reject]`, which takes no client of the old era. On http it prints its port.
import { createServer } from 'node:http';
import { appendFileSync } from 'node:fs';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import * as z from 'zod';

function log(event, facts = {}) {
  if (process.env.WIRE_LOG)
    appendFileSync(
      process.env.WIRE_LOG,
      `${JSON.stringify({ event, pid: process.pid, ...facts })}\n`,
    );
}
log('start');

let extra = false;
let changed = () => undefined;

function build() {
  const server = new McpServer(
    { name: 'modern', version: '1' },
    { capabilities: { tools: { listChanged: true } } },
  );
  server.registerTool('echo', { inputSchema: z.object({ text: z.string() }) }, ({ text }) => ({
    content: [{ type: 'text', text }],
  }));
  server.registerTool(
    'steps',
    { inputSchema: z.object({ count: z.number() }) },
    async ({ count }, context) => {
      const progressToken = context.mcpReq._meta?.progressToken;
      for (let progress = 1; progress <= count; progress += 1) {
        await context.mcpReq.notify({
          method: 'notifications/progress',
          params: { progressToken, progress, total: count },
        });
      }
      return { content: [{ type: 'text', text: 'done' }] };
    },
  );
  server.registerTool('wait', { inputSchema: z.object({}) }, async (_, context) => {
    log('waiting');
    await new Promise((resolve) => {
      context.mcpReq.signal.addEventListener('abort', resolve);
    });
    log('cancelled');
    return { content: [] };
  });
  server.registerTool(
    'typed',
    { inputSchema: z.object({}), outputSchema: z.object({ n: z.number() }) },
    () => ({ content: [{ type: 'text', text: '1' }], structuredContent: { n: 1 } }),
  );
  server.registerTool('fails', { inputSchema: z.object({}) }, () => {
    throw new Error('no such customer');
  });
  server.registerTool(
    'headed',
    { inputSchema: z.object({ region: z.string().meta({ 'x-mcp-header': 'Region' }) }) },
    ({ region }) => ({ content: [{ type: 'text', text: region }] }),
  );
  if (extra) server.registerTool('extra', { inputSchema: z.object({}) }, () => ({ content: [] }));
  server.registerTool('crash', { inputSchema: z.object({}) }, () => process.exit(9));
  server.registerTool('grow', { inputSchema: z.object({}) }, () => {
    extra = true;
    changed(server);
    return { content: [{ type: 'text', text: 'grown' }] };
  });
  return server;
}

if (process.argv[2] === 'http') {
  const handler = createMcpHandler(build, {
    legacy: process.argv[3] === 'reject' ? 'reject' : 'stateless',
  });
  changed = () => handler.notify.toolsChanged();
  const http = createServer(toNodeHandler(handler));
  http.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
    process.stdout.write(`${http.address().port}\n`);
  });
} else {
  changed = (server) => {
    server.registerTool('extra', { inputSchema: z.object({}) }, () => ({ content: [] }));
  };
  serveStdio(build, { legacy: process.argv[3] === 'reject' ? 'reject' : 'serve' });
}
