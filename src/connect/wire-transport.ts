import type { Transport } from '@modelcontextprotocol/client';
import type { HostError } from '../base/errors.ts';
import type { CallFault } from './call-fault.ts';
import type { MessageId } from './message-id.ts';

/** Something about a server that a person should know; told once per server and code. */
export type Notify = (code: string, message: string) => void;

/** A request that is sent beside the SDK. */
export interface PostedRequest {
  readonly id: number;
  /** The whole message, as one line of JSON without its newline. */
  readonly text: string;
  /** The tool's name: some transports tell it beside the message. */
  readonly tool: string;
}

/** A request that was posted. */
export interface Posted {
  /** Drops the request and tells the server. Returns whether it can have reached the server. */
  withdraw(reason: string): boolean;
}

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
  /**
   * Set by the owner: a message that came in response to the posted request `id`: its answer, or what the server says in the course of it. Only where each request
   * has a way of its own; elsewhere, and where this is not set, it comes by `onmessage`.
   */
  onposted?: ((message: unknown, id: number) => void) | undefined;
  /**
   * Sends a request; its answer, and what comes on its stream, come by `onposted` or `onmessage`, what goes wrong with it by `onfault`, neither within this call.
   * After `withdraw` neither comes. Absent where requests go by the SDK alone.
   */
  post?(request: PostedRequest): Posted;
}
