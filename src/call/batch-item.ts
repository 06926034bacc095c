import type { BatchReport, ToolCall } from './call.ts';

/**
 * What comes out of a message while a model still writes it. An iterable that ends or throws without `complete: true` is truncated: of its calls,
 * those not yet sent are never sent (B8).
 */
export type BatchItem =
  /** The next call, in the model's order. */
  | { readonly kind: 'call'; readonly call: ToolCall }
  /** The call at `index` (from 0) reads differently after all. */
  | { readonly kind: 'revise'; readonly index: number; readonly call: ToolCall }
  /** The last item: whether the message is whole. */
  | { readonly kind: 'end'; readonly complete: boolean };

/** A batch: complete, or still being written. */
export type BatchInput = readonly ToolCall[] | AsyncIterable<BatchItem>;

export interface RunBatchOptions {
  /** Cancels the calls of the batch. */
  readonly signal?: AbortSignal;
  /** Runs the calls one after the other, in order. Default `false`. */
  readonly oneByOne?: boolean;
  /** Whether an id is that of an earlier call of the conversation: a call that has it gets a fresh one. Default: none is. */
  readonly isTaken?: (id: string) => boolean;
}

/** Runs a batch. Never rejects for a call; the results are in call order, one for each `call` item (B6). */
export type RunBatch = (calls: BatchInput, options: RunBatchOptions) => Promise<BatchReport>;
