import { existsSync } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { childrenOf, type Scratch } from './workspace-session.ts';

/** The built server: `npm test` builds it first. */
export const SERVER = path.resolve('dist/servers/typescript/server.js');

if (!existsSync(SERVER)) throw new Error(`${SERVER} is missing: run npm run build first`);

export const ERAS = ['legacy', 'modern'] as const;

interface ToolAnswer {
  readonly isError: boolean;
  /** All text blocks, a line each. */
  readonly text: string;
  readonly data: Record<string, unknown>;
}

export interface Session extends AsyncDisposable {
  readonly client: Client;
  /** Of the server. */
  readonly pid: number;
  /** What a quiet server has said on stderr so far. */
  said(): string;
  call(name: string, args: object, signal?: AbortSignal): Promise<ToolAnswer>;
}

/** A subclass, so that the client negotiates with this very process instead of a second one. */
class InPlaceTransport extends StdioClientTransport {}

/** A connected client of a server of its own; both end with the session. */
export async function openSession(
  project: string,
  options: {
    readonly era?: (typeof ERAS)[number];
    readonly args?: readonly string[];
    readonly env?: Record<string, string>;
    /** What the server says on stderr is shown, unless this is set: then it is kept for `said`. */
    readonly quiet?: boolean;
  } = {},
): Promise<Session> {
  const transport = new InPlaceTransport({
    command: process.execPath,
    args: [SERVER, '--project', project, ...(options.args ?? [])],
    env: options.env ?? {},
    stderr: options.quiet === true ? 'pipe' : 'inherit',
  });
  let said = '';
  transport.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const client = new Client(
    { name: 'test', version: '1' },
    { versionNegotiation: { mode: options.era === 'legacy' ? 'legacy' : { pin: '2026-07-28' } } },
  );
  await client.connect(transport);
  // With the list at hand the client checks every result against its tool's output schema.
  await client.listTools();
  return {
    client,
    pid: transport.pid ?? 0,
    said: () => said,
    call: async (name, args, signal) => {
      const result = await client.callTool(
        { name, arguments: { ...args } },
        signal === undefined ? {} : { signal },
      );
      return {
        isError: result.isError === true,
        text: result.content.map((block) => (block.type === 'text' ? block.text : '')).join('\n'),
        data: (result.structuredContent ?? {}) as Record<string, unknown>,
      };
    },
    [Symbol.asyncDispose]: async () => await client.close(),
  };
}

/** The language server's process id; undefined when there is none. */
export function languageServerOf(pid: number): number | undefined {
  return childrenOf(pid)[0]?.pid;
}

/** A compiler that does what `mode` says (see fixtures/fake-tsc.mjs), as an executable in the folder. */
export async function fakeCompiler(folder: Scratch, mode: string): Promise<FakeCompiler> {
  const script = path.resolve('test/servers/fixtures/fake-tsc.mjs');
  const log = path.join(folder.outside, 'fake.log');
  const tsc = path.join(folder.outside, 'tsc');
  const words = [process.execPath, script, mode, log].map((word) => `'${word}'`);
  await writeFile(tsc, `#!/bin/sh\nexec ${words.join(' ')} "$@"\n`);
  await chmod(tsc, 0o755);
  await writeFile(log, '');
  return { tsc, log };
}

export interface FakeCompiler {
  readonly tsc: string;
  /** Gets a line for each message that it receives. */
  readonly log: string;
}
