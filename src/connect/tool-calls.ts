import type { Client } from '@modelcontextprotocol/client';
import { deferred, type Deferred } from '../base/deferred.ts';
import type { HostError } from '../base/errors.ts';
import { Roster } from '../base/roster.ts';
import type { JsonObject } from '../base/json.ts';
import type { CallLife } from '../call/call-life.ts';
import type { ToolName } from '../call/names.ts';
import type { Outcome } from '../call/outcome.ts';
import { stopped } from '../call/scope.ts';
import type { AskDesk } from './ask-desk.ts';
import { CallExchange, type ExchangePorts } from './call-exchange.ts';
import type { CallInFlight } from './call-in-flight.ts';
import { CallLane } from './call-lane.ts';
import type { RoundParams } from './input-required.ts';
import type { MessageId } from './message-id.ts';
import type { RawTool } from './raw-tool.ts';
import { SdkCalls } from './sdk-calls.ts';
import { StandingClocks } from './standing-clocks.ts';
import type { WireGuard } from './wire-guard.ts';
import type { Notify } from './wire-transport.ts';

export interface ToolCallsOptions {
  readonly server: string;
  readonly client: Client;
  readonly guard: WireGuard;
  readonly desk: AskDesk;
  readonly notify: Notify;
  /** Takes secrets out of what is said of a failed call. */
  readonly redact: (text: string) => string;
  /** Whether calls go by the lane, where the transport has one; otherwise all go by the SDK's client. */
  readonly lane: boolean;
  /** Whether the answer to each call comes on a stream of its own, with the questions that the call causes. */
  readonly hasOwnStreams: boolean;
  readonly tool: (name: ToolName) => RawTool | undefined;
  /** Whether some arguments of the tool are repeated as HTTP headers. */
  readonly isMirrored: (tool: RawTool) => boolean;
  /** Why the session ended, once it has. */
  readonly ended: () => HostError | undefined;
  /** Aborts then. */
  readonly over: AbortSignal;
}

/** The calls of one session: sends them, knows which are in flight, and which of them its server's questions come from. */
export class ToolCalls {
  readonly #options: ToolCallsOptions;
  readonly #ports: ExchangePorts;
  readonly #bySdk: SdkCalls;
  readonly #inFlight = new Roster<CallExchange>();
  readonly #standing = new StandingClocks();
  #isStandingStill = false;
  #lane: CallLane | undefined;
  #drained: Deferred<void> | undefined;

  constructor(options: ToolCallsOptions) {
    this.#options = options;
    const { server, client, guard, desk, notify, redact, isMirrored, ended, over } = options;
    this.#ports = {
      server,
      desk,
      notify,
      redact,
      ended,
      over,
      onEnd: (call) => {
        this.#end(call);
      },
      isModern: () => client.getProtocolEra() === 'modern',
      send: (call, more) => {
        this.#send(call, more);
      },
    };
    const isTraced = (): boolean => options.hasOwnStreams && desk.asksSomebody;
    this.#bySdk = new SdkCalls({ client, guard, isMirrored, isTraced });
  }

  /** Calls a tool; never rejects. Settles at once when the call is told to stop: its deadline is the caller's business, there is no other. */
  call(name: ToolName, args: JsonObject, life: CallLife): Promise<Outcome> {
    if (life.cancellation !== undefined) return Promise.resolve(stopped(life.cancellation, 'no'));
    return new Promise((resolve) => {
      const content = { name, args, raw: this.#options.tool(name), life };
      const call = new CallExchange(this.#ports, content, resolve);
      call.place = this.#inFlight.add(call);
      if (this.#isStandingStill) this.#standing.stop([call]);
      call.start();
    });
  }

  #end(call: CallExchange): void {
    if (call.place !== undefined) this.#inFlight.remove(call.place);
    this.#standing.goOn(call);
    if (this.#inFlight.size > 0) return;
    this.#drained?.resolve();
    // Whoever asks later asks about later calls.
    this.#drained = undefined;
  }

  /** While a person is asked to allow the access, the clocks of all calls stand: each may be waiting for it. */
  standStill(isAsking: boolean): void {
    this.#isStandingStill = isAsking;
    if (isAsking) this.#standing.stop(this.#inFlight);
    else this.#standing.goOn();
  }

  /** Resolves when no call is in flight. */
  drained(): Promise<void> {
    if (this.#inFlight.size === 0) return Promise.resolve();
    this.#drained ??= deferred();
    return this.#drained.promise;
  }

  /** The calls that may have caused what is being received now: one, where that can be told. `requestId`: of the request on whose stream it came, if it is known. */
  causes(requestId: MessageId | undefined): readonly CallInFlight[] {
    const calls: readonly CallInFlight[] = [...this.#inFlight];
    const own =
      requestId === undefined
        ? SdkCalls.current()
        : calls.find((call) => call.requestId === requestId);
    // What was begun in the course of another session's call is no news of that call.
    return own !== undefined && calls.includes(own) ? [own] : calls;
  }

  #send(call: CallExchange, more: RoundParams | undefined): void {
    const { guard, lane, isMirrored } = this.#options;
    const { raw } = call;
    if (lane && guard.canPost && (raw === undefined || !isMirrored(raw))) {
      this.#lane ??= this.#openLane();
      this.#lane.send(call, more);
      return;
    }
    this.#bySdk.send(call, more).then(
      (result) => {
        call.onanswer(result);
      },
      (reason: unknown) => {
        call.onfailure(reason);
      },
    );
  }

  #openLane(): CallLane {
    const { server, guard, client, ended } = this.#options;
    const isModern = client.getProtocolEra() === 'modern';
    return new CallLane({ server, guard, isModern, ended });
  }
}
