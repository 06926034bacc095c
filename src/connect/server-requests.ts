import type { JSONRPCMessage } from '@modelcontextprotocol/client';
import { linkAbort, type LinkedAbort } from '../base/abort.ts';
import { describe, HostError } from '../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../base/json.ts';
import type { AskDesk, AskResult, RawAsk } from './ask-desk.ts';
import { CallFault } from './call-fault.ts';
import type { CallInFlight } from './call-in-flight.ts';
import type { MessageId } from './message-id.ts';
import { ASK_METHODS } from './read-ask.ts';
import type { Notify } from './wire-transport.ts';

export interface ServerRequestsOptions {
  readonly desk: AskDesk;
  /** The calls that may have caused the request that is being received now; `requestId`: of the request of ours on whose stream it came, if it is known. */
  readonly causes: (requestId: MessageId | undefined) => readonly CallInFlight[];
  /** Sends an answer. */
  readonly send: (message: JSONRPCMessage) => Promise<void>;
  readonly notify: Notify;
}

/** Most requests of one server that wait for an answer, or for its leaving: one that asks faster than it reads gets no more. */
const MAX_OPEN = 64;

/** The requests that a server of the old era sends by itself (elicitation/create, sampling/createMessage, roots/list), and the answers to them. */
export class ServerRequests {
  readonly #options: ServerRequestsOptions;
  readonly #open = new Map<MessageId, LinkedAbort>();

  constructor(options: ServerRequestsOptions) {
    this.#options = options;
  }

  /** Takes a message of the server if it is one of these requests, or takes one of them back. Returns whether it was. */
  take(message: JsonObject, requestId?: MessageId): boolean {
    const { method, id, params } = message;
    if (method === 'notifications/cancelled') return this.#cancel(params);
    if (!ASK_METHODS.has(method) || (typeof id !== 'string' && typeof id !== 'number')) {
      return false;
    }
    if (this.#open.size >= MAX_OPEN || this.#open.has(id)) {
      this.#options.notify(
        'ask-flood',
        `it sent more than ${MAX_OPEN} requests of its own at once, or one id twice; the rest gets no answer`,
      );
      return true;
    }
    // Now: later the cause cannot be told any more.
    void this.#serve(id, { method, params }, this.#options.causes(requestId));
    return true;
  }

  async #serve(id: MessageId, ask: RawAsk, causes: readonly CallInFlight[]): Promise<void> {
    const { desk, send, notify } = this.#options;
    const link = linkAbort(undefined);
    this.#open.set(id, link);
    try {
      const result = await desk.answer(ask, causes, link.signal);
      await send(toMessage(id, result) as unknown as JSONRPCMessage);
    } catch (reason) {
      // Of a request that was taken back, or whose call or session has ended, nobody wants to know.
      if (isSendFailure(reason)) {
        notify('answer-failed', `an answer to its request could not be sent: ${describe(reason)}`);
      }
    } finally {
      this.#open.delete(id);
      link[Symbol.dispose]();
    }
  }

  #cancel(params: Json | undefined): boolean {
    const id = isJsonObject(params) ? params['requestId'] : undefined;
    const link = typeof id === 'string' || typeof id === 'number' ? this.#open.get(id) : undefined;
    link?.abort(new HostError('aborted', 'the server took its question back'));
    return link !== undefined;
  }
}

function isSendFailure(reason: unknown): boolean {
  return !(reason instanceof HostError) || reason instanceof CallFault;
}

function toMessage(id: MessageId, answer: AskResult): JsonObject {
  if (answer.kind === 'answered') return { jsonrpc: '2.0', id, result: answer.result };
  const { code, reason: message } = answer;
  return { jsonrpc: '2.0', id, error: { code, message } };
}
