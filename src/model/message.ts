import type { JsonObject } from '../base/json.ts';
import type { CallId } from '../call/names.ts';
import type { Outcome } from '../call/outcome.ts';

/** A tool call as it stands in the conversation. */
export interface MessageCall {
  readonly id: CallId;
  /** As the model wrote it: possibly no tool's name at all. */
  readonly name: string;
  /** The argument text, character for character as the model wrote it: possibly empty, possibly no JSON. */
  readonly arguments: string;
}

/**
 * A message as its API gave it, for an API that wants it back so: reasoning that is not returned unchanged and in its place is lost, and the model
 * thinks it all again. Nobody looks into it but the model that it came from.
 */
export interface MessageOutput {
  /** Which model that is. */
  readonly origin: string;
  readonly items: readonly OutputItem[];
}

/** One item of it; `call` says which of the message's calls stands there, by its place among them, from 0. */
export interface OutputItem {
  readonly item: JsonObject;
  readonly call?: number;
}

/** The answer to one tool call. */
export interface ToolResult {
  readonly id: CallId;
  readonly name: string;
  readonly outcome: Outcome;
}

/**
 * One message of a conversation, in nobody's wire format. `tool-results` is the one follow-up to an assistant message with calls: a result for each
 * call, in call order (B6). Each API spells it its own way.
 */
export type Message =
  | { readonly kind: 'system'; readonly text: string }
  | { readonly kind: 'user'; readonly text: string }
  | {
      readonly kind: 'assistant';
      readonly text: string;
      readonly calls: readonly MessageCall[];
      /** Only of a whole message, and of an API that needs it. */
      readonly output?: MessageOutput;
    }
  | { readonly kind: 'tool-results'; readonly results: readonly ToolResult[] };
