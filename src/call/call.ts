import type { Json, JsonObject } from '../base/json.ts';
import type { Claim } from '../base/locks.ts';
import type { CallId } from './names.ts';
import type { Access, Tool } from './tool.ts';
import type { Outcome } from './outcome.ts';

/** A tool call as a model or a caller gives it: nothing in it has been checked. */
export interface ToolCall {
  /** Default: a fresh id. A repeated one is replaced by a fresh one. */
  readonly id?: string;
  /** The exposed name of a tool. */
  readonly name: string;
  /** A JSON text (a model's own spelling), or the object itself. Default, and for `""`: no arguments. */
  readonly arguments?: string | JsonObject;
}

/** A call that was admitted: routed, parsed, validated, its claims computed. What the links see. */
export interface Call {
  readonly id: CallId;
  /** Its place in the model's message, from 0. */
  readonly index: number;
  readonly tool: Tool;
  readonly arguments: JsonObject;
  /** The records it claims; empty when it claims nothing. */
  readonly claims: readonly Claim[];
}

/** What became of one call, as `call --json` and `runBatch` give it. Times are ms since the batch began. */
export interface CallRecord {
  readonly id: CallId;
  readonly name: string;
  /** `null` for an unknown name, like `tool`. */
  readonly server: string | null;
  readonly tool: string | null;
  /** The parsed arguments, or the caller's own text where it does not parse. */
  readonly arguments: Json;
  readonly access: Access | null;
  readonly accessRule: string | null;
  readonly outcome: Outcome;
  /** When the call entered the batch. */
  readonly queuedMs: number;
  /** When it was first sent, or joined an identical read that was; `endedMs` for a call that never was. */
  readonly startedMs: number;
  readonly endedMs: number;
  /** How often it was sent: 0 for a call that never was. */
  readonly attempts: number;
}

/** How a batch went: the calls, and how much their overlap saved. */
export interface BatchReport {
  readonly results: readonly CallRecord[];
  /** From the start of the batch to its last outcome. */
  readonly wallMs: number;
  /** What the calls would have taken one by one: the sum of their own durations. */
  readonly sumMs: number;
  /** The slowest call's own duration. */
  readonly longestMs: number;
  /** `sumMs / wallMs`; 1 for an empty batch. */
  readonly speedup: number;
  /** Where the batch was stopped: what became of calls of its message that it never saw, because it left the message then. */
  readonly unseen?: Outcome;
}
