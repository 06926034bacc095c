import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Offers } from '../../src/call/asks.ts';
import type { HostEvent, ServerNotice, ServerState } from '../../src/call/events.ts';
import { serverId } from '../../src/call/names.ts';
import type { Outcome } from '../../src/call/outcome.ts';
import { toolName } from '../../src/call/names.ts';
import type { JsonObject } from '../../src/base/json.ts';
import type {
  Endpoint,
  OAuthSettings,
  ServerConfig,
  Timeouts,
} from '../../src/config/host-config.ts';
import { Connection } from '../../src/connect/connection.ts';
import type { Authorize } from '../../src/connect/oauth/ask-person.ts';
import type { RestartOptions } from '../../src/connect/restart-policy.ts';
import { livingProcesses, MARKER } from './leaks.ts';
import { life, type LifeOptions } from './life.ts';
import { NOTHING_OFFERED } from './offers.ts';

export const SERVERS = fileURLToPath(new URL('./servers', import.meta.url));

/** One thing that happened to a fixture server. */
export interface WireEvent {
  readonly event: string;
  readonly pid: number;
  readonly method?: string;
  readonly id?: string | number;
  readonly params?: { readonly requestId?: string | number };
  readonly child?: number;
}

export interface Setup {
  /** Name of the server. Default `raw`. */
  readonly name?: string;
  readonly endpoint: Endpoint;
  readonly protocol?: ServerConfig['protocol'];
  readonly timeouts?: Partial<Timeouts>;
  /** Default 64 MiB. */
  readonly maxMessageBytes?: number;
  readonly start?: ServerConfig['start'];
  /** What the server may ask for. Default: nothing. */
  readonly offers?: Offers;
  /** Default: the process's. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Allows the access to the server. Default: nobody is there. */
  readonly authorize?: Authorize;
  /** How it is brought back. Default: as the product does. */
  readonly restart?: Partial<RestartOptions>;
}

/** A config of one server, with the defaults that the real one has. */
export function serverConfig(setup: Setup): ServerConfig {
  const id = serverId(setup.name ?? 'raw');
  return {
    kind: 'server',
    id,
    prefix: id,
    endpoint: setup.endpoint,
    protocol: setup.protocol ?? 'auto',
    start: setup.start ?? 'eager',
    isolation: 'shared',
    parallel: 'auto',
    maxInFlight: 64,
    rate: undefined,
    resource: id,
    timeouts: {
      queueMs: 600_000,
      connectMs: 30_000,
      attemptMs: 300_000,
      idleMs: 60_000,
      totalMs: 600_000,
      ...setup.timeouts,
    },
    include: ['*'],
    exclude: [],
    tools: new Map(),
  };
}

/** A connection under test with everything that it told, and nothing of it left once it is disposed of. */
export class TestConnection implements AsyncDisposable {
  readonly connection: Connection;
  readonly events: HostEvent[] = [];
  readonly marker: string;
  readonly #log: string | undefined;
  readonly #folder: string | undefined;

  constructor(setup: Setup, log: { readonly marker: string; readonly folder: string | undefined }) {
    this.marker = log.marker;
    this.#folder = log.folder;
    this.#log = log.folder === undefined ? undefined : join(log.folder, 'wire.log');
    this.connection = new Connection(
      serverConfig(setup),
      {
        env: setup.env ?? process.env,
        authorize: setup.authorize,
        expand: (endpoint) => endpoint,
        emit: (event) => {
          this.events.push(event);
        },
        version: '0.0.0-test',
        offers: setup.offers ?? NOTHING_OFFERED,
        redact: (text) => text,
      },
      {
        maxMessageBytes: setup.maxMessageBytes ?? 64 * 1024 * 1024,
        ...(setup.restart !== undefined && { restart: setup.restart }),
      },
    );
  }

  /** What the server saw, in order. */
  wire(): readonly WireEvent[] {
    if (this.#log === undefined || !existsSync(this.#log)) return [];
    const lines = readFileSync(this.#log, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line) as WireEvent);
  }

  /** How often its process was started. */
  starts(): number {
    return this.wire().filter((event) => event.event === 'start').length;
  }

  /** The states that it went through, in order. */
  states(): readonly ServerState[] {
    return this.events.flatMap((event) =>
      event.kind === 'connection-change' ? [event.state] : [],
    );
  }

  /** How often it listed other tools while it was ready. */
  get toolChanges(): number {
    const kinds = this.states().map(({ kind }) => kind);
    return kinds.filter((kind, at) => kind === 'ready' && kinds[at - 1] === 'ready').length;
  }

  notices(): readonly ServerNotice[] {
    return this.events.filter((event) => event.kind === 'server-notice');
  }

  noticeCodes(): readonly string[] {
    return this.notices().map((notice) => notice.code);
  }

  living(): readonly number[] {
    return livingProcesses(this.marker);
  }

  /** A call as the pipeline makes it: a server that is being brought back is waited for. */
  async call(name: string, args: JsonObject = {}, options: LifeOptions = {}): Promise<Outcome> {
    const waited = this.connection.recovery();
    if (waited !== undefined) await waited;
    return this.connection.callTool(toolName(name), args, life(options));
  }

  /** Connects; fails the test when the server does not become ready. */
  async ready(): Promise<this> {
    const state = await this.connection.settled();
    if (state.kind !== 'ready') throw new Error(`not ready: ${JSON.stringify(state)}`);
    return this;
  }

  /** Connects; fails the test when the server does become ready. Returns the reason. */
  async failure(): Promise<string> {
    const state: ServerState = await this.connection.settled();
    if (state.kind !== 'failed') throw new Error(`not failed: ${JSON.stringify(state)}`);
    return state.reason;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.connection.close();
    const left = this.living();
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
    if (left.length > 0)
      throw new Error(`processes of the server are left after close: ${left.join(', ')}`);
  }
}

export interface RawOptions extends Partial<Omit<Setup, 'endpoint'>> {
  /** Passed to `raw.mjs`. */
  readonly options?: unknown;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The host's own. Default: the process's. */
  readonly hostEnv?: Setup['env'];
  readonly command?: string;
  readonly cwd?: string;
}

/** A connection to `servers/raw.mjs` in one of its modes. */
export function rawServer(mode = 'good', options: RawOptions = {}): TestConnection {
  return stdioServer(
    options.command ?? process.execPath,
    [
      join(SERVERS, 'raw.mjs'),
      mode,
      JSON.stringify(options.options ?? {}),
      ...(options.args ?? []),
    ],
    options,
  );
}

/** A connection to any stdio server. */
export function stdioServer(
  command: string,
  args: readonly string[],
  options: RawOptions = {},
): TestConnection {
  const folder = mkdtempSync(join(tmpdir(), 'fanout-'));
  const marker = randomUUID();
  const { env: given, hostEnv, ...setup } = options;
  const env = { [MARKER]: marker, WIRE_LOG: join(folder, 'wire.log'), ...given };
  const endpoint: Endpoint = {
    kind: 'stdio',
    command,
    args,
    env,
    cwd: options.cwd ?? process.cwd(),
  };
  return new TestConnection(
    { ...setup, endpoint, ...(hostEnv !== undefined && { env: hostEnv }) },
    { marker, folder },
  );
}

/** A connection to an HTTP server. */
export function httpServer(
  url: string,
  options: Partial<Setup> & {
    readonly headers?: Readonly<Record<string, string>>;
    readonly oauth?: OAuthSettings;
  } = {},
): TestConnection {
  const { headers = {}, oauth } = options;
  const endpoint: Endpoint = { kind: 'http', url, headers, ...(oauth !== undefined && { oauth }) };
  return new TestConnection({ endpoint, ...options }, { marker: randomUUID(), folder: undefined });
}

/** The text of an outcome's first block. */
export function textOf(outcome: Outcome): string {
  if (outcome.kind !== 'ok' && outcome.kind !== 'tool-error')
    throw new Error(`no answer: ${JSON.stringify(outcome)}`);
  const text = outcome.content[0]?.['text'];
  return typeof text === 'string' ? text : JSON.stringify(outcome.content[0]);
}
