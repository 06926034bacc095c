import type { ToolCall } from '../call/call.ts';
import type { Tool } from '../call/tool.ts';
import type { Message, MessageOutput } from './message.ts';

/** What a model is asked. */
export interface ModelRequest {
  readonly messages: readonly Message[];
  /** In the catalogue's order, which is stable: endpoints cache by prefix. */
  readonly tools: readonly Tool[];
  /** `false` asks the model for at most one call a turn, where the endpoint knows how. */
  readonly parallelToolCalls: boolean;
}

/** Tokens, as the endpoint counted them. */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Of the input tokens, those that the endpoint had in its cache. */
  readonly cachedInputTokens: number;
}

/**
 * Why a message ended. `length` and `content-filter` mean that it is not whole: no write in it may run (B8). Whatever else keeps a message from
 * ending well is an error.
 */
export type FinishReason = 'stop' | 'tool-calls' | 'length' | 'content-filter';

/** One thing that came out of the model. */
export type ModelEvent =
  | { readonly kind: 'text-delta'; readonly text: string }
  /** A call whose arguments are complete; it may come while the message is still being written. Calls come in the model's order. */
  | { readonly kind: 'tool-call'; readonly call: ToolCall }
  /** The call that came `index`-th (from 0) reads differently after all. */
  | { readonly kind: 'tool-call-revise'; readonly index: number; readonly call: ToolCall }
  | { readonly kind: 'usage'; readonly usage: Usage }
  /** The whole message as its API wants it back. */
  | { readonly kind: 'output'; readonly output: MessageOutput }
  /** The last event of every message that ended. */
  | { readonly kind: 'finish'; readonly reason: FinishReason };

/** A model: a conversation in, one message out, piece by piece. */
export interface Model {
  /** For people and for reports. */
  readonly name: string;
  /** Most tools it can be shown at once; of a larger catalogue it gets a part, and `search_tools`. Default 128; `Infinity` for no limit. */
  readonly maxTools?: number;
  /**
   * Streams the next message. It ends with `finish`; a message that does not end is an error: HostError `model` for whatever the endpoint did
   * wrong, `aborted` once `signal` aborted. A HostError `model` has `details.status` where the endpoint gave one. Nothing is asked before the
   * first event is.
   */
  respond(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelEvent>;
}
