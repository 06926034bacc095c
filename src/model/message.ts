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
  | { readonly kind: 'assistant'; readonly text: string; readonly calls: readonly MessageCall[] }
  | { readonly kind: 'tool-results'; readonly results: readonly ToolResult[] };
