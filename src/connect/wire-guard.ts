import type { JSONRPCMessage, Transport, TransportSendOptions } from '@modelcontextprotocol/client';
import { onAbort } from '../base/abort.ts';
import { isJsonObject, nestsDeeperThan, type JsonObject } from '../base/json.ts';
import { visibleLine } from '../base/visible.ts';
import type { Progress } from '../call/call-life.ts';
import { CallFault } from './call-fault.ts';
import { ForgottenIds } from './forgotten-ids.ts';
import { cancelledId, type MessageId } from './message-id.ts';
import { OpenRequests } from './open-requests.ts';
import { isRpcError, type Receiver } from './receiver.ts';
import { SdkReceiver } from './sdk-receiver.ts';
import type { Notify, Posted, PostedRequest, WireTransport } from './wire-transport.ts';

/** Deepest nesting of a message: what is deeper overflows the stack of whatever serialises it later. */
const MAX_DEPTH = 200;

/**
 * Stands between a transport and those who send requests over it, the SDK's client and the lane of calls, in both eras, and sees every message. It hands on only
 * what can be digested, so that one bad tool, block or reply costs nothing beside itself.
 *
 * - W1. Every request that was sent gets one answer: the server's, or a fault made up here. A second one is dropped.
 * - W2. Progress reaches its listener in the order of arrival, before the answer that came after it, even in one chunk.
 */
export class WireGuard implements Transport {
  onmessage?: (message: JSONRPCMessage) => void;
  onclose?: () => void;
  onerror?: (error: Error) => void;
  /** Set by the owner: takes what the server says by itself, or leaves it to the SDK; returns which. `requestId`: on whose request's stream it came, if that is known. */
  onserver: ((message: JsonObject, requestId?: MessageId) => boolean) | undefined;

  readonly #inner: WireTransport;
  readonly #server: string;
  readonly #notify: Notify;
  /** Requests without an answer, and who waits for it. */
  readonly #pending = new Map<MessageId, Receiver>();
  readonly #forgotten = new ForgottenIds();
  /** Methods of requests that the SDK sent. */
  readonly #sent = new Set<string>();
  readonly #progress = new Map<MessageId, (progress: Progress) => void>();
  readonly #requests = new OpenRequests();
  #envelope: JsonObject = {};
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

  /** Whether the SDK ever sent a request of this method. */
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
      onposted: (message, id) => {
        this.#receive(message, id);
      },
      onfault: (id, fault) => {
        this.#settle(id)?.onfault(fault);
      },
      onclose: () => {
        this.#close();
      },
      onerror: (error) => this.onerror?.(error),
    };
    Object.assign(this.#inner, owner);
    await this.#inner.start();
    this.#started = true;
  }

  async send(message: JSONRPCMessage, options?: TransportSendOptions): Promise<void> {
    const id = 'method' in message && 'id' in message ? message.id : undefined;
    if (id !== undefined && 'method' in message) {
      const { method } = message;
      const receiver = new SdkReceiver({ id, method }, this.#notify, (answer) => {
        this.onmessage?.(answer);
      });
      this.#pending.set(id, receiver);
      this.#sent.add(method);
      if (method === 'tools/list') this.#envelope = envelopeOf(message.params);
      // Where each request has a stream of its own, its end is the word that it is cancelled.
      onAbort(options?.requestSignal, () => {
        this.forget(id);
      });
    }
    const cancelled = cancelledId(message);
    if (cancelled !== undefined) this.forget(cancelled);
    try {
      await this.#inner.send(message, options);
    } catch (reason) {
      if (id !== undefined) this.#pending.delete(id);
      throw reason;
    } finally {
      if (!('method' in message)) this.#requests.end(message.id);
    }
  }

  /** Whether the transport takes requests that do not come from the SDK. */
  get canPost(): boolean {
    return this.#inner.post !== undefined;
  }

  /** Sends a request that is not the SDK's (W1), under an id that the SDK never uses. What goes wrong with it is told to the receiver, never within this call. */
  post(request: PostedRequest, receiver: Receiver): Posted | undefined {
    this.#pending.set(request.id, receiver);
    return this.#inner.post?.(request);
  }

  /** Nobody waits any more for the answer to this request. */
  forget(id: MessageId): void {
    if (this.#pending.delete(id)) this.#forgotten.add(id);
  }

  /** What the SDK writes into `_meta` of every request: in the modern era, who the client is and what it can. Empty before the first list of tools. */
  get envelope(): JsonObject {
    return this.#envelope;
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  setProtocolVersion(version: string): void {
    this.#inner.setProtocolVersion?.(version);
  }

  /** Listens to the progress of a request of the SDK's that carries `token`; returns the function that ends it. */
  listen(token: number, listener: (progress: Progress) => void): () => void {
    this.#progress.set(token, listener);
    return () => {
      this.#progress.delete(token);
    };
  }

  #close(): void {
    const receivers = [...this.#pending.values()];
    // A process that is ended may still have written its answers.
    for (const id of this.#pending.keys()) this.#forgotten.add(id);
    this.#pending.clear();
    for (const receiver of receivers) receiver.onclose();
    this.onclose?.();
  }

  /** `on`: the request on whose stream it came, if that is known. */
  #receive(message: unknown, on?: MessageId): void {
    if (!isJsonObject(message)) return;
    this.#received += 1;
    if (typeof message['method'] === 'string') this.#receiveFromServer(message, on);
    else this.#receiveAnswer(message, on);
  }

  #receiveFromServer(message: JsonObject, on: MessageId | undefined): void {
    if (nestsDeeperThan(message, MAX_DEPTH)) {
      this.#notify(
        'message-too-deep',
        `it sent a message nested deeper than ${MAX_DEPTH} levels; it was skipped`,
      );
    } else if (message['method'] === 'notifications/progress') this.#receiveProgress(message);
    else if (this.onserver?.(message, on) !== true) this.#pass(message);
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
    if (typeof token !== 'number' || typeof progress !== 'number') return;
    const step = {
      progress,
      ...(typeof total === 'number' && { total }),
      ...(typeof text === 'string' && { message: text }),
    };
    const listener = this.#progress.get(token);
    // Without either it came too late, or for nobody: both may happen, neither matters.
    if (listener === undefined) this.#pending.get(token)?.onprogress?.(step);
    else listener(step);
  }

  #receiveAnswer(message: JsonObject, on: MessageId | undefined): void {
    const id = this.#pendingId(message, on);
    const receiver = id === undefined ? undefined : this.#pending.get(id);
    if (id === undefined || receiver === undefined) {
      this.#noteStray(message);
      return;
    }
    const { result: sent, error } = message;
    const mended = isJsonObject(sent) ? receiver.mend?.(sent, MAX_DEPTH) : undefined;
    const result = mended ?? sent;
    const unread = mended === undefined ? sent : undefined;
    if (nestsDeeperThan(unread, MAX_DEPTH) || nestsDeeperThan(error, MAX_DEPTH)) {
      const text = `server "${this.#server}" sent an answer nested deeper than ${MAX_DEPTH} levels`;
      this.#settle(id)?.onfault(new CallFault('too-large', text, { ran: 'yes' }));
    } else if (result !== undefined && error !== undefined) {
      this.#failReply(id, 'with both a result and an error');
    } else if (error !== undefined) {
      if (isRpcError(error)) this.#settle(id)?.onerror(error);
      else this.#failReply(id, 'with an error that has no code and message');
    } else if (isJsonObject(result)) this.#settle(id)?.onresult(result);
    else if (result === undefined) this.#failReply(id, 'with neither a result nor an error');
    else {
      const text = `server "${this.#server}" answered with a result that is no object`;
      this.#settle(id)?.onfault(new CallFault('invalid-result', text, { ran: 'yes' }));
    }
  }

  /** The id of the request that a message answers, as we wrote it: some servers turn numbers into strings. */
  #pendingId(message: JsonObject, on: MessageId | undefined): MessageId | undefined {
    const { id } = message;
    if (typeof id === 'number' || typeof id === 'string') {
      if (this.#pending.has(id)) return id;
      const number = Number(id);
      return this.#pending.has(number) ? number : undefined;
    }
    // An error for a request whose id the server could not read: plain only where it has a stream of its own, or there is but one.
    if (message['error'] === undefined) return undefined;
    if (on !== undefined) return on;
    return this.#pending.size === 1 ? this.#pending.keys().next().value : undefined;
  }

  #noteStray(message: JsonObject): void {
    const { id } = message;
    if (this.#forgotten.take(id)) return;
    // Whatever else it is, it may nest deeper than any stack.
    const isPlain = typeof id === 'number' || typeof id === 'string';
    const shown = isPlain ? visibleLine(JSON.stringify(id), 60) : 'none';
    this.#notify(
      'stray-answer',
      `it sent an answer that nobody waits for (id ${shown}): a second one to the same request, or one to none; it was dropped`,
    );
  }

  #failReply(id: MessageId, how: string): void {
    const text = `server "${this.#server}" answered ${how}, which JSON-RPC does not allow`;
    this.#settle(id)?.onfault(new CallFault('invalid-reply', text, { ran: 'unknown' }));
  }

  /** Takes the request out: a second answer finds nobody (W1). */
  #settle(id: MessageId): Receiver | undefined {
    const receiver = this.#pending.get(id);
    if (receiver === undefined) return undefined;
    this.#pending.delete(id);
    this.#inner.settled(id);
    return receiver;
  }
}

/** What the SDK put into a request beside what it was asked to. */
function envelopeOf(params: unknown): JsonObject {
  const meta = isJsonObject(params) ? params['_meta'] : undefined;
  if (!isJsonObject(meta)) return {};
  const { progressToken: _, ...envelope } = meta;
  return envelope;
}
