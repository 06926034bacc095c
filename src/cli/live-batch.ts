import type { CallRecord } from '../call/call.ts';
import type { CallEvent, WaitReason } from '../call/events.ts';
import type { SummaryOptions } from '../record/summary-line.ts';

/** How far a call is. */
export type Phase =
  | { readonly kind: 'queued' }
  /** `attempt`: the one that goes on after the wait. */
  | { readonly kind: 'waiting'; readonly reason: WaitReason; readonly attempt?: number }
  | { readonly kind: 'running'; readonly attempt: number; readonly progress: string }
  | { readonly kind: 'ended'; readonly record: CallRecord };

/** One call as a person sees it. Its texts are untrusted. */
export interface LiveCall {
  readonly index: number;
  server: string | null;
  /** The server's own name for the tool; the called name where it is not known. */
  tool: string;
  phase: Phase;
  readonly queuedAt: number;
  /** Ms since the batch began, like `queuedAt`; `undefined` before the first sending. */
  startedAt: number | undefined;
}

/** The calls of one batch, as its events tell of them. */
export class LiveBatch {
  readonly batch: number;
  /** When the last server that a call waited for was ready or given up, ms since the batch began. */
  #serversMs: number | undefined;
  readonly #awaited = new Set<string>();
  /** Those of them whose calls never got to know a tool. */
  readonly #missing = new Set<string>();
  /** For how long a person was asked something, ms; questions that overlap count once. */
  personMs = 0;
  readonly #asking = new Set<string>();
  #askingSince = 0;
  readonly #startedAt: number;
  readonly #now: () => number;
  readonly #calls = new Map<string, LiveCall>();

  /** `now`: monotonic, ms. */
  constructor(batch: number, now: () => number) {
    this.batch = batch;
    this.#now = now;
    this.#startedAt = now();
  }

  /** Ms since the batch began. */
  now(): number {
    return this.#now() - this.#startedAt;
  }

  /** In call order. */
  get calls(): readonly LiveCall[] {
    return [...this.#calls.values()].sort((a, b) => a.index - b.index);
  }

  /** What the summary tells besides the report. */
  get summary(): SummaryOptions {
    const { personMs } = this;
    const awaited = this.#awaited.size;
    const ms = this.#serversMs;
    if (ms === undefined) return { personMs };
    return { personMs, servers: { ms, awaited, ready: awaited - this.#missing.size } };
  }

  get(id: string): LiveCall | undefined {
    return this.#calls.get(id);
  }

  apply(event: CallEvent): void {
    switch (event.kind) {
      case 'call-queue':
        this.#queue(event);
        break;
      case 'call-wait-start':
        this.#beginWait(event);
        break;
      case 'call-wait-end':
        if (event.reason === 'connect') {
          this.#serversMs = Math.max(this.#serversMs ?? 0, event.at);
          const server = this.#calls.get(event.id)?.server;
          if (typeof server === 'string') this.#awaited.add(server);
        }
        if (isOfPerson(event.reason)) this.#answer(event);
        this.#endWait(event.id);
        break;
      case 'call-start': {
        const call = this.#enter(event.id, {
          kind: 'running',
          attempt: event.attempt,
          progress: '',
        });
        if (call !== undefined) call.startedAt ??= event.at;
        break;
      }
      case 'call-progress': {
        const phase = this.#calls.get(event.id)?.phase;
        if (phase?.kind === 'running') {
          this.#enter(event.id, { ...phase, progress: progressText(event) });
        }
        break;
      }
      case 'call-revise': {
        const call = this.#enter(event.id, { kind: 'queued' });
        if (call !== undefined) call.startedAt = undefined;
        break;
      }
      case 'call-end':
        this.#end(event);
        break;
      case 'result-cut':
        // The call has ended; how much of its result is read is no matter of time.
        break;
    }
  }

  #beginWait(event: Extract<CallEvent, { kind: 'call-wait-start' }>): void {
    const { id, reason } = event;
    if (isOfPerson(reason)) this.#ask(event);
    const before = this.#calls.get(id)?.phase;
    const attempt = before?.kind === 'running' ? { attempt: before.attempt } : {};
    this.#enter(id, { kind: 'waiting', reason, ...attempt });
  }

  #endWait(id: string): void {
    const before = this.#calls.get(id)?.phase;
    const attempt = before?.kind === 'waiting' ? before.attempt : undefined;
    if (attempt === undefined) this.#enter(id, { kind: 'queued' });
    else this.#enter(id, { kind: 'running', attempt, progress: '' });
  }

  #ask(event: { readonly id: string; readonly at: number }): void {
    if (this.#asking.size === 0) this.#askingSince = event.at;
    this.#asking.add(event.id);
  }

  #answer(event: { readonly id: string; readonly at: number }): void {
    const wasAsking = this.#asking.delete(event.id);
    if (wasAsking && this.#asking.size === 0) this.personMs += event.at - this.#askingSince;
  }

  #queue(event: Extract<CallEvent, { kind: 'call-queue' }>): void {
    const known = this.#calls.get(event.id);
    if (known !== undefined) {
      known.server = event.server;
      known.tool = event.tool ?? event.name;
      return;
    }
    this.#calls.set(event.id, {
      index: event.index,
      server: event.server,
      tool: event.tool ?? event.name,
      phase: { kind: 'queued' },
      queuedAt: event.at,
      startedAt: undefined,
    });
  }

  #end({ record, index }: Extract<CallEvent, { kind: 'call-end' }>): void {
    const { server } = record;
    if (server !== null && this.#awaited.has(server)) {
      if (record.tool === null) this.#missing.add(server);
      else this.#missing.delete(server);
    }
    this.#calls.set(record.id, {
      index,
      server: record.server,
      tool: record.tool ?? record.name,
      phase: { kind: 'ended', record },
      queuedAt: record.queuedMs,
      startedAt: record.attempts > 0 ? record.startedMs : undefined,
    });
  }

  #enter(id: string, phase: Phase): LiveCall | undefined {
    const call = this.#calls.get(id);
    if (call !== undefined) call.phase = phase;
    return call;
  }
}

/** Whether a person is waited for. */
export function isOfPerson(reason: WaitReason): boolean {
  return reason === 'approval' || reason === 'answer';
}

/** `40 %`, or the server's own words, or how far it has counted. */
function progressText(event: Extract<CallEvent, { kind: 'call-progress' }>): string {
  const { progress, total, message } = event;
  if (total !== undefined && total > 0) {
    const percent = Math.min(100, Math.max(0, Math.round((progress / total) * 100)));
    return message === undefined ? `${String(percent)} %` : `${String(percent)} % ${message}`;
  }
  return message ?? String(progress);
}
