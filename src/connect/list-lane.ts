import { ProtocolError } from '@modelcontextprotocol/client';
import { onAbort } from '../base/abort.ts';
import { HostError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import type { CallFault } from './call-fault.ts';
import type { Receiver, RpcError } from './receiver.ts';
import { repairToolList } from './tool-page.ts';
import type { WireGuard } from './wire-guard.ts';
import type { Notify, Posted } from './wire-transport.ts';

/** What the lane knows of its session. */
export interface ListLaneOptions {
  readonly server: string;
  readonly guard: WireGuard;
  readonly notify: Notify;
  /** Why the session ended, once it has. */
  readonly ended: () => HostError | undefined;
}

/** Ids of lists begin here, below those of calls: the SDK counts its own from 0, and neither gets that far. */
const FIRST_ID = 900_000_000;

/**
 * The way of `tools/list` to a server of the old era: like {@link CallLane}, beside the SDK's client on the same connection, and with the same rules (A1, A2). A list is
 * parsed once and read once (`repairToolList`); by the SDK it is a body, a stream and a document of the web platform first, and is looked over by four schemas. In the new era the
 * SDK has more to say about a list, and asks for it itself.
 */
export class ListLane {
  readonly #options: ListLaneOptions;
  #lastId = FIRST_ID;

  constructor(options: ListLaneOptions) {
    this.#options = options;
  }

  /** Whether the transport takes requests that do not come from the SDK. */
  get canAsk(): boolean {
    return this.#options.guard.canPost;
  }

  /** Asks for a page. Resolves to its result, whose tools are mended; rejects with a CallFault, a ProtocolError, the session's end or the signal's reason. */
  ask(params: JsonObject, signal: AbortSignal): Promise<JsonObject> {
    this.#lastId += 1;
    return new ListRequest(this.#options, this.#lastId).send(params, signal);
  }
}

class ListRequest implements Receiver {
  readonly #options: ListLaneOptions;
  readonly #id: number;
  #posted: Posted | undefined;
  #resolve: (result: JsonObject) => void = () => undefined;
  #reject: (reason: unknown) => void = () => undefined;

  constructor(options: ListLaneOptions, id: number) {
    this.#options = options;
    this.#id = id;
  }

  async send(params: JsonObject, signal: AbortSignal): Promise<JsonObject> {
    signal.throwIfAborted();
    const answered = new Promise<JsonObject>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const { guard } = this.#options;
    const text = JSON.stringify({ jsonrpc: '2.0', method: 'tools/list', params, id: this.#id });
    this.#posted = guard.post({ id: this.#id, text, tool: '' }, this);
    const unsubscribe = onAbort(signal, (reason) => {
      guard.forget(this.#id);
      this.#posted?.withdraw('the list is not wanted any more');
      this.#reject(reason);
    });
    try {
      return await answered;
    } finally {
      unsubscribe();
    }
  }

  mend(result: JsonObject, maxDepth: number): JsonObject | undefined {
    return repairToolList(result, { notify: this.#options.notify, maxDepth });
  }

  onresult(result: JsonObject): void {
    this.#resolve(result);
  }

  onerror({ code, message, data }: RpcError): void {
    this.#reject(new ProtocolError(code, message, data));
  }

  onfault(fault: CallFault): void {
    this.#reject(fault);
  }

  onclose(): void {
    const text = `the connection to server "${this.#options.server}" ended`;
    this.#reject(this.#options.ended() ?? new HostError('connection-lost', text));
  }
}
