import type { Json } from '../base/json.ts';
import { beginning, type TraceDetails } from './trace-details.ts';
import type { TraceEvent } from './trace-events.ts';
import { ownMs, type TraceCall, type TraceOutcome, type TraceSpan } from './trace.ts';

/** More waits and attempts of one call are not kept. */
const MAX_SPANS = 200;

/** More parts of one result are not kept. */
const MAX_PARTS = 20;

/** What happens to one call. */
export type CallTraceEvent = Exclude<
  Extract<TraceEvent, { readonly batch: number }>,
  { readonly kind: 'batch-start' | 'batch-end' }
>;
type Open<T extends TraceSpan> = { -readonly [Key in keyof T]: T[Key] };

/** One call of a trace, while its events are read. */
export class CallBuilder {
  readonly #id: string;
  readonly #index: number;
  #name = '';
  #server: string | null = null;
  #tool: string | null = null;
  #queuedMs = 0;
  #startedMs: number | null = null;
  #endedMs: number | null = null;
  #attempts = 0;
  #revisions = 0;
  #arguments: Json = null;
  #access: string | null = null;
  #accessRule: string | null = null;
  #outcome: TraceOutcome | null = null;
  #cut: TraceCall['cut'] = [];
  readonly #waits: Open<TraceCall['waits'][number]>[] = [];
  readonly #sends: Open<TraceCall['sends'][number]>[] = [];

  constructor(id: string, index: number) {
    this.#id = id;
    this.#index = index;
  }

  add(event: CallTraceEvent, details: TraceDetails): void {
    switch (event.kind) {
      case 'call-queue':
        // The second one tells what the first did not know.
        if (this.#name === '') this.#queuedMs = event.at;
        this.#name = beginning(event.name);
        this.#server = event.server;
        this.#tool = event.tool;
        break;
      case 'call-wait-start':
        // Its server asks while the call is under way.
        if (event.reason !== 'answer') this.#endSend(event.at);
        if (this.#waits.length < MAX_SPANS) {
          this.#waits.push({ reason: event.reason, startMs: event.at, endMs: null });
        }
        break;
      case 'call-wait-end': {
        const open = this.#waits.find(
          ({ reason, endMs }) => reason === event.reason && endMs === null,
        );
        if (open !== undefined) open.endMs = event.at;
        break;
      }
      case 'call-start':
        this.#endSend(event.at);
        this.#startedMs ??= event.at;
        this.#attempts = event.attempt;
        if (this.#sends.length < MAX_SPANS) {
          this.#sends.push({ attempt: event.attempt, startMs: event.at, endMs: null });
        }
        break;
      case 'call-revise':
        // What was begun of it was dropped.
        this.#endSend(event.at);
        this.#endWaits(event.at);
        this.#revisions += 1;
        this.#startedMs = null;
        this.#attempts = 0;
        break;
      case 'call-end':
        this.#end(event.record, details);
        break;
      case 'result-cut':
        this.#cut = partsOf(event.cut);
        break;
    }
  }

  /** What it took so far, ms; 0 for one that was never sent. */
  get ownMs(): number {
    return ownMs(this.finish()) ?? 0;
  }

  finish(): TraceCall {
    return {
      id: this.#id,
      index: this.#index,
      name: this.#name,
      server: this.#server,
      tool: this.#tool,
      arguments: this.#arguments,
      access: this.#access,
      accessRule: this.#accessRule,
      queuedMs: this.#queuedMs,
      startedMs: this.#startedMs,
      endedMs: this.#endedMs,
      attempts: this.#attempts,
      waits: this.#waits,
      sends: this.#sends,
      revisions: this.#revisions,
      outcome: this.#outcome,
      cut: this.#cut,
    };
  }

  #end(
    record: Extract<CallTraceEvent, { readonly kind: 'call-end' }>['record'],
    details: TraceDetails,
  ): void {
    this.#endSend(record.endedMs);
    this.#endWaits(record.endedMs);
    this.#name = beginning(record.name);
    this.#server = record.server;
    this.#tool = record.tool;
    this.#access = record.access;
    this.#accessRule = record.accessRule;
    this.#queuedMs = record.queuedMs;
    this.#startedMs = record.attempts === 0 ? null : record.startedMs;
    this.#endedMs = record.endedMs;
    this.#attempts = record.attempts;
    this.#arguments = details.json(record.arguments);
    const { outcome } = record;
    this.#cut = 'cut' in outcome ? partsOf(outcome.cut ?? []) : [];
    this.#outcome = {
      kind: outcome.kind,
      code: 'code' in outcome ? outcome.code : null,
      ran: outcome.ran,
      text: details.outcome(outcome, record.name),
    };
  }

  #endSend(at: number): void {
    const last = this.#sends.at(-1);
    if (last?.endMs === null) last.endMs = at;
  }

  #endWaits(at: number): void {
    for (const wait of this.#waits) wait.endMs ??= at;
  }
}

function partsOf(cut: TraceCall['cut']): TraceCall['cut'] {
  return cut.slice(0, MAX_PARTS).map((part) => ({
    ...part,
    part: beginning(part.part),
    file: part.file === null ? null : beginning(part.file),
  }));
}
