import type { Scheduler } from 'fast-check';
import { Emitter } from '../../src/base/emitter.ts';
import type { JsonObject } from '../../src/base/json.ts';
import { conflict, type Claim } from '../../src/base/locks.ts';
import { Slots } from '../../src/base/slots.ts';
import { pipeline, type PipelineParts } from '../../src/batch/pipeline.ts';
import { runBatch } from '../../src/batch/run-batch.ts';
import type { BatchItem } from '../../src/call/batch-item.ts';
import type { BatchReport } from '../../src/call/call.ts';
import type { HostEvent } from '../../src/call/events.ts';
import type { Caller } from '../../src/call/link.ts';
import type { Outcome } from '../../src/call/outcome.ts';
import { stopped, type Verdict } from '../../src/call/scope.ts';
import type { Tool } from '../../src/call/tool.ts';
import { claimsOf } from '../../src/catalogue/claims.ts';
import type { CallTool } from '../../src/links/send.ts';
import type { NumberedEvent } from './batch-picture.ts';
import { failed } from './fake-batch.ts';
import type { Script } from './random-batches.ts';
import { RecordingLocks } from './recording-locks.ts';
import { serverConfig } from './scripted-host.ts';
import {
  apply,
  effectOf,
  finalSteps,
  freshState,
  SERVERS,
  storeTools,
  toCall,
  type Effect,
  type Step,
} from './store-model.ts';

/** How a tool's chain is made: `pipeline`, or one of a test's own. */
export type Compose = (tool: Tool, parts: PipelineParts) => Caller;

export interface StoreHostOptions {
  readonly compose?: Compose | undefined;
  /** Servers that are ready only after a while. */
  readonly late?: readonly string[];
  /** The messages break off in the end. */
  readonly truncated?: boolean;
}

/** How long nothing may happen while nothing has ended, ms, looked at this often. */
const STALL = { everyMs: 500, times: 4 };

/** The real executor over in-memory stores; the scheduler decides when anything that takes time happens. */
export class StoreHost {
  /** What the executor told. */
  readonly events: NumberedEvent[] = [];
  readonly locks = new RecordingLocks();
  readonly #state = freshState();
  readonly #scheduler: Scheduler;
  readonly #truncated: boolean;
  readonly #emitter = new Emitter<HostEvent>();
  readonly #tools = new Map<string, Tool>();
  readonly #chains = new Map<Tool, Caller>();
  readonly #pending = new Map<string, Promise<unknown>>();
  readonly #inFlight = new Set<{ readonly claims: readonly Claim[] }>();
  readonly #attempts = new Map<string, number>();
  #steps = 0;
  #lastBatch = 0;
  /** Sendings, and how many of them were in flight with another one. */
  sent = 0;
  overlapped = 0;
  /** Conflicting calls that were in flight together: never. */
  collisions = 0;

  constructor(scheduler: Scheduler, options: StoreHostOptions = {}) {
    this.#scheduler = scheduler;
    this.#truncated = options.truncated ?? false;
    this.#emitter.on((event) => this.events.push({ step: this.#steps, event }));
    const { compose = (tool, parts) => pipeline(tool, serverConfig(tool.server), parts) } = options;
    const slots = new Slots(6);
    const lanes = new Map(
      SERVERS.map((server) => [server as string, slots.lane({ maxInFlight: 3 })]),
    );
    for (const tool of storeTools()) {
      const lane = lanes.get(tool.server);
      if (lane === undefined) throw new Error('no lane');
      const parts = { locks: this.locks, lane, callTool: this.#callTool, backoff: { baseMs: 0 } };
      this.#tools.set(tool.exposed, tool);
      this.#chains.set(tool, compose(tool, parts));
    }
    for (const server of options.late ?? []) {
      const ready = this.#happens(`${server} ready`).then(() => this.#pending.delete(server));
      this.#pending.set(server, ready);
    }
  }

  /** Runs the batch; the words of its outcomes, in call order. */
  async run(script: Script): Promise<readonly string[]> {
    this.#lastBatch += 1;
    const batch = this.#lastBatch;
    const input = script.streamed
      ? this.#message(script, batch)
      : script.steps.map((step, index) => toCall(step, batch, `${index}`));
    const report = await runBatch(
      input,
      {
        deadlineMs: Infinity,
        deadlineSetting: '',
        oneByOne: false,
        authorize: ({ arguments: args }) => this.#authorize(args),
      },
      {
        batch,
        router: {
          route: (name) => {
            const tool = this.#tools.get(name);
            if (tool === undefined) return { kind: 'unknown', nearest: [], there: [], servers: [] };
            const settled = this.#pending.get(tool.server);
            const { server, resource } = tool;
            return settled === undefined
              ? { kind: 'tool', tool }
              : { kind: 'pending', server, resource, settled };
          },
        },
        chainOf: (tool) => this.#chains.get(tool)!,
        events: this.#emitter,
        opened: () => () => undefined,
      },
    );
    if (report.results.length !== script.steps.length) throw new Error('results are missing');
    return words(report);
  }

  /** Everything that the batches and the stores have come to. */
  effect(script: Script, results: readonly string[]): Effect {
    return effectOf(this.#state, finalSteps(script.steps, script.revisions), results);
  }

  /** What a call of this step claims. */
  claims(step: Step): readonly Claim[] {
    const tool = this.#tools.get(`${step.server}__${step.tool}`);
    return tool === undefined ? [] : claimsOf(tool, { ...step });
  }

  /** Lets things happen, in the scheduler's order, until `work` is done. Throws when nothing happens any more: everybody waits for somebody. */
  async until<T>(work: Promise<T>, everyMs: number = STALL.everyMs): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const stalled = new Promise<never>((_resolve, reject) => {
      let seen = -1;
      let times = 0;
      const look = (): void => {
        times = this.#steps === seen ? times + 1 : 0;
        seen = this.#steps;
        if (times >= STALL.times) reject(new Error('nothing happens any more'));
        else timer = setTimeout(look, everyMs);
      };
      timer = setTimeout(look, everyMs);
    });
    try {
      return await Promise.race([this.#scheduler.waitFor(work), stalled]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** The batch as a message that takes its time, with the revisions in between. */
  async *#message({ steps, revisions }: Script, batch: number): AsyncGenerator<BatchItem> {
    for (const [index, step] of steps.entries()) {
      await this.#happens(`item ${index}`);
      yield { kind: 'call', call: toCall(step, batch, `${index}`) };
      for (const [place, revision] of revisions.entries()) {
        if (revision.after !== index) continue;
        await this.#happens('revision');
        const call = toCall(revision.step, batch, `${revision.index} revision ${place}`);
        yield { kind: 'revise', index: revision.index, call };
      }
    }
    await this.#happens('end');
    yield { kind: 'end', complete: !this.#truncated };
  }

  #authorize(args: JsonObject): Verdict | Promise<Verdict> {
    const allow: Verdict = { kind: 'allow', rule: 'test' };
    if (args['twist'] === 'denied') return { kind: 'deny', rule: 'test', message: 'no' };
    return args['twist'] === 'asked' ? this.#happens('a person').then(() => allow) : allow;
  }

  readonly #callTool: CallTool = async (tool, args, life) => {
    const flight = { claims: claimsOf(tool, args) };
    for (const other of this.#inFlight) {
      const collides = other.claims.some((one) => flight.claims.some((two) => conflict(one, two)));
      if (collides) this.collisions += 1;
    }
    this.sent += 1;
    if (this.#inFlight.size > 0) this.overlapped += 1;
    this.#inFlight.add(flight);
    const outcome = await new Promise<Outcome>((resolve, reject) => {
      life.onCancel((cancellation) => {
        resolve(stopped(cancellation, 'unknown'));
      });
      this.#perform(tool, args, life.signal).then(resolve, reject);
    });
    this.#inFlight.delete(flight);
    return outcome;
  };

  /** A while after it was sent the call has its effect, and a while later its answer. */
  async #perform(tool: Tool, args: JsonObject, signal: AbortSignal): Promise<Outcome> {
    // The tests' own arguments, as `toCall` made them.
    const step = args as unknown as Step & { readonly nonce: string };
    await this.#happens('effect');
    if (signal.aborted) return { kind: 'cancelled', code: 'aborted', message: '', ran: 'unknown' };
    const attempt = (this.#attempts.get(step.nonce) ?? 0) + 1;
    this.#attempts.set(step.nonce, attempt);
    if (attempt <= step.failsBefore) return failed({ ran: 'no' });
    const text = apply(this.#state, tool.name, step);
    await this.#happens('answer');
    if (attempt <= step.failsBefore + step.failsAfter) return failed({ ran: 'unknown' });
    return { kind: 'ok', ran: 'yes', content: [{ type: 'text', text }] };
  }

  /** One thing that takes a while. */
  async #happens(what: string): Promise<void> {
    await this.#scheduler.schedule(Promise.resolve(), what);
    this.#steps += 1;
  }
}

function words({ results }: BatchReport): readonly string[] {
  return results.map(({ outcome }) => {
    if (outcome.kind === 'ok') return `ok ${String(outcome.content[0]?.['text'])}`;
    return outcome.kind === 'failed' ? `failed ${outcome.ran}` : outcome.kind;
  });
}
