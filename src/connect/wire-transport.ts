import type { Transport } from '@modelcontextprotocol/client';
import type { HostError } from '../base/errors.ts';
import type { CallFault } from './call-fault.ts';
import type { MessageId } from './message-id.ts';

/** Something about a server that a person should know; told once per server and code. */
export type Notify = (code: string, message: string) => void;

/** What this host asks of a transport beyond the SDK's own contract. */
export interface WireTransport extends Transport {
  /** Set by the owner: one request has failed, though the connection goes on. */
  onfault: ((id: MessageId, fault: CallFault) => void) | undefined;
  /** Set by the owner: the stream on which the server speaks by itself was `opened`, for the first time or again, and what it said before is lost; or it has `none`. */
  onstream: ((what: 'opened' | 'none') => void) | undefined;
  /** Resolves when the connection ended by itself (not by `close`), with why. Before `onclose` is called. */
  readonly ended: Promise<HostError>;
  /** The request is over: answered or failed. Whatever it still holds can go. */
  settled(id: MessageId): void;
}
