import { beginning, TraceDetails, type TextOf } from './trace-details.ts';
import type { TraceEvent, TraceEventOf } from './trace-events.ts';
import type { Trace, TraceBatch, TraceOmissions, TraceTurn } from './trace.ts';
import { CallBuilder, type CallTraceEvent } from './trace-call-builder.ts';

/** A trace that has more than this is not a picture that anybody looks at; what is beyond is counted. */
const MAX_CALLS = 20_000;
const MAX_TURNS = 5_000;
const MAX_SERVERS = 1_000;
const MAX_NOTICES = 20;

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
type Report = TraceEventOf<'batch-end'>['report'];

interface OpenServer extends Mutable<Omit<Trace['servers'][number], 'notices'>> {
  readonly notices: string[];
}

interface OpenBatch {
  readonly batch: number;
  readonly startedMs: number;
  readonly calls: Map<string, CallBuilder>;
  readonly home: OpenTurn;
  report: Report | undefined;
  lastMs: number;
}

interface OpenTurn extends Mutable<Omit<TraceTurn, 'batch' | 'resultsInto'>> {
  open: OpenBatch | undefined;
}

/** Puts the picture of a run together from its events, one after the other. Holds no more than its limits. */
export class TraceBuilder {
  readonly #details: TraceDetails;
  readonly #startedAt: number;
  readonly #servers = new Map<string, OpenServer>();
  readonly #turns: OpenTurn[] = [];
  /** Batches that have not ended. */
  readonly #batches = new Map<number, OpenBatch>();
  #turn: OpenTurn | undefined;
  #calls = 0;
  #lastMs = 0;
  readonly #omitted = { calls: 0, turns: 0 };

  constructor(start: TraceEventOf<'trace-start'>, textOf: TextOf) {
    this.#startedAt = start.time;
    this.#details = new TraceDetails(textOf);
  }

  add(event: TraceEvent): void {
    // Clocks are set back now and then.
    const ms = Math.max(this.#lastMs, event.time - this.#startedAt);
    this.#lastMs = ms;
    switch (event.kind) {
      case 'trace-start':
        return;
      case 'connection-change':
      case 'server-notice':
        this.#addServer(event, ms);
        return;
      case 'turn-start':
        this.#turn = this.#openTurn(event.turn, ms);
        return;
      case 'text-delta':
        if (this.#turn === undefined) return;
        this.#turn.firstMs ??= ms - this.#turn.startedMs;
        this.#turn.text = beginning(this.#turn.text + event.text);
        return;
      case 'turn-end':
        if (this.#turn === undefined) return;
        this.#turn.endedMs = ms;
        this.#turn.finish = event.finish;
        this.#turn = undefined;
        return;
      case 'batch-start':
        this.#openBatch(event.batch, ms);
        return;
      case 'batch-end':
        this.#endBatch(event, ms);
        return;
      case 'call-queue':
      case 'call-wait-start':
      case 'call-wait-end':
      case 'call-start':
      case 'call-revise':
      case 'call-end':
      case 'result-cut':
        this.#addCall(event);
    }
  }

  /** The picture so far. */
  finish(ending: { readonly tornLine: number | null; readonly lines: number }): Trace {
    const turns = this.#turns.map((turn, index) => this.#closed(turn, index));
    const omitted: TraceOmissions = {
      lines: ending.lines,
      ...this.#omitted,
      details: this.#details.dropped,
    };
    return {
      startedAt: isoTime(this.#startedAt),
      wallMs: this.#lastMs,
      kind: turns.some(({ turn }) => turn !== null) ? 'run' : 'call',
      servers: [...this.#servers.values()],
      turns,
      tornLine: ending.tornLine,
      omitted,
    };
  }

  #openTurn(turn: number | null, ms: number): OpenTurn {
    const open: OpenTurn = {
      turn,
      startedMs: ms,
      endedMs: null,
      firstMs: null,
      text: '',
      finish: null,
      open: undefined,
    };
    if (this.#turns.length < MAX_TURNS) this.#turns.push(open);
    else this.#omitted.turns += 1;
    return open;
  }

  /** A batch belongs to the turn that it began in. Without a model it stands for itself. */
  #openBatch(batch: number, ms: number): void {
    const turn = this.#turn?.open === undefined ? this.#turn : undefined;
    const home = turn ?? this.#openTurn(null, ms);
    const calls = new Map<string, CallBuilder>();
    const open: OpenBatch = { batch, startedMs: ms, calls, home, report: undefined, lastMs: 0 };
    home.open = open;
    if (turn !== undefined) turn.firstMs ??= ms - turn.startedMs;
    this.#batches.set(batch, open);
  }

  #endBatch({ batch, report }: TraceEventOf<'batch-end'>, ms: number): void {
    const open = this.#batches.get(batch);
    this.#batches.delete(batch);
    if (open === undefined) return;
    open.report = report;
    if (open.home.turn === null) open.home.endedMs = ms;
  }

  #addCall(event: CallTraceEvent): void {
    const batch = this.#batches.get(event.batch);
    if (batch === undefined) return;
    const id = event.kind === 'call-end' ? event.record.id : event.id;
    batch.lastMs = Math.max(
      batch.lastMs,
      event.kind === 'call-end' ? event.record.endedMs : event.at,
    );
    let call = batch.calls.get(id);
    if (call === undefined && event.kind === 'call-queue') {
      if (this.#calls >= MAX_CALLS) {
        this.#omitted.calls += 1;
        return;
      }
      this.#calls += 1;
      call = new CallBuilder(id, event.index);
      batch.calls.set(id, call);
    }
    call?.add(event, this.#details);
  }

  #addServer(event: TraceEventOf<'connection-change' | 'server-notice'>, ms: number): void {
    let server = this.#servers.get(event.server);
    if (server === undefined) {
      if (this.#servers.size >= MAX_SERVERS) return;
      const nothing = { settledMs: null, readyMs: null, protocolVersion: null, reason: null };
      server = { name: event.server, state: 'idle', ...nothing, notices: [] };
      this.#servers.set(event.server, server);
    }
    if (event.kind === 'server-notice') {
      if (server.notices.length < MAX_NOTICES) {
        server.notices.push(beginning(event.message));
      }
      return;
    }
    const { state } = event;
    // That all servers are closed in the end says nothing about any.
    if (state.kind === 'closed') return;
    server.state = state.kind;
    if (state.kind === 'ready' || state.kind === 'failed') server.settledMs ??= ms;
    server.readyMs = state.readyMs ?? server.readyMs;
    server.protocolVersion = state.protocolVersion ?? server.protocolVersion;
    server.reason = state.reason === undefined ? null : beginning(state.reason);
  }

  #closed({ open, ...turn }: OpenTurn, index: number): TraceTurn {
    const batch = open === undefined ? null : closedBatch(open);
    const next = this.#turns.slice(index + 1).find((later) => later.turn !== null);
    const isFed = batch !== null && batch.calls.length > 0 && turn.endedMs !== null;
    const resultsInto = turn.turn !== null && isFed ? (next?.turn ?? null) : null;
    return { ...turn, batch, resultsInto };
  }
}

function closedBatch({ batch, startedMs, calls, report, lastMs }: OpenBatch): TraceBatch {
  const closed = [...calls.values()].map((call) => call.finish()).sort((a, b) => a.index - b.index);
  const own = [...calls.values()].map((call) => call.ownMs);
  const sumMs = own.reduce((sum, ms) => sum + ms, 0);
  const times = report ?? {
    wallMs: lastMs,
    sumMs,
    longestMs: own.reduce((longest, ms) => Math.max(longest, ms), 0),
    speedup: lastMs > 0 && sumMs > 0 ? sumMs / lastMs : 1,
  };
  return { batch, startedMs, ended: report !== undefined, ...times, calls: closed };
}

/** A time out of a file may be none. */
function isoTime(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? 'an unknown time' : date.toISOString();
}
