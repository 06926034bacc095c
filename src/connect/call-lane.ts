import { ProtocolError } from '@modelcontextprotocol/client';
import { HostError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import { visibleLine } from '../base/visible.ts';
import type { CallLife, Progress } from '../call/call-life.ts';
import { CallFault } from './call-fault.ts';
import type { CallInFlight } from './call-in-flight.ts';
import type { RoundParams } from './input-required.ts';
import type { Receiver, RpcError } from './receiver.ts';
import { repairContent } from './tool-content.ts';
import type { WireGuard } from './wire-guard.ts';
import type { Posted, PostedRequest } from './wire-transport.ts';

/** What the lane knows of its session. */
export interface LaneOptions {
  readonly server: string;
  readonly guard: WireGuard;
  readonly isModern: boolean;
  /** Why the session ended, once it has. */
  readonly ended: () => HostError | undefined;
}

/** One `tools/call` request. */
export interface LaneRequest {
  readonly name: string;
  readonly args: JsonObject;
  readonly life: CallLife;
  /** Of a round after the first: see `InputRounds`. */
  readonly more: RoundParams | undefined;
  /** Whose request it is. */
  readonly call: CallInFlight;
}

/** Ids of the lane begin here: the SDK counts its own from 0, and never gets that far. */
const FIRST_ID = 1_000_000_000;

/**
 * The way of `tools/call` to a server: beside the SDK's client, on the same connection. The SDK keeps everything that is rare and intricate (negotiation,
 * listing, subscriptions, the server's own requests); a call costs one `JSON.stringify`, one `JSON.parse` and one look into a map, where by the SDK it is
 * checked against schemas six times over.
 *
 * - A1. Ids of the lane and of the SDK never meet; each answer goes to whoever asked.
 * - A2. A request ends exactly once: with its answer, its fault, its cancellation, or the end of the connection; after that nothing of it is left.
 * - A3. A request that is told to stop ends at once. It is known not to have run only if it never left.
 * - A4. What comes of a request here comes of it by the SDK, too: `test/connect/two-ways.test.ts` sends the same calls both ways.
 */
export class CallLane {
  readonly #options: LaneOptions;
  readonly #meta: string;
  /** The request up to the arguments, by tool. */
  readonly #heads = new Map<string, string>();
  #lastId = FIRST_ID;

  constructor(options: LaneOptions) {
    this.#options = options;
    const envelope = JSON.stringify(options.guard.envelope).slice(1, -1);
    this.#meta = envelope === '' ? '' : `${envelope},`;
  }

  /**
   * Sends a request. Resolves to the result, whose content is mended (`repairContent`); in the modern era it is a complete one or asks for more. Rejects as the
   * SDK does: with a CallFault, a ProtocolError, or the session's end. Settles at once when the call is told to stop.
   */
  send({ name, args, life, more, call }: LaneRequest): Promise<JsonObject> {
    this.#lastId += 1;
    const id = this.#lastId;
    const rest = more === undefined ? '' : `${JSON.stringify(more).slice(1, -1)},`;
    const text = `${this.#head(name)}${JSON.stringify(args)},${rest}"_meta":{${this.#meta}"progressToken":${id}}},"id":${id}}`;
    call.requestId = id;
    return new LaneCall(this.#options, id, life).post({ id, text, tool: name });
  }

  #head(tool: string): string {
    let head = this.#heads.get(tool);
    if (head === undefined) {
      head = `{"jsonrpc":"2.0","method":"tools/call","params":{"name":${JSON.stringify(tool)},"arguments":`;
      this.#heads.set(tool, head);
    }
    return head;
  }
}

/** One request on its way. It lets go of everything when it ends: see `Roster`. */
class LaneCall implements Receiver {
  readonly #options: LaneOptions;
  readonly #id: number;
  #life: CallLife | undefined;
  #settle: Settle | undefined;
  #posted: Posted | undefined;
  #unsubscribe: (() => void) | undefined;

  constructor(options: LaneOptions, id: number, life: CallLife) {
    this.#options = options;
    this.#id = id;
    this.#life = life;
  }

  post(request: PostedRequest): Promise<JsonObject> {
    const ended = new Promise<JsonObject>((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.#posted = this.#options.guard.post(request, this);
    const unsubscribe = this.#life?.onCancel(({ message }) => {
      this.#stop(message);
    });
    // A call that was told to stop before has ended by now.
    if (this.#settle !== undefined) this.#unsubscribe = unsubscribe;
    return ended;
  }

  onresult(result: JsonObject): void {
    const { resultType } = result;
    if (this.#options.isModern && resultType !== 'complete') {
      if (resultType === 'input_required') this.#end()?.resolve(result);
      else this.#fail(this.#unfinished(resultType));
      return;
    }
    const { content, structuredContent, isError } = result;
    // Only what is read of it: the rest of a result would live as long as its call.
    this.#end()?.resolve({
      content: repairContent(content),
      ...(structuredContent !== undefined && { structuredContent }),
      ...(isError === true && { isError }),
    });
  }

  onerror({ code, message, data }: RpcError): void {
    this.#fail(new ProtocolError(code, message, data));
  }

  onfault(fault: CallFault): void {
    this.#fail(fault);
  }

  onclose(): void {
    const text = `the connection to server "${this.#options.server}" ended`;
    this.#fail(this.#options.ended() ?? new HostError('connection-lost', text));
  }

  onprogress(progress: Progress): void {
    this.#life?.onProgress(progress);
  }

  #stop(reason: string): void {
    this.#options.guard.forget(this.#id);
    const mayHaveLeft = this.#posted?.withdraw(reason) ?? true;
    this.#fail(new CallFault('not-connected', reason, { ran: mayHaveLeft ? 'unknown' : 'no' })); // A3
  }

  #unfinished(resultType: unknown): CallFault {
    const who = `server "${this.#options.server}"`;
    if (typeof resultType !== 'string') {
      const text = `${who} answered with something that is no tool result: it has no resultType`;
      return new CallFault('invalid-result', text, { ran: 'yes' });
    }
    const text = `${who} asks for something that this host does not offer yet: ${visibleLine(resultType, 100)}`;
    return new CallFault('unsupported-result', text, { ran: 'unknown' });
  }

  #fail(reason: unknown): void {
    this.#end()?.reject(reason);
  }

  /** The guard lets only one answer through, and what was told to stop is forgotten there (A2). */
  #end(): Settle | undefined {
    const settle = this.#settle;
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    this.#settle = undefined;
    this.#life = undefined;
    this.#posted = undefined;
    return settle;
  }
}

interface Settle {
  readonly resolve: (result: JsonObject) => void;
  readonly reject: (reason: unknown) => void;
}
