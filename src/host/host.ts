import { onAbort } from '../base/abort.ts';
import { DisposableStack } from '../base/disposables.ts';
import type { Emitter } from '../base/emitter.ts';
import { HostError } from '../base/errors.ts';
import type { BatchInput } from '../call/batch-item.ts';
import type { BatchReport, CallRecord } from '../call/call.ts';
import type { HostEvent, ServerState } from '../call/events.ts';
import type { ServerId } from '../call/names.ts';
import type { Tool } from '../call/tool.ts';
import type { Endpoint, HostConfig } from '../config/host-config.ts';
import { compilePolicy } from '../config/policy.ts';
import { expandEndpoint } from '../config/variables.ts';
import { Fleet } from '../connect/fleet.ts';
import type { ToolMemory } from '../connect/tool-memory.ts';
import type { RunResult } from '../agent/run-result.ts';
import { denyOnly, fullPolicy, type Authorize } from './authority.ts';
import { Batches, type RunBatchOptions } from './batches.ts';
import { tellDropped } from './dropped-tools.ts';
import type { HostOptions } from './host-options.ts';
import { HostRouter } from './host-router.ts';
import type { KeptResults } from './kept-results.ts';
import { LiveCatalogue } from './live-catalogue.ts';
import { offersOf } from './offers.ts';
import { openResults } from './open-results.ts';
import { untilReady } from './readiness.ts';
import { textRedactor } from './redact-text.ts';
import type { RunOptions } from './run-prompt.ts';
import { StandingSoon } from './standing-soon.ts';
import { VERSION } from './version.ts';

export interface ReadyOptions {
  /** Ends the wait. */
  readonly signal?: AbortSignal;
  /** Stands for `limits.patienceMs`, ms. */
  readonly patienceMs?: number;
}

/** A server and how it is. */
export interface ServerStatus {
  readonly id: string;
  readonly state: ServerState;
  /** Its tools are listed as they were then, Unix time, ms; absent once it has listed them itself in this process, or has failed to. */
  readonly rememberedAt?: number;
}

/** What is there before the host is. */
export interface Surroundings {
  readonly events: Emitter<HostEvent>;
  /** Recalled. */
  readonly memory: ToolMemory;
}

type EventOf<Kind extends HostEvent['kind']> = Extract<HostEvent, { kind: Kind }>;

/** Many servers behind one function. Made by `openHost`; whoever opened it closes it. */
export class Host implements AsyncDisposable {
  /** The config in force, with the options put in. */
  readonly config: HostConfig;
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #events: Emitter<HostEvent>;
  readonly #fleet: Fleet;
  readonly #memory: ToolMemory;
  readonly #catalogue: LiveCatalogue;
  readonly #router: HostRouter;
  readonly #batches: Batches;
  readonly #resources = new DisposableStack();
  readonly #callersPolicy: Authorize;
  readonly #callersResults: KeptResults;

  /** Internal: use `openHost`. Starts the servers, waits for none. */
  constructor(config: HostConfig, options: HostOptions, { events, memory }: Surroundings) {
    this.config = config;
    this.#env = options.env ?? process.env;
    this.#events = events;
    this.#memory = memory;
    this.#callersPolicy = denyOnly(compilePolicy(config.policy));
    this.#callersResults = this.#openResults('caller');
    this.#fleet = new Fleet(config, {
      env: this.#env,
      version: VERSION,
      offersFor: offersOf({
        config,
        env: this.#env,
        onElicit: options.onElicit,
        onSample: options.onSample,
      }),
      expand: (endpoint) => this.#expand(endpoint),
      emit: (event) => {
        this.#follow(event);
      },
      redact: textRedactor(config, this.#env),
      rememberedOf: (id) => memory.of(id)?.tools,
      authorize: options.onAuthorize,
    });
    this.#catalogue = new LiveCatalogue(
      config,
      {
        callTool: (tool, args, life) =>
          this.#connection(tool.server).callTool(tool.name, args, life),
        recovery: (server) => this.#connection(server).recovery(),
      },
      tellDropped((notice) => {
        this.#events.emit(notice);
      }),
    );
    this.#router = new HostRouter({
      config,
      catalogue: () => this.#catalogue.current,
      connection: (id) => this.#fleet.get(id),
    });
    const standing = this.#resources.use(new StandingSoon());
    this.#batches = new Batches({
      router: this.#router,
      chainOf: (tool) => this.#catalogue.chainOf(tool),
      events: this.#events,
      batchMs: config.limits.batchMs,
      onFirst: () => {
        standing.begin(config);
      },
    });
    this.#resources.defer(() => memory.close());
    this.#resources.defer(() => this.#fleet.close());
    this.#resources.defer(() => this.#batches.end());
    const unsubscribe = onAbort(options.signal, () => {
      // The caller has the abort in hand; what closing finds wrong reaches whoever calls close().
      this.close().catch(() => undefined);
    });
    this.#resources.defer(unsubscribe);
    this.#showRemembered();
    this.#fleet.start();
  }

  /** The combined catalogue as it is now: an immutable snapshot in a stable order. `catalogue-change` tells when there is another. */
  tools(): readonly Tool[] {
    return this.#catalogue.current.tools;
  }

  /** Every server of the config and its state, in file order. */
  servers(): readonly ServerStatus[] {
    return this.config.servers.map((server) => {
      const state: ServerState =
        server.kind === 'unusable'
          ? { kind: server.intended ? 'disabled' : 'failed', reason: server.reason }
          : (this.#fleet.get(server.id)?.state ?? { kind: 'closed' });
      const isBefore = state.kind === 'idle' || state.kind === 'connecting';
      const rememberedAt = isBefore ? this.#memory.of(server.id)?.at : undefined;
      return { id: server.id, state, ...(rememberedAt !== undefined && { rememberedAt }) };
    });
  }

  /** Subscribes to one kind of event; returns the function that unsubscribes. What a listener throws is an uncaught exception of the process. */
  on<Kind extends HostEvent['kind']>(
    kind: Kind,
    listener: (event: EventOf<Kind>) => void,
  ): () => void {
    return this.#events.on((event) => {
      // The kind says which member of the union it is.
      if (event.kind === kind) listener(event as EventOf<Kind>);
    });
  }

  /** Subscribes to every event. */
  onEvent(listener: (event: HostEvent) => void): () => void {
    return this.#events.on(listener);
  }

  /**
   * Waits until every server is ready or has failed, or has outlasted the others by `limits.patienceMs`; but not for a lazy one whose tools are remembered, nor for one with
   * `start: "background"`, unless there is nothing else. The other lazy ones are started for this. Resolves to the servers' states; never rejects.
   */
  async ready(options: ReadyOptions = {}): Promise<readonly ServerStatus[]> {
    const { patienceMs = this.config.limits.patienceMs, signal } = options;
    await untilReady(this.#fleet.all(), { patienceMs, signal });
    return this.servers();
  }

  /**
   * Runs one batch, and resolves to one record for each call, in call order. Never rejects for a call: what went wrong with it is its `outcome`.
   * The caller decides what may run: of the policy only `deny` is enforced. Rejects with `closed` after {@link close}.
   */
  async runBatch(calls: BatchInput, options: RunBatchOptions = {}): Promise<readonly CallRecord[]> {
    return (await this.batchReport(calls, options)).results;
  }

  /** {@link runBatch}, with how long the batch took and how much the overlap saved. */
  batchReport(calls: BatchInput, options: RunBatchOptions = {}): Promise<BatchReport> {
    return this.#batches.run(calls, options, {
      authorize: this.#callersPolicy,
      results: this.#callersResults,
    });
  }

  /** One agent run: the model is asked, its calls are run, until it stops. See {@link RunOptions}; a failing model is a `stopReason`, not a rejection. */
  async run(prompt: string, options: RunOptions = {}): Promise<RunResult> {
    const { runPrompt } = await import('./run-prompt.ts');
    this.#batches.assertOpen();
    const authorize = fullPolicy(
      compilePolicy(this.config.policy, options.policy),
      options.approve,
    );
    return runPrompt(prompt, options, {
      config: this.config,
      env: this.#env,
      tools: () => this.tools(),
      results: this.#openResults('model'),
      runBatch: (calls, batchOptions, terms) =>
        this.#batches.run(calls, batchOptions, { authorize, ...terms }),
      emit: (event) => {
        this.#events.emit(event);
      },
      listen: (listener) => this.#events.on(listener),
    });
  }

  /** Cancels what runs, waits for it, and closes every server: no process, socket or timer of the host is left. A second call waits for the first. */
  close(): Promise<void> {
    this.#batches.close();
    return this.#resources.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #openResults(reader: 'model' | 'caller'): KeptResults {
    return openResults(reader, {
      limits: this.config.limits,
      env: this.#env,
      emit: (event) => {
        this.#events.emit(event);
      },
    });
  }

  #expand(endpoint: Endpoint): Endpoint {
    const expansion = expandEndpoint(endpoint, {
      env: this.#env,
      directory: this.config.source.directory,
    });
    if (expansion.kind === 'ok') return expansion.endpoint;
    throw new HostError('config', expansion.reason, { details: { unset: expansion.unset } });
  }

  #connection(id: ServerId): NonNullable<ReturnType<Fleet['get']>> {
    const connection = this.#fleet.get(id);
    if (connection === undefined) throw new HostError('internal', `no connection for server ${id}`);
    return connection;
  }

  /** Passes the fleet's events on. Whoever hears of a server finds the catalogue as it is with it: what is called now must not go by what was remembered (M1). */
  #follow(event: HostEvent): void {
    const isOther = event.kind === 'connection-change' && this.#update(event.server);
    this.#events.emit(event);
    if (isOther) this.#tellCatalogue();
  }

  /** Returns whether the catalogue changed. */
  #update(id: ServerId): boolean {
    const connection = this.#fleet.get(id);
    if (connection === undefined) return false;
    // A server that is restarted keeps its tools: the next batch finds them, and no prompt changes.
    const listed = connection.isListed ? connection.tools() : undefined;
    if (listed !== undefined && connection.state.kind === 'ready') {
      this.#memory.keep(connection.id, listed);
    }
    return this.#catalogue.update(connection.config, listed);
  }

  /** Until a server has listed its tools itself; calls wait for that (M1 in `connect/tool-memory.ts`). */
  #showRemembered(): void {
    const changes = this.#fleet.all().map((connection) => {
      const listed = connection.isListed ? connection.tools() : undefined;
      return this.#catalogue.update(connection.config, listed);
    });
    if (changes.includes(true)) this.#tellCatalogue();
  }

  #tellCatalogue(): void {
    this.#events.emit({ kind: 'catalogue-change', tools: this.#catalogue.size });
  }
}
