import { isJsonObject, type JsonObject } from '../base/json.ts';
import type { Progress } from '../call/call-life.ts';
import type { CallFault } from './call-fault.ts';

/** An error as JSON-RPC has it. */
export interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/** Who waits for the answer to one request; exactly one of `onresult`, `onerror`, `onfault` and `onclose` is called, once. */
export interface Receiver {
  /** The result, by no means checked, but nested no deeper than a message may be. */
  onresult(result: JsonObject): void;
  onerror(error: RpcError): void;
  onfault(fault: CallFault): void;
  /** The transport is closed: the answer will not come. */
  onclose(): void;
  /** The server reports on the request that carries its own id as its progress token. */
  onprogress?(progress: Progress): void;
  /** Mends a result before anything else is done with it; what it returns nests no deeper than `maxDepth`. `undefined`: it found nothing to mend, and looked at nothing. */
  mend?(result: JsonObject, maxDepth: number): JsonObject | undefined;
}

export function isRpcError(error: unknown): error is RpcError {
  return (
    isJsonObject(error) &&
    Number.isSafeInteger(error['code']) &&
    typeof error['message'] === 'string'
  );
}
