import type { Scheduler } from 'fast-check';
import { Emitter } from '../../src/base/emitter.ts';
import type { JsonObject } from '../../src/base/json.ts';
import { conflict, LockTable, type Claim } from '../../src/base/locks.ts';
import { Slots } from '../../src/base/slots.ts';
import { pipeline, type PipelineParts } from '../../src/batch/pipeline.ts';
import { runBatch } from '../../src/batch/run-batch.ts';
import type { BatchInput, BatchItem } from '../../src/call/batch-item.ts';
import type { BatchReport, ToolCall } from '../../src/call/call.ts';
import type { HostEvent } from '../../src/call/events.ts';
import type { Caller } from '../../src/call/link.ts';
import type { Outcome, Ran } from '../../src/call/outcome.ts';
import type { Verdict } from '../../src/call/scope.ts';
import type { Tool } from '../../src/call/tool.ts';
import { claimsOf } from '../../src/catalogue/claims.ts';
import type { CallTool } from '../../src/links/send.ts';
import { failed } from './fake-batch.ts';
import { plainReader, reader, serverConfig, writer } from './scripted-host.ts';

/** One call of a random batch: what it does, and what goes wrong with it, every time. */
export interface Step {
  readonly server: 'a' | 'b' | 'c' | 'd';
  /** `get`, `all`: declared reads; `look`: a plain read; `set`: an idempotent write; `append`, `swap`, `append-all`: writes that do not commute. */
  readonly tool: 'get' | 'all' | 'look' | 'set' | 'append' | 'swap' | 'append-all';
  readonly key: 'x' | 'y' | 'z';
  readonly to: 'x' | 'y' | 'z';
  readonly value: string;
  /** Attempts that fail before they run, then attempts that run without an answer. */
  readonly failsBefore: number;
  readonly failsAfter: number;
  /** A bad call, one that is denied, one about which a person is asked. */
  readonly twist: 'none' | 'bad' | 'denied' | 'asked';
  /** Of a read: the same for all steps that say so, so that they may share a send. */
  readonly shareable: boolean;
}

/** `c` and `d` are two servers over one store. */
const RESOURCES = { a: 'a', b: 'b', c: 'shared', d: 'shared' } as const;
const SERVERS = ['a', 'b', 'c', 'd'] as const;
const MAX_ATTEMPTS = 3;

type State = Map<string, Record<string, string>>;

function freshState(): State {
  return new Map(['a', 'b', 'shared'].map((resource) => [resource, { x: '', y: '', z: '' }]));
}

function show(state: State): unknown {
  return [...state].map(([resource, records]) => [resource, { ...records }]);
}

/** What a tool does to its store, and what it answers. */
function apply(
  state: State,
  tool: string,
  { server, key, to, value }: Pick<Step, 'server' | 'key' | 'to' | 'value'>,
): string {
  const records = state.get(RESOURCES[server]) ?? {};
  switch (tool) {
    case 'set':
      records[key] = value;
      return value;
    case 'append':
      return (records[key] += value);
    case 'swap':
      [records[key], records[to]] = [records[to] ?? '', records[key] ?? ''];
      return JSON.stringify([records[key], records[to]]);
    case 'append-all':
      for (const record of Object.keys(records)) records[record] += value;
      return JSON.stringify(records);
    case 'all':
      return JSON.stringify(records);
    default:
      return records[key] ?? '';
  }
}

function tools(): readonly Tool[] {
  return SERVERS.flatMap((server) => {
    const common = { server, resource: RESOURCES[server] };
    return [
      reader('get', { ...common, keys: ['key'] }),
      reader('all', common),
      plainReader('look', { ...common, keys: ['key'] }),
      writer('set', { ...common, keys: ['key'], declaredIdempotent: true }),
      writer('append', { ...common, keys: ['key'] }),
      writer('swap', { ...common, keys: ['key', 'to'] }),
      writer('append-all', common),
    ];
  });
}

/** State and results, in words that can be compared. */
export interface Effect {
  readonly state: unknown;
  readonly results: readonly string[];
}

/** What running the steps one by one, in order, does: no host, no concurrency. */
export function serially(steps: readonly Step[]): Effect {
  const state = freshState();
  const results = steps.map((step) => {
    if (step.twist === 'bad') return 'invalid';
    if (step.twist === 'denied') return 'denied';
    const repeatable = ['get', 'all', 'set'].includes(step.tool);
    let ran: Ran = 'no';
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      if (attempt <= step.failsBefore) continue;
      const text = apply(state, step.tool, step);
      if (attempt > step.failsBefore + step.failsAfter) return `ok ${text}`;
      ran = 'unknown';
      if (!repeatable) break;
    }
    return `failed ${ran}`;
  });
  return { state: show(state), results };
}

export interface StoreHostOptions {
  readonly compose?: (tool: Tool, parts: PipelineParts) => Caller;
  /** Servers that are ready only after a while. */
  readonly late?: readonly string[];
}

/** The real executor over in-memory stores; the scheduler decides when anything that takes time happens. */
export class StoreHost {
  readonly #state = freshState();
  readonly #scheduler: Scheduler;
  readonly #tools = new Map<string, Tool>();
  readonly #chains = new Map<Tool, Caller>();
  readonly #locks = new LockTable();
  readonly #pending = new Map<string, Promise<unknown>>();
  readonly #inFlight = new Set<{ readonly claims: readonly Claim[] }>();
  readonly #attempts = new Map<string, number>();
  #lastBatch = 0;
  /** Sendings, and how many of them were in flight with another one. */
  sent = 0;
  overlapped = 0;
  /** Conflicting calls that were in flight together: never. */
  collisions = 0;

  constructor(scheduler: Scheduler, options: StoreHostOptions = {}) {
    this.#scheduler = scheduler;
    const { compose = (tool, parts) => pipeline(tool, serverConfig(tool.server), parts) } = options;
    const slots = new Slots(6);
    const lanes = new Map(
      SERVERS.map((server) => [server as string, slots.lane({ maxInFlight: 3 })]),
    );
    for (const tool of tools()) {
      const lane = lanes.get(tool.server);
      if (lane === undefined) throw new Error('no lane');
      const parts = { locks: this.#locks, lane, callTool: this.#callTool, backoff: { baseMs: 0 } };
      this.#tools.set(tool.exposed, tool);
      this.#chains.set(tool, compose(tool, parts));
    }
    for (const server of options.late ?? []) {
      const ready = scheduler
        .schedule(Promise.resolve(), `${server} ready`)
        .then(() => this.#pending.delete(server));
      this.#pending.set(server, ready);
    }
  }

  get state(): unknown {
    return show(this.#state);
  }

  get locksHeld(): number {
    return this.#locks.size;
  }

  async run(input: BatchInput, steps: readonly Step[]): Promise<Effect> {
    this.#lastBatch += 1;
    const report = await runBatch(
      input,
      {
        deadlineMs: Infinity,
        deadlineSetting: '',
        oneByOne: false,
        authorize: ({ arguments: args }) => this.#authorize(args),
      },
      {
        batch: this.#lastBatch,
        router: {
          route: (name) => {
            const tool = this.#tools.get(name);
            if (tool === undefined) return { kind: 'unknown', nearest: [], there: [] };
            const settled = this.#pending.get(tool.server);
            const { server, resource } = tool;
            return settled === undefined
              ? { kind: 'tool', tool }
              : { kind: 'pending', server, resource, settled };
          },
        },
        chainOf: (tool) => this.#chains.get(tool)!,
        events: new Emitter<HostEvent>(),
        opened: () => undefined,
        closed: () => undefined,
      },
    );
    if (report.results.length !== steps.length) throw new Error('results are missing');
    return { state: this.state, results: words(report) };
  }

  /** The steps as a message that takes its time, with these revisions in between: `after` so many calls, the call at `index` becomes another. */
  async *message(
    steps: readonly Step[],
    revisions: readonly Revision[] = [],
  ): AsyncGenerator<BatchItem> {
    for (const [index, step] of steps.entries()) {
      await this.#scheduler.schedule(Promise.resolve(), `item ${index}`);
      yield { kind: 'call', call: toCall(step, index) };
      for (const [place, revision] of revisions.entries()) {
        if (revision.after !== index) continue;
        await this.#scheduler.schedule(Promise.resolve(), 'revision');
        const call = toCall(revision.step, revision.index, `revision ${place}`);
        yield { kind: 'revise', index: revision.index, call };
      }
    }
    await this.#scheduler.schedule(Promise.resolve(), 'end');
    yield { kind: 'end', complete: true };
  }

  #authorize(args: JsonObject): Verdict | Promise<Verdict> {
    const allow: Verdict = { kind: 'allow', rule: 'test' };
    if (args['twist'] === 'denied') return { kind: 'deny', rule: 'test', message: 'no' };
    return args['twist'] === 'asked'
      ? this.#scheduler.schedule(Promise.resolve(allow), 'a person')
      : allow;
  }

  readonly #callTool: CallTool = async (tool, args, { signal }) => {
    const flight = { claims: claimsOf(tool, args) };
    for (const other of this.#inFlight) {
      const collides = other.claims.some((one) => flight.claims.some((two) => conflict(one, two)));
      if (collides) this.collisions += 1;
    }
    this.sent += 1;
    if (this.#inFlight.size > 0) this.overlapped += 1;
    this.#inFlight.add(flight);
    signal.addEventListener('abort', () => this.#inFlight.delete(flight));
    const outcome = await this.#perform(tool, args, signal);
    this.#inFlight.delete(flight);
    return outcome;
  };

  /** A while after it was sent the call has its effect, and a while later its answer. */
  async #perform(tool: Tool, args: JsonObject, signal: AbortSignal): Promise<Outcome> {
    // The tests' own arguments, as `toCall` made them.
    const step = args as unknown as Step & { readonly nonce: string };
    await this.#scheduler.schedule(Promise.resolve(), 'effect');
    if (signal.aborted) return { kind: 'cancelled', code: 'aborted', message: '', ran: 'unknown' };
    const attempt = (this.#attempts.get(step.nonce) ?? 0) + 1;
    this.#attempts.set(step.nonce, attempt);
    if (attempt <= step.failsBefore) return failed({ ran: 'no' });
    const text = apply(this.#state, tool.name, step);
    await this.#scheduler.schedule(Promise.resolve(), 'answer');
    if (attempt <= step.failsBefore + step.failsAfter) return failed({ ran: 'unknown' });
    return { kind: 'ok', ran: 'yes', content: [{ type: 'text', text }] };
  }
}

/** `after` so many calls (counted from 0), the call at `index` becomes this step. */
export interface Revision {
  readonly after: number;
  readonly index: number;
  readonly step: Step;
}

/** Whether sharing, dropping or repeating a send could change how often the server has failed it: then what it fails with must not depend on that. */
export function toCall(step: Step, index: number, nonce = `${index}`): ToolCall {
  const shareable = step.shareable && (step.tool === 'get' || step.tool === 'all');
  const { value: _, shareable: __, ...rest } = step;
  const args = shareable ? { ...rest, nonce: JSON.stringify(rest) } : { ...step, nonce };
  const name =
    step.twist === 'bad' && step.value === '0' ? 'nobody' : `${step.server}__${step.tool}`;
  return { name, arguments: step.twist === 'bad' ? '{' : { ...args } };
}

function words({ results }: BatchReport): readonly string[] {
  return results.map(({ outcome }) => {
    if (outcome.kind === 'ok') return `ok ${String(outcome.content[0]?.['text'])}`;
    return outcome.kind === 'failed' ? `failed ${outcome.ran}` : outcome.kind;
  });
}
