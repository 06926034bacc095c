import { deferred, type Deferred } from '../../src/base/deferred.ts';
import { Emitter } from '../../src/base/emitter.ts';
import type { JsonObject } from '../../src/base/json.ts';
import { LockTable } from '../../src/base/locks.ts';
import { Slots, TokenBucket, type Lane } from '../../src/base/slots.ts';
import type { BatchOptions } from '../../src/batch/batch-options.ts';
import type { BatchRun } from '../../src/batch/batch-run.ts';
import { pipeline } from '../../src/batch/pipeline.ts';
import type { Route, Router } from '../../src/batch/router.ts';
import { runBatch } from '../../src/batch/run-batch.ts';
import type { BatchInput, BatchItem } from '../../src/call/batch-item.ts';
import type { BatchReport, CallRecord, ToolCall } from '../../src/call/call.ts';
import type { HostEvent } from '../../src/call/events.ts';
import type { Caller } from '../../src/call/link.ts';
import { serverId, type ServerId } from '../../src/call/names.ts';
import type { Outcome } from '../../src/call/outcome.ts';
import type { Tool } from '../../src/call/tool.ts';
import type { ServerConfig, Timeouts } from '../../src/config/host-config.ts';
import type { Recovery } from '../../src/links/reach.ts';
import type { Progress } from '../../src/call/call-life.ts';
import { stopped } from '../../src/call/scope.ts';
import type { CallTool } from '../../src/links/send.ts';
import { fakeTool } from './fake-tools.ts';
import { turn } from './turn.ts';

/** One sending as it arrived at its server. It is answered by the test, or ends by itself when it is cancelled. */
export interface Sending {
  readonly label: string;
  readonly tool: Tool;
  readonly arguments: JsonObject;
  readonly signal: AbortSignal;
  readonly progress: (progress: Progress) => void;
  /** Default: a good answer with the label as its text. */
  readonly answer: (outcome?: Outcome) => void;
  /** Breaks the promise not to reject. */
  readonly reject: (reason: unknown) => void;
}

/** How a chain is composed: `pipeline`, or a test's own. */
type Compose = typeof pipeline;

export interface ScriptedHostOptions {
  readonly tools: readonly Tool[];
  /** By server name; every server that a tool names exists. */
  readonly servers?: Readonly<Record<string, ScriptedServer>>;
  /** Most calls in flight over all servers. Default 256. */
  readonly maxInFlight?: number;
  readonly compose?: Compose;
}

export type ScriptedServer = Partial<Omit<ServerConfig, 'timeouts'>> & {
  readonly timeouts?: Partial<Timeouts>;
};

const ENDLESS: Timeouts = {
  queueMs: Infinity,
  connectMs: Infinity,
  attemptMs: Infinity,
  idleMs: Infinity,
  totalMs: Infinity,
};

/**
 * A host in memory: the real executor, pipeline, locks and slots over servers whose every step is in the test's hands. No time passes by itself:
 * a test waits for what it expects (`sent`), or lets everything happen that can (`turn`). Disposing of it fails when anything was not given back.
 */
export class ScriptedHost implements AsyncDisposable {
  /** What the servers saw: `w1 sent`, `w1 ok`, `w1 cancelled` … by the label of the call. */
  readonly journal: string[] = [];
  readonly events: HostEvent[] = [];
  readonly open = new Set<BatchRun>();
  /** Servers that are being brought back, by name, and what their calls wait for. */
  readonly away = new Map<string, Promise<unknown>>();
  /** Answers every sending at once. */
  automatic = false;
  readonly #options: ScriptedHostOptions;
  readonly #locks = new LockTable();
  readonly #lanes = new Map<string, Lane>();
  readonly #chains = new Map<Tool, Caller>();
  readonly #emitter = new Emitter<HostEvent>();
  readonly #sendings = new Map<string, Sending[]>();
  readonly #awaited = new Map<string, Deferred<void>>();
  readonly #routes = new Map<string, () => Route>();
  #lastBatch = 0;

  constructor(options: ScriptedHostOptions) {
    this.#options = options;
    const slots = new Slots(options.maxInFlight ?? 256);
    for (const tool of options.tools) {
      const server = this.#server(tool.server);
      const { rate, maxInFlight } = server;
      const bucket = rate === undefined ? undefined : new TokenBucket(rate.perSecond, rate.burst);
      const lane = this.#lanes.get(server.id) ?? slots.lane({ maxInFlight, bucket });
      this.#lanes.set(server.id, lane);
      const recovery: Recovery = (name) => this.away.get(name);
      const parts = { locks: this.#locks, lane, callTool: this.#callTool, recovery };
      this.#chains.set(tool, (options.compose ?? pipeline)(tool, server, parts));
    }
    this.#emitter.on((event) => this.events.push(event));
  }

  run(input: BatchInput, options: Partial<BatchOptions> = {}): Promise<BatchReport> {
    this.#lastBatch += 1;
    return runBatch(
      input,
      {
        deadlineMs: Infinity,
        deadlineSetting: 'limits.batchMs',
        oneByOne: false,
        authorize: () => ({ kind: 'allow', rule: 'test' }),
        ...options,
      },
      {
        batch: this.#lastBatch,
        router: this.router,
        chainOf: (tool) => this.#chains.get(tool)!,
        events: this.#emitter,
        opened: (run) => {
          this.open.add(run);
          return () => {
            this.open.delete(run);
          };
        },
      },
    );
  }

  readonly router: Router = {
    route: (name) => {
      const tool = this.#options.tools.find(({ exposed }) => exposed === name);
      const elsewhere = this.#routes.get(name) ?? this.#routes.get(name.split('__')[0] ?? '');
      if (elsewhere !== undefined) return elsewhere();
      return tool === undefined
        ? { kind: 'unknown', nearest: [], there: [], servers: [] }
        : { kind: 'tool', tool };
    },
  };

  /** Leads one name somewhere else. */
  detour(name: string, route: () => Route): void {
    this.#routes.set(name, route);
  }

  /** The server is still connecting, until it is told to be ready or to have failed. */
  connecting(server: string): {
    readonly ready: () => void;
    readonly failed: (reason: string) => void;
  } {
    const settled = deferred<void>();
    const { resource } = this.#server(serverId(server));
    const id = serverId(server);
    this.#routes.set(server, () => ({
      kind: 'pending',
      server: id,
      resource,
      settled: settled.promise,
    }));
    return {
      ready: () => {
        this.#routes.delete(server);
        settled.resolve();
      },
      failed: (reason) => {
        this.#routes.set(server, () => ({ kind: 'unavailable', server: id, reason }));
        settled.resolve();
      },
    };
  }

  /** Resolves when the call of this label is sent; `time` for one that is sent more than once. */
  async sent(label: string, time = 1): Promise<Sending> {
    for (;;) {
      const sending = this.#sendings.get(label)?.[time - 1];
      if (sending !== undefined) return sending;
      const awaited = this.#awaited.get(label) ?? deferred<void>();
      this.#awaited.set(label, awaited);
      await awaited.promise;
    }
  }

  /** Waits for these sendings and answers them well, in this order. */
  async answer(...labels: readonly string[]): Promise<void> {
    for (const label of labels) {
      (await this.sent(label)).answer();
      await turn();
    }
  }

  /** The labels of everything that was sent so far, in order. */
  get sendings(): readonly string[] {
    return this.journal.filter((line) => line.endsWith(' sent')).map((line) => line.slice(0, -5));
  }

  /** The events of one call in short: `queue`, `wait-start:order`, `start:1`, `end:ok` … */
  told(id: string): readonly string[] {
    return this.events.flatMap((event) => {
      const own =
        event.kind === 'call-end' ? event.record.id : 'id' in event ? event.id : undefined;
      if (own !== id) return [];
      const kind = event.kind.replace('call-', '');
      if ('reason' in event) return [`${kind}:${event.reason}`];
      if (event.kind === 'call-end') return [`end:${event.record.outcome.kind}`];
      return ['attempt' in event ? `${kind}:${event.attempt}` : kind];
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await turn();
    const left = [
      ...[...this.open].map(({ batch }) => `batch ${batch} is open`),
      ...(this.#locks.size > 0 ? [`${this.#locks.size} host-wide locks are held`] : []),
      ...[...this.#lanes].flatMap(([server, lane]) => {
        const missing = this.#missing(lane, this.#server(serverId(server)));
        return missing > 0 ? [`${missing} slots of ${server} are held`] : [];
      }),
    ];
    if (left.length > 0) throw new Error(`not given back: ${left.join(', ')}`);
  }

  #missing(lane: Lane, { maxInFlight, rate }: ServerConfig): number {
    // Where the rate, or a rest that the server asked for, gives no slot, none can be counted.
    if (maxInFlight === Infinity || rate !== undefined || lane.rateLimited) return 0;
    const most = Math.min(maxInFlight, this.#options.maxInFlight ?? 256);
    let taken = 0;
    while (taken < most && lane.tryAcquire()) taken += 1;
    for (let slot = 0; slot < taken; slot += 1) lane.release();
    return most - taken;
  }

  #server(id: ServerId): ServerConfig {
    return serverConfig(id, this.#options.servers?.[id]);
  }

  readonly #callTool: CallTool = (tool, args, life) => {
    const { signal } = life;
    const label = typeof args['tag'] === 'string' ? args['tag'] : tool.name;
    const ended = deferred<Outcome>();
    let over = false;
    const end = (outcome: Outcome): void => {
      if (over) return;
      over = true;
      this.journal.push(`${label} ${outcome.kind}`);
      ended.resolve(outcome);
    };
    life.onCancel((cancellation) => {
      end(stopped(cancellation, 'unknown'));
    });
    const answer = (outcome: Outcome = ok(label)): void => end(outcome);
    const sending: Sending = {
      label,
      tool,
      arguments: args,
      signal,
      progress: (progress) => {
        life.onProgress(progress);
      },
      answer,
      reject: ended.reject,
    };
    this.journal.push(`${label} sent`);
    const earlier = this.#sendings.get(label);
    if (earlier === undefined) this.#sendings.set(label, [sending]);
    else earlier.push(sending);
    this.#awaited.get(label)?.resolve();
    this.#awaited.delete(label);
    if (this.automatic) answer();
    return ended.promise;
  };
}

/** A server's config with everything as usual, but no time budget. */
export function serverConfig(id: ServerId, given: ScriptedServer = {}): ServerConfig {
  return {
    kind: 'server',
    id,
    prefix: id,
    endpoint: { kind: 'stdio', command: 'none', args: [], env: {}, cwd: '/' },
    protocol: 'auto',
    start: 'eager',
    isolation: 'shared',
    parallel: 'auto',
    maxInFlight: 64,
    rate: undefined,
    resource: id,
    include: [],
    exclude: [],
    tools: new Map(),
    ...given,
    timeouts: { ...ENDLESS, ...given.timeouts },
  };
}

/** A message that the test writes piece by piece. */
export class ScriptedMessage implements AsyncIterable<BatchItem> {
  /** Whether the executor has said that it reads no further. */
  left = false;
  readonly #items: BatchItem[] = [];
  #ended: (() => IteratorResult<BatchItem>) | undefined;
  #arrival: Deferred<void> | undefined;

  async call(name: string, args: JsonObject | string = {}, id?: string): Promise<void> {
    await this.#push({
      kind: 'call',
      call: id === undefined ? call(name, args) : call(name, args, id),
    });
  }

  async revise(index: number, name: string, args: JsonObject | string = {}): Promise<void> {
    await this.#push({ kind: 'revise', index, call: call(name, args) });
  }

  async end(complete = true): Promise<void> {
    await this.#push({ kind: 'end', complete });
  }

  /** Ends without saying whether it is complete. */
  async stop(): Promise<void> {
    await this.#finish(() => ({ done: true, value: undefined }));
  }

  async throw(reason: unknown): Promise<void> {
    await this.#finish(() => {
      throw reason;
    });
  }

  [Symbol.asyncIterator](): AsyncIterator<BatchItem> {
    return {
      next: async () => {
        for (;;) {
          const value = this.#items.shift();
          if (value !== undefined) return { done: false, value };
          if (this.#ended !== undefined) return this.#ended();
          this.#arrival = deferred();
          await this.#arrival.promise;
        }
      },
      return: () => {
        this.left = true;
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }

  async #push(item: BatchItem): Promise<void> {
    this.#items.push(item);
    this.#arrival?.resolve();
    await turn();
  }

  async #finish(ended: () => IteratorResult<BatchItem>): Promise<void> {
    this.#ended = ended;
    this.#arrival?.resolve();
    await turn();
  }
}

export function call(name: string, args: JsonObject | string = {}, id?: string): ToolCall {
  return { name, arguments: args, ...(id === undefined ? {} : { id }) };
}

/** Calls `fake__<tool>` with the label as its tag: `tagged('get', 'r1')`. */
export function tagged(tool: string, label: string, args: JsonObject = {}): ToolCall {
  return call(tool.includes('__') ? tool : `fake__${tool}`, { tag: label, ...args }, label);
}

/** How the calls ended, in short: the code of what went wrong, or the kind. */
export function codesOf(records: readonly CallRecord[]): readonly string[] {
  return records.map(({ outcome }) => ('code' in outcome ? outcome.code : outcome.kind));
}

export function ok(text: string): Outcome {
  return { kind: 'ok', ran: 'yes', content: [{ type: 'text', text }] };
}

type ToolOptions = Parameters<typeof fakeTool>[2];

/** A declared read: shared, repeated, started early. */
export function reader(name: string, options: ToolOptions = {}): Tool {
  return fakeTool(name, {}, options);
}

/** Classed as a read, but declared by nobody. */
export function plainReader(name: string, options: ToolOptions = {}): Tool {
  return fakeTool(name, {}, { ...UNDECLARED, accessRule: 'default', ...options });
}

/** A write that nobody declared safe to repeat. */
export function writer(name: string, options: ToolOptions = {}): Tool {
  return fakeTool(
    name,
    {},
    { ...UNDECLARED, access: 'write', accessRule: 'verb:write', ...options },
  );
}

const UNDECLARED = {
  declaredReadOnly: false,
  declaredIdempotent: false,
  declaredBy: 'nobody',
} as const;
