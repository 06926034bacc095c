import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';

/** The built server: `npm test` builds it first. */
export const SERVER = path.resolve('dist/servers/git/server.js');

if (!existsSync(SERVER)) throw new Error(`${SERVER} is missing: run npm run build first`);

export const ERAS = ['legacy', 'modern'] as const;

type Era = (typeof ERAS)[number];

/** A repository of its own, with a user of its own, in a folder that goes when the test is over. */
export interface Scratch extends AsyncDisposable {
  /** The folder that everything is in. */
  readonly base: string;
  /** The top of the work tree. */
  readonly repo: string;
  /** What a server and a git of this repository's user have in their environment. */
  readonly env: Record<string, string>;
  /** Absolute path of something in the repository. */
  at(...segments: string[]): string;
  write(files: Record<string, string | Uint8Array>): Promise<void>;
  /** Runs git as the user would; returns what it prints, without the last line end. */
  git(...args: string[]): string;
  /** Writes the files and commits them; returns the commit's id. The commits are a day apart. */
  commit(message: string, files: Record<string, string | Uint8Array>): Promise<string>;
}

const CONFIG = `[user]\n\tname = Ann Author\n\temail = ann@example.com\n[init]\n\tdefaultBranch = main\n`;

export async function scratch(files: Record<string, string | Uint8Array> = {}): Promise<Scratch> {
  const base = await realpath(await mkdtemp(path.join(tmpdir(), 'git-server-')));
  const repo = path.join(base, 'repo');
  await mkdir(repo);
  await writeFile(path.join(base, 'gitconfig'), CONFIG);
  const env = {
    HOME: base,
    PATH: process.env['PATH'] ?? '',
    GIT_CONFIG_GLOBAL: path.join(base, 'gitconfig'),
    GIT_CONFIG_NOSYSTEM: '1',
  };
  let day = 0;
  const run = (args: readonly string[], more: Record<string, string> = {}) =>
    execFileSync('git', args, {
      cwd: repo,
      env: { ...env, ...more },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).replace(/\n$/, '');
  const write = async (entries: Record<string, string | Uint8Array>) => {
    for (const [name, content] of Object.entries(entries)) {
      await mkdir(path.dirname(path.join(repo, name)), { recursive: true });
      await writeFile(path.join(repo, name), content);
    }
  };
  const commit = async (message: string, entries: Record<string, string | Uint8Array>) => {
    await write(entries);
    day += 1;
    const date = `2026-01-${String(day).padStart(2, '0')}T12:00:00+02:00`;
    run(['add', '--all']);
    run(['commit', '--quiet', '--allow-empty', `--message=${message}`], {
      GIT_AUTHOR_DATE: date,
      GIT_COMMITTER_DATE: date,
    });
    return run(['rev-parse', 'HEAD']);
  };
  run(['init', '--quiet']);
  if (Object.keys(files).length > 0) await commit('First', files);
  return {
    base,
    repo,
    env,
    at: (...segments) => path.join(repo, ...segments),
    write,
    git: (...args) => run(args),
    commit,
    [Symbol.asyncDispose]: async () => await rm(base, { recursive: true, force: true }),
  };
}

interface ToolAnswer {
  readonly isError: boolean;
  /** All text blocks, a line each. */
  readonly text: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- each test says by its expectations what it is
  readonly data: Record<string, any>;
}

export interface Session extends AsyncDisposable {
  readonly client: Client;
  readonly pid: number;
  call(name: string, args?: object, signal?: AbortSignal): Promise<ToolAnswer>;
}

/** A subclass, so that the client negotiates with this very process instead of a second one. */
class InPlaceTransport extends StdioClientTransport {}

/** A connected client of a server of its own; both end with the session. */
export async function openSession(
  folder: Scratch,
  options: {
    readonly era?: Era;
    readonly args?: readonly string[];
    readonly env?: Record<string, string>;
    readonly repo?: string;
  } = {},
): Promise<Session> {
  const transport = new InPlaceTransport({
    command: process.execPath,
    args: [SERVER, '--repo', options.repo ?? folder.repo, ...(options.args ?? [])],
    env: { ...folder.env, ...options.env },
    stderr: 'inherit',
  });
  const client = new Client(
    { name: 'test', version: '1' },
    {
      versionNegotiation: { mode: options.era === 'legacy' ? 'legacy' : { pin: '2026-07-28' } },
    },
  );
  await client.connect(transport);
  // With the list at hand the client checks every result against its tool's output schema.
  await client.listTools();
  return {
    client,
    pid: transport.pid ?? 0,
    call: async (name, args = {}, signal) => {
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
    [Symbol.asyncDispose]: async () => {
      await client.close();
    },
  };
}
