import type { JSONRPCMessage, Transport, TransportSendOptions } from '@modelcontextprotocol/client';
import { onAbort } from '../base/abort.ts';
import { isJsonObject, nestsDeeperThan, type JsonObject } from '../base/json.ts';
import { visibleLine } from '../base/visible.ts';
import { CallFault } from './call-fault.ts';
import { cancelledId, type MessageId } from './message-id.ts';
import { OpenRequests } from './open-requests.ts';
import { repairCallResult } from './tool-content.ts';
import { repairToolList } from './tool-page.ts';
import type { Notify, WireTransport } from './wire-transport.ts';

/** One step of a call, as its server reports it. */
export interface Progress {
  readonly progress: number;
  readonly total?: number;
  readonly message?: string;
}

/** Deepest nesting of a message: what is deeper overflows the stack of whatever serialises it later. */
const MAX_DEPTH = 200;
/** Most ids remembered of requests that were cancelled: their late answers are nothing unusual. */
const MAX_CANCELLED = 1_000;

/**
 * Stands between a transport and the SDK's client, in both eras, and sees every message. It hands the client only what the client can digest, so that one
 * bad tool, block or reply costs nothing beside itself.
 *
 * - W1. Every request that was sent gets one answer: the server's, or a fault made up here. A second one is dropped.
 * - W2. Progress reaches its listener in the order of arrival, before the answer that came after it, even in one chunk.
 */
export class WireGuard implements Transport {
  onmessage?: (message: JSONRPCMessage) => void;
  onclose?: () => void;
  onerror?: (error: Error) => void;
  /** Set by the owner: takes what the server says by itself, or leaves it to the SDK; returns which. */
  onserver: ((message: JsonObject) => boolean) | undefined;

  readonly #inner: WireTransport;
  readonly #server: string;
  readonly #notify: Notify;
  /** Requests without an answer, and their methods. */
  readonly #pending = new Map<MessageId, string>();
  readonly #cancelled = new Set<MessageId>();
  /** Methods of requests that were sent. */
  readonly #sent = new Set<string>();
  readonly #progress = new Map<MessageId, (progress: Progress) => void>();
  readonly #requests = new OpenRequests();
  #received = 0;
  #started = false;

  constructor(inner: WireTransport, server: string, notify: Notify) {
    this.#inner = inner;
    this.#server = server;
    this.#notify = notify;
  }

  /** Messages received so far. */
  get received(): number {
    return this.#received;
  }

  /** Whether the transport has started. */
  get started(): boolean {
    return this.#started;
  }

  /** Whether a request of this method was ever sent. */
  hasSent(method: string): boolean {
    return this.#sent.has(method);
  }

  /** Requests that wait for an answer, for leak checks. */
  get pending(): number {
    return this.#pending.size;
  }

  get sessionId(): string | undefined {
    return this.#inner.sessionId;
  }

  get hasPerRequestStream(): boolean {
    return this.#inner.hasPerRequestStream === true;
  }

  async start(): Promise<void> {
    const owner: Partial<WireTransport> = {
      onmessage: (message: unknown) => {
        this.#receive(message);
      },
      onfault: (id, fault) => {
        this.#fail(id, fault);
      },
      onclose: () => this.onclose?.(),
      onerror: (error) => this.onerror?.(error),
    };
    Object.assign(this.#inner, owner);
    await this.#inner.start();
    this.#started = true;
  }

  async send(message: JSONRPCMessage, options?: TransportSendOptions): Promise<void> {
    const id = 'method' in message && 'id' in message ? message.id : undefined;
    if (id !== undefined && 'method' in message) {
      this.#pending.set(id, message.method);
      this.#sent.add(message.method);
      // Where each request has a stream of its own, its end is the word that it is cancelled.
      onAbort(options?.requestSignal, () => {
        this.#cancel(id);
      });
    }
    const cancelled = cancelledId(message);
    if (cancelled !== undefined) this.#cancel(cancelled);
    try {
      await this.#inner.send(message, options);
    } catch (reason) {
      if (id !== undefined) this.#pending.delete(id);
      throw reason;
    } finally {
      if (!('method' in message)) this.#requests.end(message.id);
    }
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  setProtocolVersion(version: string): void {
    this.#inner.setProtocolVersion?.(version);
  }

  /** Listens to the progress of the request that carries `token`; returns the function that ends it. */
  listen(token: number, listener: (progress: Progress) => void): () => void {
    this.#progress.set(token, listener);
    return () => {
      this.#progress.delete(token);
    };
  }

  #cancel(id: MessageId): void {
    if (!this.#pending.delete(id)) return;
    if (this.#cancelled.size >= MAX_CANCELLED) this.#cancelled.clear();
    this.#cancelled.add(id);
  }

  #receive(message: unknown): void {
    if (!isJsonObject(message)) return;
    this.#received += 1;
    if (typeof message['method'] === 'string') this.#receiveFromServer(message);
    else this.#receiveAnswer(message);
  }

  #receiveFromServer(message: JsonObject): void {
    if (nestsDeeperThan(message, MAX_DEPTH)) {
      this.#notify(
        'message-too-deep',
        `it sent a message nested deeper than ${MAX_DEPTH} levels; it was skipped`,
      );
    } else if (message['method'] === 'notifications/progress') this.#receiveProgress(message);
    else if (this.onserver?.(message) !== true) this.#pass(message);
  }

  #pass(message: JsonObject): void {
    const { method, params } = message;
    // To what the server takes back there is no answer.
    if (method === 'notifications/cancelled' && isJsonObject(params)) {
      this.#requests.end(params['requestId']);
    }
    if (this.#requests.take(message)) {
      this.onmessage?.({ ...message, jsonrpc: '2.0' } as unknown as JSONRPCMessage);
      return;
    }
    const text = 'it asks more than it lets us answer; some of its requests get no answer';
    this.#notify('too-many-requests', text);
  }

  #receiveProgress(message: JsonObject): void {
    const { params } = message;
    if (!isJsonObject(params)) return;
    const { progressToken: token, progress, total, message: text } = params;
    const listener = typeof token === 'number' ? this.#progress.get(token) : undefined;
    // Without a listener it came too late, or for nobody: both may happen, neither matters.
    if (listener === undefined || typeof progress !== 'number') return;
    listener({
      progress,
      ...(typeof total === 'number' && { total }),
      ...(typeof text === 'string' && { message: text }),
    });
  }

  #receiveAnswer(message: JsonObject): void {
    const id = this.#pendingId(message);
    if (id === undefined) {
      this.#noteStray(message);
      return;
    }
    const method = this.#pending.get(id);
    const { result: sent, error } = message;
    // A list is judged tool by tool: one that nests too deep costs nobody but itself.
    const result =
      method === 'tools/list' && isJsonObject(sent) ? repairToolList(sent, this.#notify) : sent;
    if (nestsDeeperThan(result, MAX_DEPTH) || nestsDeeperThan(error, MAX_DEPTH)) {
      const text = `server "${this.#server}" sent an answer nested deeper than ${MAX_DEPTH} levels`;
      this.#fail(id, new CallFault('too-large', text, { ran: 'yes' }));
    } else if (result !== undefined && error !== undefined) {
      this.#failReply(id, 'with both a result and an error');
    } else if (error !== undefined) {
      if (isRpcError(error)) this.#answer(id, { jsonrpc: '2.0', id, error });
      else this.#failReply(id, 'with an error that has no code and message');
    } else if (isJsonObject(result)) {
      const isCall = method === 'tools/call';
      this.#answer(id, { jsonrpc: '2.0', id, result: isCall ? repairCallResult(result) : result });
    } else if (result === undefined) this.#failReply(id, 'with neither a result nor an error');
    else {
      const text = `server "${this.#server}" answered with a result that is no object`;
      this.#fail(id, new CallFault('invalid-result', text, { ran: 'yes' }));
    }
  }

  /** The id of the request that a message answers, as we wrote it: some servers turn numbers into strings. */
  #pendingId(message: JsonObject): MessageId | undefined {
    const { id } = message;
    if (typeof id === 'number' || typeof id === 'string') {
      if (this.#pending.has(id)) return id;
      const number = Number(id);
      return this.#pending.has(number) ? number : undefined;
    }
    // An error for a request whose id the server could not read: plain only when there is but one.
    const [only, ...others] = this.#pending.keys();
    return message['error'] !== undefined && others.length === 0 ? only : undefined;
  }

  #noteStray(message: JsonObject): void {
    const { id } = message;
    if ((typeof id === 'number' || typeof id === 'string') && this.#cancelled.delete(id)) return;
    const shown = visibleLine(JSON.stringify(id ?? null), 60);
    this.#notify(
      'stray-answer',
      `it sent an answer that nobody waits for (id ${shown}): a second one to the same request, or one to none; it was dropped`,
    );
  }

  #failReply(id: MessageId, how: string): void {
    const text = `server "${this.#server}" answered ${how}, which JSON-RPC does not allow`;
    this.#fail(id, new CallFault('invalid-reply', text, { ran: 'unknown' }));
  }

  #fail(id: MessageId, fault: CallFault): void {
    if (!this.#pending.has(id)) return;
    // The SDK knows one way in which one request fails: an error as its answer. The fault rides in its data.
    const error = { code: -32_000, message: fault.message, data: fault };
    this.#answer(id, { jsonrpc: '2.0', id, error } as unknown as JsonObject);
  }

  #answer(id: MessageId, answer: JsonObject): void {
    this.#pending.delete(id); // W1
    this.#inner.settled(id);
    this.onmessage?.(answer as unknown as JSONRPCMessage);
  }
}

function isRpcError(error: unknown): error is JsonObject {
  return (
    isJsonObject(error) &&
    Number.isSafeInteger(error['code']) &&
    typeof error['message'] === 'string'
  );
}

/** The guard of a child process: the SDK tells by these two that there is one, and then takes silence on its probe for a legacy server. */
export class StdioWireGuard extends WireGuard {
  get pid(): null {
    return null;
  }

  get stderr(): null {
    return null;
  }
}
