import { deferred, type Deferred } from '../base/deferred.ts';
import { HostError } from '../base/errors.ts';
import { LockTable, type Claim, type Ticket } from '../base/locks.ts';
import { Tally } from '../base/tally.ts';
import type { BatchReport, Call, CallRecord, ToolCall } from '../call/call.ts';
import { defect } from '../call/defect.ts';
import type { HostEvent } from '../call/events.ts';
import type { Outcome } from '../call/outcome.ts';
import type { BatchScope, SharedSend } from '../call/batch-scope.ts';
import { Scope, stopped, type Cancellation, type Verdict } from '../call/scope.ts';
import { BatchClock } from './batch-clock.ts';
import type { BatchOptions } from './batch-options.ts';
import type { BatchPorts } from './batch-ports.ts';
import { CallIds } from './call-ids.ts';
import { Entry } from './entry.ts';
import { planCall, type Plan } from './plan.ts';
import { prospectOf, type Prospect } from './prospect.ts';
import type { Route } from './router.ts';
import { outOfTime, TRUNCATED } from './stops.ts';

const NOTHING: readonly Claim[] = [];
/** The claim by which calls of a one-by-one batch exclude each other; no server's resource can have this name. */
const EVERYTHING: Claim = { resource: '\u0000batch', value: undefined, mode: 'write' };

/**
 * One batch while it runs. Owns its calls' scopes (B7), their order (B2) and their place in the results (B6); the links do the rest.
 */
export class BatchRun implements BatchScope, Disposable {
  readonly batch: number;
  readonly #options: BatchOptions;
  readonly #ports: BatchPorts;
  readonly #ids: CallIds;
  readonly #entries: Entry[] = [];
  /** Both are made when a call needs them: most batches need neither. */
  #order: LockTable | undefined;
  #shared: Map<string, SharedSend> | undefined;
  readonly #running = new Tally();
  readonly #clock: BatchClock;
  /** Like {@link #stop}, made when somebody asks for it: a whole batch needs neither. */
  #message: Deferred<void> | undefined;
  #stop: AbortController | undefined;
  /** Stands before all calls of a one-by-one batch until its message is complete. */
  readonly #gate: Ticket | undefined;
  #messageOpen = true;
  /** Where it came whole. */
  #prospect: Prospect | undefined;
  #over: Cancellation | undefined;

  constructor(options: BatchOptions, ports: BatchPorts) {
    this.batch = ports.batch;
    this.#options = options;
    this.#ports = ports;
    this.#ids = new CallIds(ports.batch, options.isTaken);
    if (options.oneByOne) this.#gate = (this.#order ??= new LockTable()).reserve([EVERYTHING], -1);
    this.#clock = new BatchClock(options, () => this.stop(outOfTime(options)));
  }

  /** Aborts when the batch is stopped. */
  get stopped(): AbortSignal {
    this.#stop ??= new AbortController();
    if (this.#over !== undefined) this.#stop.abort();
    return this.#stop.signal;
  }

  now(): number {
    return this.#clock.now();
  }

  get observed(): boolean {
    return this.#ports.events.active;
  }

  emit(event: HostEvent): void {
    this.#ports.events.emit(event);
  }

  get messageEnd(): Promise<void> | undefined {
    return this.#messageOpen ? (this.#message ??= deferred()).promise : undefined;
  }

  get shared(): Map<string, SharedSend> {
    return (this.#shared ??= new Map());
  }

  get repeats(): ReadonlySet<string> | undefined {
    return this.#prospect?.repeats;
  }

  authorize(call: Call, scope: Scope): Verdict | Promise<Verdict> {
    return this.#options.authorize(call, scope);
  }

  cap(outcome: Outcome, { index }: Call): Outcome | Promise<Outcome> {
    return this.#options.results?.cap(outcome, { batch: this.batch, index }) ?? outcome;
  }

  pauseClock(): () => void {
    return this.#clock.pause();
  }

  begin(): void {
    this.emit({ kind: 'batch-start', batch: this.batch });
  }

  /** The next call, in the model's order. */
  add(call: ToolCall): void {
    const entry = this.#enter(call, this.now());
    this.#start(entry, this.#plan(entry));
  }

  /** All calls of a message that came whole, in the model's order: what they have to do with each other is known before any of them begins. */
  addAll(calls: readonly ToolCall[]): void {
    this.end(true);
    const queuedMs = this.now();
    const plans: Plan[] = [];
    for (const call of calls) plans.push(this.#plan(this.#enter(call, queuedMs)));
    this.#prospect = prospectOf(plans);
    for (let index = 0; index < plans.length; index += 1) {
      const [entry, plan] = [this.#entries[index], plans[index]];
      if (entry !== undefined && plan !== undefined) this.#start(entry, plan);
    }
  }

  /**
   * The call at `index` reads differently after all: what was begun of it is dropped and begun again, and so is every later call that conflicts with it as
   * it is now, or with such a call (B8). Only declared reads can have been sent, so nothing has to be undone. Throws `usage` for a call that is not there.
   */
  revise(index: number, call: ToolCall): void {
    const entry = this.#entries[index];
    if (entry === undefined) {
      const message = `cannot revise call ${index}: the batch has ${this.#entries.length}`;
      throw new HostError('usage', message);
    }
    this.#restart(entry, call);
    const restarted = [entry];
    for (const later of this.#entries.slice(index + 1)) {
      if (!restarted.some((earlier) => later.conflictsWith(earlier))) continue;
      this.#restart(later, later.call);
      restarted.push(later);
    }
  }

  /** The message is final: what was held goes, or, when it is truncated, whatever was not sent is dropped (B8). */
  end(complete: boolean): void {
    if (!this.#messageOpen) return;
    this.#messageOpen = false;
    if (!complete) for (const entry of this.#entries) entry.cancelUnsent(TRUNCATED);
    this.#message?.resolve();
    this.#gate?.release();
  }

  /** Stops every call that has not ended; none begins any more. */
  stop(cancellation: Cancellation): void {
    this.#over ??= cancellation;
    this.#stop?.abort();
    for (const entry of this.#entries) entry.cancel(cancellation);
  }

  /** What a call is told that comes once the batch was stopped; `undefined` while it is not. */
  get unseen(): Outcome | undefined {
    return this.#over === undefined ? undefined : stopped(this.#over, 'no');
  }

  /** The records of all calls, in call order (B6). */
  async settled(): Promise<readonly CallRecord[]> {
    // What begins before this is heard counts, too.
    for (let idle = this.#running.idle(); idle !== undefined; idle = this.#running.idle()) {
      await idle;
    }
    const records: CallRecord[] = [];
    for (const { record } of this.#entries) if (record !== undefined) records.push(record);
    return records;
  }

  finish(report: BatchReport): void {
    this.emit({ kind: 'batch-end', batch: this.batch, report });
  }

  [Symbol.dispose](): void {
    this.#clock[Symbol.dispose]();
  }

  #restart(entry: Entry, call: ToolCall): void {
    if (entry.record !== undefined) this.#running.begin();
    entry.restart(call);
    const { id, index } = entry;
    this.emit({ kind: 'call-revise', batch: this.batch, id, index, at: this.now() });
    this.#start(entry, this.#plan(entry));
  }

  #enter(call: ToolCall, queuedMs: number): Entry {
    const index = this.#entries.length;
    const entry = new Entry(index, this.#ids.assign(call.id, index), { call, queuedMs });
    this.#entries.push(entry);
    this.#running.begin();
    return entry;
  }

  #plan(entry: Entry): Plan {
    const { unseen } = this;
    return unseen === undefined
      ? planCall(entry, this.#ports.router)
      : { kind: 'refuse', outcome: unseen };
  }

  /** Begins a call, or ends it, all synchronously, so that its ticket is reserved in call order (B2). Never throws (B1). */
  #start(entry: Entry, plan: Plan): void {
    try {
      // A listener that hears of an earlier call may have stopped the batch.
      const { unseen } = this;
      if (unseen !== undefined) this.#refuse(entry, unseen);
      else if (plan.kind === 'refuse') this.#refuse(entry, plan.outcome);
      else if (plan.kind === 'wait') this.#admitLater(entry, plan.route);
      else this.#run(entry, plan);
    } catch (reason) {
      this.#refuse(entry, defect(reason, 0));
    }
  }

  /** Asks again when the server has settled. Until its claims are known the call claims all of its resource, so that later calls stay behind it (B2). */
  #admitLater(entry: Entry, route: Extract<Route, { readonly kind: 'pending' }>): void {
    const whole: Claim = { resource: route.resource, value: undefined, mode: 'write' };
    const ticket = this.#place(entry, [whole]);
    const scope = new Scope(entry.id, this, ticket);
    entry.enter(scope);
    this.#announce(entry);
    const { revision } = entry;
    // Whatever becomes of the server, the router knows it.
    const settled = route.settled.catch(() => undefined);
    const goOn = (cancellation: Cancellation | undefined): void => {
      if (entry.revision !== revision) return;
      if (cancellation === undefined) this.#start(entry, this.#plan(entry));
      else this.#refuse(entry, stopped(cancellation, 'no'));
    };
    void scope.wait('connect', settled).then(goOn);
  }

  #run(entry: Entry, { tool, arguments: args, claims }: Extract<Plan, { kind: 'run' }>): void {
    const { id, index, revision } = entry;
    const ticket = this.#place(entry, claims);
    const scope = new Scope(id, this, ticket); // B7
    entry.enter(scope);
    entry.announced = true;
    const call: Call = { id, index, tool, arguments: args, claims };
    const settle = (outcome: Outcome): void => {
      if (entry.revision === revision) this.#settle(entry, outcome); // B8: the outcome of a revised call is nobody's
    };
    void this.#ports.chainOf(tool)(call, scope).then(settle);
  }

  /** Reserves the call's place among the calls of the batch: its index is its rank (B2). */
  #place(entry: Entry, claims: readonly Claim[]): Ticket | undefined {
    const own = this.#prospect?.mayConflict === false ? NOTHING : claims;
    const ordered = this.#options.oneByOne ? [...own, EVERYTHING] : own;
    const ticket =
      ordered.length > 0
        ? (this.#order ??= new LockTable()).reserve(ordered, entry.index)
        : undefined;
    entry.place(ordered, ticket);
    return ticket;
  }

  /** Ends a call that never began. */
  #refuse(entry: Entry, outcome: Outcome): void {
    entry.place([], undefined);
    this.#announce(entry);
    this.#settle(entry, outcome);
  }

  /** Tells of a call as far as it is known: a listener hears of every call before it hears of its end. */
  #announce(entry: Entry): void {
    if (entry.announced) return;
    entry.announced = true;
    const { id, index, server = null } = entry;
    const { name } = entry.call;
    const tool = entry.tool?.name ?? null;
    const at = this.now();
    this.emit({ kind: 'call-queue', batch: this.batch, id, index, name, server, tool, at });
  }

  #settle(entry: Entry, outcome: Outcome): void {
    const record = entry.settle(outcome, this.now());
    if (record === undefined) return;
    if (this.observed) {
      const { index } = entry;
      this.emit({ kind: 'call-end', batch: this.batch, index, record, at: record.endedMs });
    }
    this.#running.end();
  }
}
