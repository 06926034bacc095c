/**
 * A hand-written MCP server of 2025-11-25 that costs next to nothing itself: `echo`, `sleep`, `big`, and as many tools more as asked for.
 *
 *     node floor-server.js [--http [--sse] [--hold]] [--tools N] [--schemas] [--start-ms N]
 *
 * With `--http` it prints its address as its first line; with `--sse` it answers requests with event streams instead of JSON; with `--hold` it prints a second
 * line when it is asked for its tools, and answers that once there is something on its stdin. It ends when its stdin does.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    http: { type: 'boolean', default: false },
    sse: { type: 'boolean', default: false },
    hold: { type: 'boolean', default: false },
    tools: { type: 'string', default: '0' },
    schemas: { type: 'boolean', default: false },
    'start-ms': { type: 'string', default: '0' },
  },
});

interface Message {
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: {
    readonly name?: string;
    readonly arguments?: { readonly text?: string; readonly ms?: number; readonly bytes?: number };
  };
}

const readOnly = { readOnlyHint: true };
const outputSchema = {
  type: 'object',
  properties: {
    id: { type: 'string', pattern: '^[a-z0-9-]{1,40}$' },
    items: { type: 'array', items: { type: 'object', properties: { n: { type: 'integer' } } } },
  },
  required: ['id'],
};
const extra = Array.from({ length: Number(values.tools) }, (_, index) => ({
  name: `tool_${index}`,
  description: `Looks up record number ${index} and says what is known of it.`,
  inputSchema: {
    type: 'object',
    properties: {
      id: { type: 'string', description: 'Which record.' },
      limit: { type: 'integer', minimum: 1, maximum: 100 },
      [`field_${index}`]: { type: 'boolean' },
    },
    required: ['id'],
  },
  ...(values.schemas && {
    outputSchema: { ...outputSchema, title: `Record ${index}` },
  }),
  annotations: readOnly,
}));
const tools = [
  tool('echo', { text: { type: 'string' } }),
  tool('sleep', { ms: { type: 'number' }, text: { type: 'string' } }),
  tool('big', { bytes: { type: 'integer' } }),
  ...extra,
];
const list = JSON.stringify({ tools });
/** Answers to `tools/list` that are held back, as long as they are. */
let held: (() => void)[] | undefined = values.hold ? [] : undefined;

function tool(name: string, properties: object): object {
  return { name, inputSchema: { type: 'object', properties }, annotations: readOnly };
}

/** Hands the answer as JSON to `reply`; a notification has none. */
function handle(
  { id, method, params }: Message,
  reply: (answer: string | undefined) => void,
): void {
  if (id === undefined) {
    reply(undefined);
    return;
  }
  const result = (json: string): void => {
    reply(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${json}}`);
  };
  if (method === 'initialize') {
    result(
      '{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"floor","version":"1"}}',
    );
  } else if (method === 'tools/list') {
    if (held === undefined) result(list);
    else if (held.push(() => result(list)) === 1) console.log('asked');
  } else if (method === 'ping') result('{}');
  else if (method === 'tools/call') {
    const { text = '', ms = 0, bytes = 0 } = params?.arguments ?? {};
    if (params?.name === 'sleep') setTimeout(() => result(textResult(text)), ms);
    else if (params?.name === 'big') result(textResult(`${'x'.repeat(bytes - 1)}!`));
    else result(textResult(text));
  } else
    reply(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"error":{"code":-32601,"message":"no"}}`);
}

function textResult(text: string): string {
  return `{"content":[{"type":"text","text":${JSON.stringify(text)}}]}`;
}

function serveStdio(): void {
  let waiting: string[] = [];
  const reply = (answer: string | undefined): void => {
    if (answer === undefined) return;
    if (waiting.length === 0) {
      setImmediate(() => {
        process.stdout.write(waiting.join(''));
        waiting = [];
      });
    }
    waiting.push(`${answer}\n`);
  };
  let rest = '';
  process.stdin.setEncoding('utf8');
  process.stdin.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') handle(JSON.parse(line) as Message, reply);
  });
  process.stdin.on('end', () => process.exit(0));
}

function serveHttp(): void {
  const server = createServer((request, response) => {
    if (request.method !== 'POST') {
      response.writeHead(405).end();
      return;
    }
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      handle(JSON.parse(Buffer.concat(chunks).toString()) as Message, (answer) => {
        if (answer === undefined) response.writeHead(202).end();
        else if (values.sse) {
          response.writeHead(200, { 'content-type': 'text/event-stream' });
          response.end(`event: message\ndata: ${answer}\n\n`);
        } else {
          const length = Buffer.byteLength(answer);
          response
            .writeHead(200, { 'content-type': 'application/json', 'content-length': length })
            .end(answer);
        }
      });
    });
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1', () => {
    console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`);
  });
  process.stdin.resume().on('end', () => process.exit(0));
  process.stdin.on('data', letGo);
}

function letGo(): void {
  const answers = held ?? [];
  held = undefined;
  for (const answer of answers) answer();
}

setTimeout(values.http ? serveHttp : serveStdio, Number(values['start-ms']));
