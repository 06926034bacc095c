import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';

/** The built server: `npm test` builds it first. */
export const SERVER = path.resolve('dist/servers/workspace/server.js');

if (!existsSync(SERVER)) throw new Error(`${SERVER} is missing: run npm run build first`);

/** How a client reaches the server: each transport in each protocol era. */
export const DOORS = [
  { transport: 'stdio', era: 'legacy' },
  { transport: 'stdio', era: 'modern' },
  { transport: 'http', era: 'legacy' },
  { transport: 'http', era: 'modern' },
] as const;

export type Door = (typeof DOORS)[number];

export const STDIO: Door = DOORS[1];
export const HTTP: Door = DOORS[3];

interface ToolAnswer {
  readonly isError: boolean;
  /** All text blocks, a line each. */
  readonly text: string;
  readonly data: Record<string, unknown>;
}

export interface Session extends AsyncDisposable {
  readonly client: Client;
  readonly pid: number;
  call(name: string, args: object, signal?: AbortSignal): Promise<ToolAnswer>;
}

/** A folder to serve, and one beside it that must stay out of reach. Both go when the test is over. */
export interface Scratch extends AsyncDisposable {
  readonly root: string;
  readonly outside: string;
  /** Absolute path of something in the root. */
  at(...segments: string[]): string;
}

export async function scratch(files: Record<string, string | Uint8Array> = {}): Promise<Scratch> {
  const base = await realpath(await mkdtemp(path.join(tmpdir(), 'workspace-')));
  const root = path.join(base, 'root');
  const outside = path.join(base, 'outside');
  await mkdir(root);
  await mkdir(outside);
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(root, name)), { recursive: true });
    await writeFile(path.join(root, name), content);
  }
  return {
    root,
    outside,
    at: (...segments) => path.join(root, ...segments),
    [Symbol.asyncDispose]: async () => await rm(base, { recursive: true, force: true }),
  };
}

/** A connected client of a server of its own; both end with the session. */
export async function openSession(
  root: string,
  options: {
    readonly door?: Door;
    readonly args?: readonly string[];
    readonly env?: Record<string, string>;
  } = {},
): Promise<Session> {
  const door = options.door ?? STDIO;
  const args = ['--root', root, ...(options.args ?? [])];
  const env = options.env ?? {};
  const server = door.transport === 'stdio' ? overStdio(args, env) : await overHttp(args, env);
  const client = await connect(server.transport, door.era);
  return {
    client,
    pid: server.pid(),
    call: async (name, args, signal) => await call(client, { name, args, signal }),
    [Symbol.asyncDispose]: async () => {
      await client.close();
      await server.close();
    },
  };
}

async function connect(transport: Transport, era: Door['era']): Promise<Client> {
  const client = new Client(
    { name: 'test', version: '1' },
    { versionNegotiation: { mode: era === 'legacy' ? 'legacy' : { pin: '2026-07-28' } } },
  );
  await client.connect(transport);
  // With the list at hand the client checks every result against its tool's output schema.
  await client.listTools();
  return client;
}

async function call(
  client: Client,
  request: { name: string; args: object; signal: AbortSignal | undefined },
): Promise<ToolAnswer> {
  const { name, args, signal } = request;
  const result = await client.callTool(
    { name, arguments: { ...args } },
    signal === undefined ? {} : { signal },
  );
  return {
    isError: result.isError === true,
    text: result.content.map((block) => (block.type === 'text' ? block.text : '')).join('\n'),
    data: (result.structuredContent ?? {}) as Record<string, unknown>,
  };
}

type Transport = Parameters<Client['connect']>[0];

interface Reachable {
  readonly transport: Transport;
  pid(): number;
  close(): Promise<void>;
}

/** A subclass, so that the client negotiates with this very process instead of a second one. */
class InPlaceTransport extends StdioClientTransport {}

function overStdio(args: readonly string[], env: Record<string, string>): Reachable {
  const transport = new InPlaceTransport({
    command: process.execPath,
    args: [SERVER, ...args],
    env,
    stderr: 'inherit',
  });
  return {
    transport,
    pid: () => transport.pid ?? 0,
    close: async () => await transport.close(),
  };
}

async function overHttp(args: readonly string[], env: Record<string, string>): Promise<Reachable> {
  const server = await startHttp(args, env);
  return {
    transport: new StreamableHTTPClientTransport(server.url),
    pid: () => server.child.pid ?? 0,
    close: async () => await server[Symbol.asyncDispose](),
  };
}

export interface HttpServer extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly url: URL;
}

/** Starts the server with --http and resolves when it has printed its address. */
export async function startHttp(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<HttpServer> {
  const child = spawn(process.execPath, [SERVER, '--http', ...args], {
    stdio: ['ignore', 'inherit', 'pipe'],
    env: { ...process.env, ...env },
  });
  const gone = once(child, 'close');
  const url = await new Promise<URL>((resolve, reject) => {
    let text = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const printed = /listening on (http:\S+)/.exec(text)?.[1];
      if (printed !== undefined) resolve(new URL(printed));
    });
    gone.then(() => reject(new Error(`the server ended: ${text}`)), reject);
  });
  return {
    child,
    url,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM');
      await gone;
    },
  };
}

export interface ProcessEntry {
  readonly pid: number;
  readonly ppid: number;
  readonly name: string;
}

/** The live children of a process, by Linux's own books. */
export function childrenOf(parent: number): ProcessEntry[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const stat = statLine(pid);
      const fields = /^\d+ \((.*)\) (\S) (\d+)/s.exec(stat);
      if (fields === null || fields[2] === 'Z') return [];
      return [{ pid: Number(pid), ppid: Number(fields[3]), name: fields[1] ?? '' }];
    })
    .filter(({ ppid }) => ppid === parent);
}

/** Empty for a process that ended between the listing and the look. */
function statLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return '';
  }
}
