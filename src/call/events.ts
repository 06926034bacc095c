import type { CallRecord, BatchReport } from './call.ts';
import type { CallId, ServerId, ToolName } from './names.ts';
import type { CutPart } from './outcome.ts';

/**
 * What a call waits for: `order` an earlier call of its batch, `model` the rest of the model's message, `approval` a person, `shared` an identical read,
 * `lock` another batch, `backoff` before a repetition, `slot` a free place, `rate` the rate limit, `connect` its server, `answer` a person's answer to a question
 * of its server: the call is under way then.
 */
export type WaitReason =
  | 'order'
  | 'model'
  | 'approval'
  | 'shared'
  | 'lock'
  | 'backoff'
  | 'slot'
  | 'rate'
  | 'connect'
  | 'answer';

/** The state of one server's connection, as events and `host.servers()` show it. */
export type ServerState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'connecting' }
  | {
      readonly kind: 'ready';
      readonly tools: number;
      readonly readyMs: number;
      readonly protocolVersion: string;
    }
  /** It was ready and went away, and is being restarted; its tools stay in the catalogue, and calls wait for it for a while. */
  | {
      readonly kind: 'backing-off';
      /** How it went away. */
      readonly reason: string;
      /** Until the next try, ms; 0 while it is under way. */
      readonly retryInMs: number;
      /** How often in a row it went away or could not be restarted. */
      readonly attempt: number;
    }
  /** It has no tools. `retryInMs`: until it is tried again, ms (0 while that is under way); absent when nothing will change by itself. */
  | {
      readonly kind: 'failed';
      readonly reason: string;
      readonly hint?: string;
      readonly retryInMs?: number;
    }
  | { readonly kind: 'disabled'; readonly reason: string }
  | { readonly kind: 'closed' };

/** Something about a server that a person should know, once: a dropped tool, junk on its stdout, a limit. */
export interface ServerNotice {
  readonly kind: 'server-notice';
  readonly server: ServerId;
  readonly code: string;
  readonly message: string;
}

/** Something about the host itself that a person should know, once: results that cannot be kept. */
export interface HostNotice {
  readonly kind: 'host-notice';
  readonly code: string;
  readonly message: string;
}

/** What happens to one call. `at` is ms since its batch began. */
export type CallEvent =
  | {
      readonly kind: 'call-queue';
      readonly batch: number;
      readonly id: CallId;
      readonly index: number;
      /** As the caller gave it; untrusted. */
      readonly name: string;
      /** `null` while they are not known, like `tool`; a second event for the same id tells them. */
      readonly server: ServerId | null;
      readonly tool: ToolName | null;
      readonly at: number;
    }
  | {
      readonly kind: 'call-wait-start';
      readonly batch: number;
      readonly id: CallId;
      readonly reason: WaitReason;
      readonly at: number;
    }
  | {
      readonly kind: 'call-wait-end';
      readonly batch: number;
      readonly id: CallId;
      readonly reason: WaitReason;
      readonly at: number;
    }
  | {
      readonly kind: 'call-start';
      readonly batch: number;
      readonly id: CallId;
      readonly attempt: number;
      readonly at: number;
    }
  | {
      readonly kind: 'call-progress';
      readonly batch: number;
      readonly id: CallId;
      readonly progress: number;
      readonly total?: number;
      readonly message?: string;
      readonly at: number;
    }
  | {
      readonly kind: 'call-revise';
      readonly batch: number;
      readonly id: CallId;
      readonly index: number;
      readonly at: number;
    }
  | {
      readonly kind: 'call-end';
      readonly batch: number;
      readonly index: number;
      readonly record: CallRecord;
      readonly at: number;
    }
  /** Its result was too large for what the results of its batch may take together. After the `call-end`, whose record may hold more. */
  | {
      readonly kind: 'result-cut';
      readonly batch: number;
      readonly id: CallId;
      readonly cut: readonly CutPart[];
      readonly at: number;
    };

/** Everything the host tells its listeners. Listeners cannot break the flow. */
export type HostEvent =
  | { readonly kind: 'connection-change'; readonly server: ServerId; readonly state: ServerState }
  | { readonly kind: 'catalogue-change'; readonly tools: number }
  | ServerNotice
  | HostNotice
  | { readonly kind: 'batch-start'; readonly batch: number }
  | { readonly kind: 'batch-end'; readonly batch: number; readonly report: BatchReport }
  | CallEvent
  | { readonly kind: 'turn-start'; readonly turn: number }
  | { readonly kind: 'text-delta'; readonly turn: number; readonly text: string }
  | {
      readonly kind: 'turn-end';
      readonly turn: number;
      readonly calls: number;
      readonly finish: string;
    };
