import type { JSONRPCMessage } from '@modelcontextprotocol/client';
import type { JsonObject } from '../base/json.ts';
import type { CallFault } from './call-fault.ts';
import type { MessageId } from './message-id.ts';
import type { Receiver, RpcError } from './receiver.ts';
import { repairCallResult } from './tool-content.ts';
import { repairToolList } from './tool-page.ts';
import type { Notify } from './wire-transport.ts';

/** Hands the answer to one request of the SDK's client to it, in a shape that it does not throw away. */
export class SdkReceiver implements Receiver {
  readonly #id: MessageId;
  readonly #isCall: boolean;
  readonly #deliver: (message: JSONRPCMessage) => void;
  readonly mend?: (result: JsonObject, maxDepth: number) => JsonObject | undefined;

  constructor(
    request: { readonly id: MessageId; readonly method: string },
    notify: Notify,
    deliver: (message: JSONRPCMessage) => void,
  ) {
    this.#id = request.id;
    this.#deliver = deliver;
    // A list is judged tool by tool: one that nests too deep costs nobody but itself.
    if (request.method === 'tools/list') {
      this.mend = (result, maxDepth) => repairToolList(result, { notify, maxDepth });
    }
    this.#isCall = request.method === 'tools/call';
  }

  onresult(result: JsonObject): void {
    this.#answer({ result: this.#isCall ? repairCallResult(result) : result });
  }

  onerror(error: RpcError): void {
    this.#answer({ error });
  }

  /** The SDK knows one way in which one request fails: an error as its answer. The fault rides in its data. */
  onfault(fault: CallFault): void {
    this.#answer({ error: { code: -32_000, message: fault.message, data: fault } });
  }

  onclose(): void {
    // The SDK is told of it once, for all of its requests.
  }

  #answer(part: object): void {
    this.#deliver({ jsonrpc: '2.0', id: this.#id, ...part } as unknown as JSONRPCMessage);
  }
}
