import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';

/** The built server: `npm test` builds it first. */
export const SERVER = path.resolve('dist/servers/testbed/server.js');

if (!existsSync(SERVER)) throw new Error(`${SERVER} is missing: run npm run build first`);

/** How a client reaches the server: each transport, with each pair of eras that understand each other. */
const PAIRS = [
  { server: 'legacy', client: 'legacy' },
  { server: 'dual', client: 'legacy' },
  { server: 'dual', client: 'modern' },
  { server: 'modern', client: 'modern' },
] as const;

export interface Door {
  readonly transport: 'stdio' | 'http';
  readonly server: 'legacy' | 'dual' | 'modern';
  readonly client: 'legacy' | 'modern';
}

export const DOORS: readonly Door[] = (['stdio', 'http'] as const).flatMap((transport) =>
  PAIRS.map((pair) => ({ transport, ...pair })),
);

export const MODERN: Door = { transport: 'stdio', server: 'dual', client: 'modern' };

interface ToolAnswer {
  readonly isError: boolean;
  /** All text blocks, a line each. */
  readonly text: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- each test says by its expectations what it is
  readonly data: Record<string, any>;
  readonly content: readonly Record<string, unknown>[];
}

interface CallOptions {
  readonly signal?: AbortSignal;
  readonly onprogress?: (progress: { progress: number; total?: number | undefined }) => void;
  readonly meta?: Record<string, unknown>;
}

export interface Session extends AsyncDisposable {
  readonly client: Client;
  /** The server's process. */
  readonly server: ServerProcess;
  call(name: string, args?: object, options?: CallOptions): Promise<ToolAnswer>;
}

interface ServerProcess {
  readonly pid: number;
  /** What it has written to stderr so far. */
  readonly stderr: () => string;
}

/** A connected client of a server of its own; both end with the session. */
export async function openSession(
  door: Door,
  options: {
    readonly args?: readonly string[];
    readonly client?: ConstructorParameters<typeof Client>[1];
    /** Called before the client connects. */
    readonly prepare?: (client: Client) => void;
  } = {},
): Promise<Session> {
  const args = ['--era', door.server, ...(options.args ?? [])];
  const server = door.transport === 'stdio' ? overStdio(args) : await overHttp(args);
  const client = new Client(
    { name: 'test', version: '1' },
    {
      ...options.client,
      versionNegotiation: { mode: door.client === 'legacy' ? 'legacy' : { pin: '2026-07-28' } },
    },
  );
  options.prepare?.(client);
  try {
    await client.connect(server.transport);
    // With the list at hand the client checks every result against its tool's output schema.
    await client.listTools();
  } catch (error) {
    await server.close();
    throw error;
  }
  return {
    client,
    server: { pid: server.pid(), stderr: server.stderr },
    call: async (name, args = {}, how = {}) => await call(client, { name, args, how }),
    [Symbol.asyncDispose]: async () => {
      await client.close();
      await server.close();
    },
  };
}

async function call(
  client: Client,
  request: { name: string; args: object; how: CallOptions },
): Promise<ToolAnswer> {
  const { name, args, how } = request;
  const { meta, ...options } = how;
  const params = { name, arguments: { ...args }, ...(meta === undefined ? {} : { _meta: meta }) };
  const result = await client.callTool(params, options);
  return {
    isError: result.isError === true,
    text: result.content.map((block) => (block.type === 'text' ? block.text : '')).join('\n'),
    data: (result.structuredContent ?? {}) as Record<string, unknown>,
    content: result.content,
  };
}

interface Reachable {
  readonly transport: Parameters<Client['connect']>[0];
  pid(): number;
  readonly stderr: () => string;
  close(): Promise<void>;
}

/** A subclass, so that the client negotiates with this very process instead of a second one. */
class InPlaceTransport extends StdioClientTransport {}

function overStdio(args: readonly string[]): Reachable {
  const transport = new InPlaceTransport({
    command: process.execPath,
    args: [SERVER, ...args],
    stderr: 'pipe',
    maxBufferSize: 128 * 1024 * 1024,
  });
  let stderr = '';
  transport.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return {
    transport,
    pid: () => transport.pid ?? 0,
    stderr: () => stderr,
    close: async () => await transport.close(),
  };
}

async function overHttp(args: readonly string[]): Promise<Reachable> {
  const server = await startHttp(args);
  return {
    transport: new StreamableHTTPClientTransport(server.url),
    pid: () => server.child.pid ?? 0,
    stderr: server.stderr,
    close: async () => await server[Symbol.asyncDispose](),
  };
}

export interface HttpServer extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly url: URL;
  readonly stderr: () => string;
}

/** Starts the server with --http and resolves when it has printed its address. */
export async function startHttp(args: readonly string[]): Promise<HttpServer> {
  const child = spawn(process.execPath, [SERVER, '--http', ...args], {
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  const gone = once(child, 'close');
  let stderr = '';
  const url = await new Promise<URL>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk;
      const printed = /listening on (http:\S+)/.exec(stderr)?.[1];
      if (printed !== undefined) resolve(new URL(printed));
    });
    gone.then(() => reject(new Error(`the server ended: ${stderr}`)), reject);
  });
  return {
    child,
    url,
    stderr: () => stderr,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM');
      await gone;
    },
  };
}
