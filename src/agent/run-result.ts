import type { HostError } from '../base/errors.ts';
import type { CallRecord } from '../call/call.ts';
import type { Message } from '../model/message.ts';
import type { Usage } from '../model/model.ts';

/** One request to the model and what came of it. */
export interface TurnRecord {
  /** What the model said beside its calls. */
  readonly text: string;
  /** In the model's order. */
  readonly calls: readonly CallRecord[];
  /** From the first call's arrival to the last outcome, in ms; 0 without calls. */
  readonly wallMs: number;
  /** What the calls would have taken one by one, in ms. */
  readonly sumMs: number;
  /** The slowest call's own duration, in ms. */
  readonly longestMs: number;
  /** `sumMs / wallMs`; 1 without calls. */
  readonly speedup: number;
}

/**
 * Why a run ended.
 *
 * - `stop`: the model had nothing more to call
 * - `max-turns`: the last allowed message still held calls; they were run, and no model has seen their results
 * - `length`, `content-filter`: the endpoint cut the message off
 * - `model-error`: the endpoint failed; `error` says how
 * - `interrupted`: by the caller
 */
export type StopReason =
  | 'stop'
  | 'max-turns'
  | 'length'
  | 'content-filter'
  | 'model-error'
  | 'interrupted';

/** One agent run, from the prompt to its end. */
export interface RunResult {
  /** The text of the last message; of an unfinished one, what there is. */
  readonly answer: string;
  /** The model's name. */
  readonly model: string;
  readonly turns: readonly TurnRecord[];
  /** Of all turns together; `null` when the endpoint does not count. */
  readonly usage: Usage | null;
  readonly stopReason: StopReason;
  /** The whole conversation. Valid as it stands, however the run ended: every call in it is answered once. */
  readonly messages: readonly Message[];
  /** With `model-error` only. */
  readonly error?: HostError;
}
