import { PostedCall } from './http-call.ts';
import type { LanePorts } from './http-lane-ports.ts';
import type { MessageId } from './message-id.ts';
import type { Posted, PostedRequest } from './wire-transport.ts';

/**
 * The way of `tools/call` over Streamable HTTP: beside the SDK, over the same connections and in the same session. The SDK makes a dozen objects of the web platform
 * for each request, and validates each message several times; here a call is one POST by undici and one `JSON.parse`.
 *
 * - H1. A call is told of at most one fault, and of none after its answer was taken (`settled`), its withdrawal, or the end of the transport.
 * - H2. What comes in a response is told as of the call that was posted for it, whatever it says itself; nothing is told within `post`.
 * - H3. A request goes out again only after a refusal that proves that it was not taken: 401, 403, and a redirect within the origin (B5).
 * - H4. An end of whatever kind leaves nothing of a call: no timer, no listener, and no connection that is still busy with it.
 */
export class HttpLane {
  readonly #ports: LanePorts;
  readonly #calls = new Map<MessageId, PostedCall>();
  #isClosed = false;

  constructor(ports: LanePorts) {
    this.#ports = ports;
  }

  post(request: PostedRequest): Posted {
    const call = new PostedCall(this.#ports, request, this.#forget);
    this.#calls.set(request.id, call);
    if (this.#isClosed) {
      queueMicrotask(() => {
        call.fail(this.#ports.faults.closed());
      });
    } else call.send();
    return call;
  }

  /** Returns whether the request was one of these. */
  settled(id: MessageId): boolean {
    const call = this.#calls.get(id);
    call?.settled();
    return call !== undefined;
  }

  /** Ends all calls at once; nothing more is told of them. */
  close(): void {
    this.#isClosed = true;
    for (const call of this.#calls.values()) call.end();
  }

  readonly #forget = (call: PostedCall): void => {
    this.#calls.delete(call.id);
  };
}
