/**
 * JSON-RPC with one peer.
 *
 * R1. Each request settles exactly once: with its answer, with its signal's reason, or with why the connection ended.
 * R2. A request whose signal is aborted is cancelled at the peer, too.
 */
import type { Writable } from 'node:stream';
import * as z from 'zod';
import { encodeMessage, FramingError, MessageReader } from './message-framing.ts';

/** The peer answered a request with an error. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** What is answered to a request of the peer; undefined for a method that is not known here. */
export type Answers = (method: string, params: unknown) => unknown;

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (reason: Error) => void;
}

const Message = z.object({
  id: z.union([z.number(), z.string(), z.null()]).optional(),
  method: z.string().optional(),
  params: z.unknown().optional(),
  result: z.unknown().optional(),
  error: z.object({ code: z.number(), message: z.string() }).optional(),
});

const METHOD_NOT_FOUND = -32_601;

export class RpcConnection {
  readonly #output: Writable;
  readonly #answers: Answers;
  readonly #reader: MessageReader;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #end: { readonly reason: Error } | undefined;

  constructor(output: Writable, maxBytes: number, answers: Answers) {
    this.#output = output;
    this.#answers = answers;
    this.#reader = new MessageReader(maxBytes, (message) => this.#take(message));
  }

  /** Takes bytes of the peer; throws a FramingError when they are not the protocol. */
  push(chunk: Buffer): void {
    if (this.#end === undefined) this.#reader.push(chunk);
  }

  /** Resolves to the result. Rejects with an RpcError, the signal's reason, or the reason of `close` (R1). */
  async request(method: string, params: object | undefined, signal: AbortSignal): Promise<unknown> {
    signal.throwIfAborted();
    if (this.#end !== undefined) throw this.#end.reason;
    this.#lastId += 1;
    const id = this.#lastId;
    return await new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#pending.delete(id);
        this.notify('$/cancelRequest', { id }); // R2
        reject(signal.reason as Error);
      };
      const settle = () => signal.removeEventListener('abort', onAbort);
      this.#pending.set(id, {
        resolve: (result) => {
          settle();
          resolve(result);
        },
        reject: (reason) => {
          settle();
          reject(reason);
        },
      });
      signal.addEventListener('abort', onAbort, { once: true });
      this.#send({ id, method, params });
    });
  }

  notify(method: string, params?: object): void {
    this.#send({ method, params });
  }

  /** Ends the connection: whatever waits is rejected with the reason. Only the first call counts. */
  close(reason: Error): void {
    if (this.#end !== undefined) return;
    this.#end = { reason };
    const waiting = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of waiting) reject(reason);
  }

  #send(message: object): void {
    if (this.#end !== undefined || !this.#output.writable) return;
    this.#output.write(encodeMessage({ jsonrpc: '2.0', ...message }));
  }

  #take(message: unknown): void {
    const parsed = Message.safeParse(message);
    if (!parsed.success) throw new FramingError('a message that is no JSON-RPC');
    const { id, method, params, result, error } = parsed.data;
    if (method !== undefined) {
      if (id !== undefined && id !== null) this.#answer(id, method, params);
      return;
    }
    const pending = typeof id === 'number' ? this.#pending.get(id) : undefined;
    // Cancelled in the meantime: nobody waits for it.
    if (pending === undefined || typeof id !== 'number') return;
    this.#pending.delete(id);
    if (error === undefined) pending.resolve(result);
    else pending.reject(new RpcError(error.code, error.message));
  }

  #answer(id: number | string, method: string, params: unknown): void {
    const result = this.#answers(method, params);
    if (result !== undefined) this.#send({ id, result });
    else this.#send({ id, error: { code: METHOD_NOT_FOUND, message: `no method ${method}` } });
  }
}
