import { deferred, type Deferred } from '../base/deferred.ts';
import { describe, HostError } from '../base/errors.ts';
import { canonicalJson, type JsonObject } from '../base/json.ts';
import { visibleLine } from '../base/visible.ts';
import type { HostEvent, ServerState } from '../call/events.ts';
import type { ServerId, ToolName } from '../call/names.ts';
import type { Outcome } from '../call/outcome.ts';
import type { Endpoint, ServerConfig } from '../config/host-config.ts';
import { failed } from './call-outcome.ts';
import { Launch } from './launch.ts';
import type { RawTool } from './raw-tool.ts';
import type { CallOptions, Session } from './session.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What a connection needs of its surroundings. */
export interface ConnectionPorts {
  /** The variables that endpoints are expanded with, and the safe part of what a stdio server inherits. */
  readonly env: Environment;
  /** Replaces `${…}` in an endpoint; throws a HostError `config` that names what is unset. */
  readonly expand: (endpoint: Endpoint, env: Environment) => Endpoint;
  /** Receives `connection-change` and `server-notice`. Must not throw. */
  readonly emit: (event: HostEvent) => void;
  /** The server's tools were listed anew and differ: `connection.tools()` is the new list. Not called for the first list, which comes with `ready`. */
  readonly onToolsChanged: (connection: Connection) => void;
  /** The client's own version, as servers see it. */
  readonly version: string;
}

export interface ConnectionLimits {
  /** Largest message accepted from the server, in bytes. */
  readonly maxMessageBytes: number;
}

/** Each state owns what only it needs. What is to be waited for when it is left is in `gone`. */
type State =
  | { readonly kind: 'idle' }
  | {
      readonly kind: 'connecting';
      readonly launch: Launch;
      readonly settled: Deferred<ServerState>;
    }
  | {
      readonly kind: 'ready';
      readonly session: Session;
      readonly readyMs: number;
      readonly relisting: AbortController;
    }
  | { readonly kind: 'failed'; readonly reason: string; readonly gone: Promise<void> }
  | { readonly kind: 'closed'; readonly gone: Promise<void> };

/** Between a change of the list of tools and reading it anew, ms: changes come in flocks, and a storm of them must not become one of requests. */
const RELIST_MS = 100;
const MAX_NOTICES = 50;

/**
 * The connection to one server. It owns one session at a time; a session that ends by itself leaves it `failed`, with the cause.
 */
export class Connection {
  readonly config: ServerConfig;
  readonly #ports: ConnectionPorts;
  readonly #limits: ConnectionLimits;
  readonly #noticed = new Set<string>();
  #state: State = { kind: 'idle' };
  #relist: 'idle' | 'waiting' | 'running' | 'again' = 'idle';

  constructor(config: ServerConfig, ports: ConnectionPorts, limits: ConnectionLimits) {
    this.config = config;
    this.#ports = ports;
    this.#limits = limits;
  }

  get id(): ServerId {
    return this.config.id;
  }

  /** Never `disabled`. */
  get state(): ServerState {
    const state = this.#state;
    if (state.kind === 'failed') return { kind: 'failed', reason: state.reason };
    if (state.kind !== 'ready') return { kind: state.kind };
    const { session, readyMs } = state;
    return {
      kind: 'ready',
      tools: session.tools().length,
      readyMs,
      protocolVersion: session.protocolVersion,
    };
  }

  /** Begins to connect when idle; otherwise does nothing. */
  start(): void {
    if (this.#state.kind !== 'idle') return;
    let endpoint: Endpoint;
    try {
      endpoint = this.#ports.expand(this.config.endpoint, this.#ports.env);
    } catch (reason) {
      this.#enter({
        kind: 'failed',
        reason: HostError.from(reason).message,
        gone: Promise.resolve(),
      });
      return;
    }
    const launch = new Launch({
      server: this.id,
      endpoint,
      protocol: this.config.protocol,
      connectMs: this.config.timeouts.connectMs,
      env: this.#ports.env,
      maxMessageBytes: this.#limits.maxMessageBytes,
      version: this.#ports.version,
      notify: (code, message) => {
        this.#notify(code, message);
      },
      onListChanged: () => {
        this.#scheduleRelist();
      },
    });
    const settled = deferred<ServerState>();
    this.#enter({ kind: 'connecting', launch, settled });
    void this.#connect(launch, settled);
  }

  /** Starts if idle, and resolves (never rejects) once the state is `ready`, `failed` or `closed`. */
  settled(): Promise<ServerState> {
    this.start();
    return this.#state.kind === 'connecting'
      ? this.#state.settled.promise
      : Promise.resolve(this.state);
  }

  /** The tools, in the server's order; empty unless `ready`. The same array until the list changes. */
  tools(): readonly RawTool[] {
    return this.#state.kind === 'ready' ? this.#state.session.tools() : NO_TOOLS;
  }

  /** Calls a tool. Never rejects; on a connection that is not ready it fails with code `not-connected`, `ran: "no"`. */
  callTool(name: ToolName, args: JsonObject, options: CallOptions): Promise<Outcome> {
    const state = this.#state;
    if (state.kind === 'ready') return state.session.callTool(name, args, options);
    const why =
      state.kind === 'failed' ? state.reason : `server "${this.id}" is ${NOT_READY[state.kind]}`;
    return Promise.resolve(failed('not-connected', `${why} Nothing was sent.`, 'no'));
  }

  /** Ends every call in flight, and resolves when the server's processes and sockets are gone. Never rejects. */
  close(): Promise<void> {
    if (this.#state.kind === 'closed') return this.#state.gone;
    const gone = this.#leave(this.#state);
    this.#enter({ kind: 'closed', gone });
    return gone;
  }

  async #leave(state: State): Promise<void> {
    const reason = new HostError('closed', `the connection to server "${this.id}" was closed`);
    switch (state.kind) {
      case 'idle':
        return;
      case 'connecting':
        state.launch.abort(reason);
        await state.settled.promise;
        await state.launch.gone;
        return;
      case 'ready':
        state.relisting.abort(reason);
        await state.session.close(reason);
        return;
      case 'failed':
      case 'closed':
        await state.gone;
    }
  }

  async #connect(launch: Launch, settled: Deferred<ServerState>): Promise<void> {
    const startedAt = performance.now();
    try {
      const session = await launch.run();
      const readyMs = performance.now() - startedAt;
      if (this.#state.kind === 'connecting') {
        this.#enter({ kind: 'ready', session, readyMs, relisting: new AbortController() });
        void this.#watch(session);
      } else
        await session.close(
          new HostError('closed', `the connection to server "${this.id}" was closed`),
        );
    } catch (reason) {
      if (this.#state.kind === 'connecting') {
        this.#enter({ kind: 'failed', reason: HostError.from(reason).message, gone: launch.gone });
      }
    }
    settled.resolve(this.state);
  }

  /** A session that ended by itself, after it was ready. */
  async #watch(session: Session): Promise<void> {
    const reason = await session.ended;
    if (this.#state.kind !== 'ready' || this.#state.session !== session) return;
    this.#state.relisting.abort(reason);
    this.#enter({ kind: 'failed', reason: reason.message, gone: session.close(reason) });
  }

  #enter(state: State): void {
    this.#state = state;
    this.#ports.emit({ kind: 'connection-change', server: this.id, state: this.state });
  }

  /** Each thing once per server, and not more things than anybody reads. */
  #notify(code: string, message: string): void {
    if (this.#noticed.has(code) || this.#noticed.size > MAX_NOTICES) return;
    this.#noticed.add(code);
    const isLast = this.#noticed.size > MAX_NOTICES;
    const text = isLast
      ? `there is more to say about server "${this.id}", which is left out`
      : `server "${this.id}": ${message}`;
    const [kind = code] = code.split(':', 1);
    this.#ports.emit({
      kind: 'server-notice',
      server: this.id,
      code: isLast ? 'more-notices' : kind,
      message: text,
    });
  }

  // The list of tools: at most one request in flight, and one more to come.

  #scheduleRelist(): void {
    if (this.#relist === 'running') this.#relist = 'again';
    if (this.#relist !== 'idle') return;
    this.#relist = 'waiting';
    setTimeout(() => {
      void this.#readList();
    }, RELIST_MS).unref();
  }

  async #readList(): Promise<void> {
    const state = this.#state;
    this.#relist = 'running';
    if (state.kind === 'ready') {
      const before = state.session.tools();
      try {
        await state.session.relist(state.relisting.signal);
        const changed = canonicalJson(before) !== canonicalJson(state.session.tools());
        if (changed && this.#state === state) {
          this.#ports.emit({ kind: 'connection-change', server: this.id, state: this.state });
          this.#ports.onToolsChanged(this);
        }
      } catch (reason) {
        // The server that is gone, or was closed, is told of elsewhere.
        if (this.#state === state) {
          this.#notify(
            'relist-failed',
            `its tools have changed, but could not be listed anew; the old list is used: ${visibleLine(describe(reason))}`,
          );
        }
      }
    }
    this.#endRelist();
  }

  #endRelist(): void {
    const isWanted = this.#relist === 'again';
    this.#relist = 'idle';
    if (isWanted) this.#scheduleRelist();
  }
}

const NO_TOOLS: readonly RawTool[] = [];

const NOT_READY: Record<'idle' | 'connecting' | 'closed', string> = {
  idle: 'not started.',
  connecting: 'still connecting.',
  closed: 'closed.',
};
