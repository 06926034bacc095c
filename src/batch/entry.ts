import type { Json } from '../base/json.ts';
import { conflict, type Claim, type Ticket } from '../base/locks.ts';
import type { CallRecord, ToolCall } from '../call/call.ts';
import type { CallId, ServerId } from '../call/names.ts';
import type { Outcome } from '../call/outcome.ts';
import type { Cancellation, Scope } from '../call/scope.ts';
import type { Tool } from '../call/tool.ts';
import { round } from './report.ts';
import { REVISED } from './stops.ts';

/** One call's place in its batch: what was asked, what is known, and in the end its record. Each revision of it settles exactly once (B1, B6). */
export class Entry {
  readonly index: number;
  readonly id: CallId;
  call: ToolCall;
  server: ServerId | undefined;
  tool: Tool | undefined;
  arguments: Json;
  /** Counts how often the model changed its mind; what an earlier revision began is nobody's. */
  revision = 0;
  /** Whether listeners have heard of this revision. */
  announced = false;
  readonly #queuedMs: number;
  #record: CallRecord | undefined;
  #scope: Scope | undefined;
  #claims: readonly Claim[] = [];
  #ticket: Ticket | undefined;

  constructor(
    index: number,
    id: CallId,
    { call, queuedMs }: { readonly call: ToolCall; readonly queuedMs: number },
  ) {
    this.index = index;
    this.id = id;
    this.call = call;
    this.arguments = call.arguments ?? {};
    this.#queuedMs = queuedMs;
  }

  /** The record of the revision that counts now, once it has ended. */
  get record(): CallRecord | undefined {
    return this.#record;
  }

  /** Takes a place among the calls of the batch (B2). The one it had is given up only now, so that nobody slips in between. */
  place(claims: readonly Claim[], ticket: Ticket | undefined): void {
    const before = this.#ticket;
    this.#claims = claims;
    this.#ticket = ticket;
    before?.release();
  }

  /** From now on this scope is the call's life: to wait for its server, then to run. */
  enter(scope: Scope): void {
    this.#scope = scope;
  }

  /** Drops what was begun and makes the call as good as new; its place is free at once. */
  restart(call: ToolCall): void {
    this.revision += 1;
    this.#scope?.cancel(REVISED);
    this.place([], undefined);
    this.#record = undefined;
    this.#scope = undefined;
    this.announced = false;
    this.call = call;
    this.server = undefined;
    this.tool = undefined;
    this.arguments = call.arguments ?? {};
  }

  /** Whether the claims of two calls exclude each other. */
  conflictsWith(other: Entry): boolean {
    return this.#claims.some((claim) =>
      other.#claims.some((otherClaim) => conflict(claim, otherClaim)),
    );
  }

  cancel(cancellation: Cancellation): void {
    this.#scope?.cancel(cancellation);
  }

  /** Stops the call unless it was sent. */
  cancelUnsent(cancellation: Cancellation): void {
    if ((this.#scope?.attempts ?? 0) === 0) this.cancel(cancellation);
  }

  /** Ends the call; only the first time counts, and gives the record. */
  settle(outcome: Outcome, nowMs: number): CallRecord | undefined {
    if (this.#record !== undefined) return undefined;
    this.#ticket?.release();
    const endedMs = round(nowMs);
    // A call that shares an earlier send began no earlier than it was asked for.
    const sentMs = Math.max(this.#scope?.firstSentAt ?? nowMs, this.#queuedMs);
    this.#record = {
      id: this.id,
      name: this.call.name,
      server: this.server ?? null,
      tool: this.tool?.name ?? null,
      arguments: this.arguments,
      access: this.tool?.access ?? null,
      accessRule: this.tool?.accessRule ?? null,
      outcome,
      queuedMs: round(this.#queuedMs),
      startedMs: round(sentMs),
      endedMs,
      attempts: this.#scope?.attempts ?? 0,
    };
    return this.#record;
  }
}
