import { deferred } from '../base/deferred.ts';
import { describe, HostError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import { visibleLine } from '../base/visible.ts';
import type { CallLife } from '../call/call-life.ts';
import type { ServerState } from '../call/events.ts';
import type { ServerId, ToolName } from '../call/names.ts';
import type { Outcome } from '../call/outcome.ts';
import type { ServerConfig } from '../config/host-config.ts';
import {
  hasList,
  isTried,
  notReady,
  shownState,
  type Attempt,
  type Setback,
  type State,
} from './connection-state.ts';
import type { ConnectionLimits, ConnectionPorts } from './connection-ports.ts';
import { Draining } from './draining.ts';
import { KnownTools } from './known-tools.ts';
import { Launch, type Known } from './launch.ts';
import { leaveState } from './leave-state.ts';
import { tellOnce } from './notices.ts';
import { authorizationFor } from './oauth/authorization-for.ts';
import { Outage } from './outage.ts';
import type { RawTool } from './raw-tool.ts';
import { Relisting } from './relisting.ts';
import { RestartPolicy } from './restart-policy.ts';
import type { Session } from './session.ts';
import { failureWords, mayPassByItself, setbackKind, setbackWords } from './setback.ts';
import type { Notify } from './wire-transport.ts';

/** The variable that turns the lane of calls off, with `sdk`: to tell whether it is to blame for something. */
const CALL_PATH = 'MCP_FANOUT_CALL_PATH';

/**
 * The connection to one server. It owns one session at a time, and makes another when that ends by itself:
 *
 * - C1. One process at a time: a stdio server is started anew only when everything of its last life is gone.
 * - C2. A server that was ready is `backing-off` until it is back, and keeps its tools; calls wait for `recovery`, at most `connectMs` from its loss on.
 * - C3. A server that does not come up at all, and one that goes away too often, is `failed`: calls to it fail at once, and its tools are gone. It is still tried
 *   again where the cause may pass.
 * - C4. After `close` nothing is left: no process, socket or timer.
 */
export class Connection {
  readonly config: ServerConfig;
  readonly #ports: ConnectionPorts;
  readonly #maxMessageBytes: number;
  readonly #restarts: RestartPolicy;
  readonly #notify: Notify;
  /** Sessions that take no new calls, but still answer some. */
  readonly #draining = new Draining();
  #state: State = { kind: 'idle' };
  #known: Known | undefined;
  #authorization: ReturnType<typeof authorizationFor> | undefined;
  readonly #tools: KnownTools;

  constructor(config: ServerConfig, ports: ConnectionPorts, limits: ConnectionLimits) {
    this.config = config;
    this.#ports = ports;
    this.#maxMessageBytes = limits.maxMessageBytes;
    this.#restarts = new RestartPolicy(limits.restart);
    this.#notify = tellOnce(config.id, ports.emit, ports.redact);
    this.#tools = new KnownTools(ports.remembered);
  }

  get id(): ServerId {
    return this.config.id;
  }

  /** Never `disabled`. */
  get state(): ServerState {
    return shownState(this.#state, this.#tools.all.length);
  }

  /** Begins to connect when idle; otherwise does nothing. */
  start(): void {
    if (this.#state.kind !== 'idle') return;
    try {
      const attempt = this.#prepare();
      this.#enter({ kind: 'connecting', attempt });
      void this.#run(attempt, Promise.resolve());
    } catch (reason) {
      this.#fall(HostError.from(reason), { uptimeMs: undefined, gone: Promise.resolve() });
    }
  }

  /** Starts if idle, and resolves (never rejects) once the first try is over: the state is not `idle` or `connecting` then. */
  async settled(): Promise<ServerState> {
    this.start();
    if (this.#state.kind === 'connecting') await this.#state.attempt.settled.promise;
    return this.state;
  }

  /**
   * What a call that needs the server now should wait for; `undefined` when it should not wait, whatever the state. Never rejects; ask for the state then.
   * A server that was left alone because it went away too often is tried at once for this, if it was for a while.
   */
  recovery(): Promise<unknown> | undefined {
    const state = this.#state;
    if (state.kind === 'connecting') return state.attempt.settled.promise;
    if (state.kind === 'backing-off') return state.outage.waited;
    if (state.kind !== 'failed' || state.next === undefined) return undefined;
    const { minUptimeMs } = this.#restarts.options;
    const { setback, next } = state;
    if (next.kind === 'timer' && setback.isAlone && performance.now() - setback.at >= minUptimeMs) {
      return this.#tryAgain()?.settled.promise;
    }
    return isTried(next) ? next.attempt.settled.promise : undefined;
  }

  /** Whether there is a list of tools: the server's own, or what is remembered of it while it has not given one. */
  get isListed(): boolean {
    return hasList(this.#state, this.#ports.remembered !== undefined);
  }

  /** The tools, in the server's order; empty unless `isListed`. The same array until the list changes. */
  tools(): readonly RawTool[] {
    return this.isListed ? this.#tools.all : [];
  }

  /**
   * Calls a tool. Never rejects, and settles at once when the call is told to stop. On a connection that is not ready it fails at once, `ran: "no"`: with code `connection-lost` where `recovery` says what to wait for,
   * otherwise with `not-connected`.
   */
  callTool(name: ToolName, args: JsonObject, life: CallLife): Promise<Outcome> {
    const state = this.#state;
    if (state.kind === 'ready') return state.session.callTool(name, args, life);
    return Promise.resolve(notReady(this.id, state));
  }

  /** Ends every call in flight, and resolves when the server's processes and sockets are gone. Never rejects. */
  close(): Promise<void> {
    if (this.#state.kind === 'closed') return this.#state.gone;
    const reason = this.#closedReason();
    const gone = Promise.all([
      leaveState(this.#state, reason),
      this.#draining.close(reason),
      // Where it could not be opened, whoever connected was told.
      this.#authorization?.then((one) => one?.close()).catch(() => undefined),
    ]).then(() => undefined);
    this.#enter({ kind: 'closed', gone }); // C4
    return gone;
  }

  /** Throws a HostError `config` where the endpoint cannot be expanded. */
  #prepare(): Attempt {
    const settled = deferred<void>();
    const { connectMs } = this.config.timeouts;
    const relisting = new Relisting({
      after: settled.promise,
      longestMs: connectMs,
      read: (signal) => this.#readList(relisting, signal),
    });
    const endpoint = this.#ports.expand(this.config.endpoint, this.#ports.env);
    const named = { ...this.#ports, server: this.id, notify: this.#notify };
    this.#authorization ??= authorizationFor(endpoint, named);
    const launch = new Launch({
      ...named,
      endpoint,
      authorization: this.#authorization,
      protocol: this.config.protocol,
      connectMs,
      maxMessageBytes: this.#maxMessageBytes,
      lane: this.#ports.env[CALL_PATH] !== 'sdk',
      known: this.#known,
      onListChanged: () => {
        relisting.schedule();
      },
    });
    return { launch, relisting, settled };
  }

  async #run(attempt: Attempt, after: Promise<void>): Promise<void> {
    const { launch, relisting, settled } = attempt;
    await after; // C1
    const startedAt = performance.now();
    try {
      if (!this.#isCurrent(attempt)) return;
      const session = await launch.run();
      if (this.#isCurrent(attempt)) {
        this.#known = launch.learned;
        this.#tools.adopt(session.tools());
        const since = performance.now();
        this.#enter({ kind: 'ready', session, readyMs: since - startedAt, since, relisting });
        void this.#watch(session);
      } else await session.close(this.#closedReason());
    } catch (reason) {
      relisting[Symbol.dispose]();
      const failure = HostError.from(reason);
      // What was known may be why: a server of the old era may be silent, or exit, when it is met as one of the new.
      const isSilent = failure.code === 'connect-timeout';
      if (isSilent || this.#known?.era.kind === 'modern') this.#known = undefined;
      if (this.#isCurrent(attempt)) {
        this.#fall(failure, { uptimeMs: undefined, gone: launch.gone });
      }
    } finally {
      settled.resolve();
    }
  }

  async #watch(session: Session): Promise<void> {
    const reason = await session.ended;
    const state = this.#state;
    if (state.kind !== 'ready' || state.session !== session) return;
    state.relisting[Symbol.dispose]();
    const gone = this.#draining.letGo(session, reason);
    this.#fall(reason, { uptimeMs: performance.now() - state.since, gone });
  }

  /** Decides what comes after a loss (`uptimeMs` says after how long) or a failed try. */
  #fall(
    failure: HostError,
    facts: { readonly uptimeMs: number | undefined; readonly gone: Promise<void> },
  ): void {
    const { uptimeMs, gone } = facts;
    const { redact } = this.#ports;
    const { endpoint } = this.config;
    const before = this.#state.kind === 'backing-off' ? this.#state.outage : undefined;
    const wasReady = uptimeMs !== undefined;
    const at = performance.now();
    if (!wasReady && !mayPassByItself(failure)) {
      const words = failureWords(failure, redact);
      const setback: Setback = { ...words, count: 1, at, isAlone: false, gone };
      this.#enter({ kind: 'failed', setback, next: undefined });
      return;
    }
    const kind = setbackKind(failure, endpoint, wasReady);
    const restart = this.#restarts.setback(uptimeMs ?? 0, kind);
    const { setbacks: count, delayMs } = restart;
    const isAlone = restart.kind === 'rest';
    const { options } = this.#restarts;
    const words = setbackWords(failure, restart, { endpoint, options, redact });
    const setback: Setback = { ...words, count, at, isAlone, gone };
    const timer = setTimeout(() => {
      this.#tryAgain();
    }, delayMs);
    const next = { kind: 'timer', dueAt: at + delayMs, timer } as const;
    if (isAlone || (before === undefined && !wasReady)) {
      // Nobody waits for it: it keeps no process alive.
      timer.unref();
      this.#enter({ kind: 'failed', setback, next }); // C3
    } else {
      const outage = before ?? new Outage(this.config.timeouts.connectMs);
      this.#enter({ kind: 'backing-off', setback, outage, next }); // C2
    }
  }

  /** The next try, now. It is not told of: the server is as much away as before. */
  #tryAgain(): Attempt | undefined {
    const state = this.#state;
    if (!('next' in state) || state.next?.kind !== 'timer') return undefined;
    clearTimeout(state.next.timer);
    try {
      const attempt = this.#prepare();
      this.#state = { ...state, next: { kind: 'attempt', attempt } };
      void this.#run(attempt, state.setback.gone);
      return attempt;
    } catch (reason) {
      this.#fall(HostError.from(reason), { uptimeMs: undefined, gone: state.setback.gone });
      return undefined;
    }
  }

  #isCurrent(attempt: Attempt): boolean {
    const state = this.#state;
    if (state.kind === 'connecting') return state.attempt === attempt;
    return 'next' in state && isTried(state.next) && state.next.attempt === attempt;
  }

  #enter(state: State): void {
    const before = this.#state;
    this.#state = state;
    this.#ports.emit({ kind: 'connection-change', server: this.id, state: this.state });
    // Whoever waits for the outage's end finds the new state.
    const isOutageOver = before.kind === 'backing-off' && state.kind !== 'backing-off';
    if (isOutageOver) before.outage[Symbol.dispose]();
  }

  async #readList(relisting: Relisting, signal: AbortSignal): Promise<void> {
    const state = this.#state;
    if (state.kind !== 'ready' || state.relisting !== relisting) return;
    try {
      await state.session.relist(signal);
      if (this.#state !== state || !this.#tools.adopt(state.session.tools())) return;
      this.#ports.emit({ kind: 'connection-change', server: this.id, state: this.state });
    } catch (reason) {
      // The server that is gone, or was closed, is told of elsewhere.
      if (this.#state !== state) return;
      const why = visibleLine(describe(reason));
      const text = `its tools have changed, but could not be listed anew; the old list is used: ${why}`;
      this.#notify('relist-failed', text);
    }
  }

  #closedReason(): HostError {
    return new HostError('closed', `the connection to server "${this.id}" was closed`);
  }
}
