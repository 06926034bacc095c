import { ProtocolError } from '@modelcontextprotocol/client';
import { HostError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import { visibleLine } from '../base/visible.ts';
import type { CallLife, Follower, Progress } from '../call/call-life.ts';
import type { Cancellation } from '../call/scope.ts';
import { CallFault } from './call-fault.ts';
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

/** Whose request it is, what it says, and who is told what comes of it: one of `onanswer` and `onfailure`, once. */
export interface LaneListener {
  readonly name: string;
  readonly args: JsonObject;
  readonly life: CallLife;
  /** Of its latest request: by it is known on which request's stream something came. */
  requestId: number | undefined;
  /** The result, whose content is mended (`repairContent`); in the modern era it is a complete one or asks for more. */
  onanswer(result: JsonObject): void;
  /** As the SDK rejects: with a CallFault, a ProtocolError, or the session's end. */
  onfailure(reason: unknown): void;
}

/** Ids of the lane begin here: the SDK counts its own from 0, and never gets that far. */
const FIRST_ID = 1_000_000_000;

/**
 * The way of `tools/call` to a server: beside the SDK's client, on the same connection. The SDK keeps everything that is rare and intricate (negotiation,
 * subscriptions, the server's own requests); a call costs one `JSON.stringify`, one `JSON.parse` and one look into a map, where by the SDK it is
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
   * Sends a request; `more`: of a round after the first, see `InputRounds`. Its listener is told not within this call, unless its call was told to stop before, and at
   * once when it is told to stop. Throws, and tells nothing, where the arguments are no JSON.
   */
  send(listener: LaneListener, more: RoundParams | undefined): void {
    this.#lastId += 1;
    const id = this.#lastId;
    const { name, args } = listener;
    const rest = more === undefined ? '' : `${JSON.stringify(more).slice(1, -1)},`;
    const text = `${this.#head(name)}${JSON.stringify(args)},${rest}"_meta":{${this.#meta}"progressToken":${id}}},"id":${id}}`;
    listener.requestId = id;
    new LaneCall(this.#options, id, listener).post({ id, text, tool: name });
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
class LaneCall implements Receiver, Follower {
  readonly #options: LaneOptions;
  readonly #id: number;
  /** Until it ends. */
  #listener: LaneListener | undefined;
  #posted: Posted | undefined;

  constructor(options: LaneOptions, id: number, listener: LaneListener) {
    this.#options = options;
    this.#id = id;
    this.#listener = listener;
  }

  post(request: PostedRequest): void {
    this.#posted = this.#options.guard.post(request, this);
    this.#listener?.life.follow(this);
  }

  onresult(result: JsonObject): void {
    const { resultType } = result;
    if (this.#options.isModern && resultType !== 'complete') {
      if (resultType === 'input_required') this.#end()?.onanswer(result);
      else this.#fail(this.#unfinished(resultType));
      return;
    }
    const { content, structuredContent, isError } = result;
    // Only what is read of it: the rest of a result would live as long as its call.
    this.#end()?.onanswer({
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
    this.#listener?.life.onProgress(progress);
  }

  /** The call was told to stop. */
  cancel({ message: reason }: Cancellation): void {
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
    this.#end()?.onfailure(reason);
  }

  /** The guard lets only one answer through, and what was told to stop is forgotten there (A2). */
  #end(): LaneListener | undefined {
    const listener = this.#listener;
    listener?.life.unfollow(this);
    this.#listener = undefined;
    this.#posted = undefined;
    return listener;
  }
}
