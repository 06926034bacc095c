import type { Json } from '../base/json.ts';

/** Whether a call's tool has run on its server: `unknown` once bytes may have left and no answer came. */
export type Ran = 'yes' | 'no' | 'unknown';

/** One block of a tool's result, as the server sent it (`type` is `text`, `image`, `audio`, `resource`, `resource_link`, or something newer). */
export interface ContentBlock {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** What a tool answered: its content, and its structured content where it has any. */
export interface Answer {
  readonly content: readonly ContentBlock[];
  readonly structuredContent?: Json;
  /** What was too large to be handed on; absent where nothing was. The content itself says it, too. */
  readonly cut?: readonly CutPart[];
}

/** A part of an answer that was too large: what is left of it, and where the whole is. Sizes in bytes, of a text in UTF-8. */
export interface CutPart {
  /** `text`, `structuredContent`, or the type of the block: `image`, `audio` … */
  readonly part: string;
  readonly bytes: number;
  /** From the start. */
  readonly shownBytes: number;
  /** `null`: it could not be kept. */
  readonly file: string | null;
}

/** Why a call has no answer: a stable code, words for the model and for people. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
}

/**
 * How one call ended (B1): every call ends in exactly one.
 *
 * - `ok`, `tool-error`: the server answered; `tool-error` is the tool's own `isError`
 * - `invalid`: the model's call was wrong and reached no server
 * - `denied`: policy or a person refused it
 * - `timeout`: a time budget expired; `code` is the setting's name (`attemptMs`, `totalMs` …)
 * - `cancelled`: by the caller, by a truncated message, by the host closing
 * - `failed`: the server or the connection failed
 */
export type Outcome =
  | ({ readonly kind: 'ok'; readonly ran: 'yes' } & Answer)
  | ({ readonly kind: 'tool-error'; readonly ran: 'yes' } & Answer)
  | ({ readonly kind: 'invalid'; readonly ran: 'no' } & Refusal)
  | ({ readonly kind: 'denied'; readonly ran: 'no' } & Refusal)
  | ({ readonly kind: 'timeout'; readonly ran: Ran } & Refusal)
  | ({ readonly kind: 'cancelled'; readonly ran: Ran } & Refusal)
  | ({ readonly kind: 'failed'; readonly ran: Ran; readonly retryAfterMs?: number } & Refusal);

/** Whether an outcome counts as failed in a report: everything but a tool's own good answer. */
export function isFailure(outcome: Outcome): boolean {
  return outcome.kind !== 'ok';
}
