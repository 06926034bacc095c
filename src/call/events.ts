import type { CallRecord, BatchReport } from './call.ts';
import type { CallId, ServerId, ToolName } from './names.ts';

/**
 * What a call waits for: `order` an earlier call of its batch, `model` the rest of the model's message, `approval` a person, `shared` an identical read,
 * `lock` another batch, `backoff` before a repetition, `slot` a free place, `rate` the rate limit, `connect` its server.
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
  | 'connect';

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
  | { readonly kind: 'failed'; readonly reason: string; readonly hint?: string }
  | { readonly kind: 'disabled'; readonly reason: string }
  | { readonly kind: 'closed' };

/** Something about a server that a person should know, once: a dropped tool, junk on its stdout, a limit. */
export interface ServerNotice {
  readonly kind: 'server-notice';
  readonly server: ServerId;
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
    };

/** Everything the host tells its listeners. Listeners cannot break the flow. */
export type HostEvent =
  | { readonly kind: 'connection-change'; readonly server: ServerId; readonly state: ServerState }
  | { readonly kind: 'catalogue-change'; readonly tools: number }
  | ServerNotice
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
