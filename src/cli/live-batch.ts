import type { CallRecord } from '../call/call.ts';
import type { CallEvent, WaitReason } from '../call/events.ts';
import type { SummaryOptions } from '../record/waterfall.ts';

/** How far a call is. */
export type Phase =
  | { readonly kind: 'queued' }
  | { readonly kind: 'waiting'; readonly reason: WaitReason }
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
  /** When the last server that a call waited for was ready, ms since the batch began. */
  serversReadyMs: number | undefined;
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
    const { serversReadyMs, personMs } = this;
    return { personMs, ...(serversReadyMs === undefined ? {} : { serversReadyMs }) };
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
        if (event.reason === 'approval') this.#ask(event);
        this.#enter(event.id, { kind: 'waiting', reason: event.reason });
        break;
      case 'call-wait-end':
        if (event.reason === 'connect') {
          this.serversReadyMs = Math.max(this.serversReadyMs ?? 0, event.at);
        }
        if (event.reason === 'approval') this.#answer(event);
        this.#enter(event.id, { kind: 'queued' });
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
    }
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

/** `40 %`, or the server's own words, or how far it has counted. */
function progressText(event: Extract<CallEvent, { kind: 'call-progress' }>): string {
  const { progress, total, message } = event;
  if (total !== undefined && total > 0) {
    const percent = Math.min(100, Math.max(0, Math.round((progress / total) * 100)));
    return message === undefined ? `${String(percent)} %` : `${String(percent)} % ${message}`;
  }
  return message ?? String(progress);
}
