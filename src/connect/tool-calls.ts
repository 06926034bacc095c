import { AsyncLocalStorage } from 'node:async_hooks';
import type { Client, Tool } from '@modelcontextprotocol/client';
import { deferred, type Deferred } from '../base/deferred.ts';
import { HostError } from '../base/errors.ts';
import { Roster } from '../base/roster.ts';
import type { JsonObject } from '../base/json.ts';
import type { CallLife } from '../call/call-life.ts';
import type { ToolName } from '../call/names.ts';
import type { Outcome } from '../call/outcome.ts';
import { stopped } from '../call/scope.ts';
import type { AskDesk } from './ask-desk.ts';
import { CallInFlight } from './call-in-flight.ts';
import { CallLane } from './call-lane.ts';
import { answerOutcome, failureOutcome, withRefusals } from './call-outcome.ts';
import { asksForMore, InputRounds, type RoundParams } from './input-required.ts';
import type { MessageId } from './message-id.ts';
import type { RawTool } from './raw-tool.ts';
import { NO_TIMEOUT_MS, PASS_THROUGH } from './sdk-request.ts';
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

/**
 * In the course of which call something is received, where each has a stream of its own and goes by the SDK, which does not say on which stream a message came,
 * but reads each in the course of the call that opened it. Entered only where somebody may be asked: it slows every promise of the process a little.
 */
const course = new AsyncLocalStorage<CallInFlight>();

/** The calls of one session: sends them, knows which are in flight, and which of them its server's questions come from. */
export class ToolCalls {
  readonly #options: ToolCallsOptions;
  readonly #inFlight = new Roster<CallInFlight>();
  readonly #standing = new StandingClocks();
  #isStandingStill = false;
  #lastToken = 0;
  #lane: CallLane | undefined;
  #drained: Deferred<void> | undefined;

  constructor(options: ToolCallsOptions) {
    this.#options = options;
  }

  /** Calls a tool; never rejects. Settles at once when the call is told to stop: its deadline is the caller's business, there is no other. */
  call(name: ToolName, args: JsonObject, life: CallLife): Promise<Outcome> {
    if (life.cancellation !== undefined) return Promise.resolve(stopped(life.cancellation, 'no'));
    const raw = this.#options.tool(name);
    const call = new CallInFlight(life);
    const place = this.#inFlight.add(call);
    if (this.#isStandingStill) this.#standing.stop([call]);
    const sending = { name, args, raw, life, call };
    const end = (outcome: Outcome): Outcome => {
      this.#inFlight.remove(place);
      this.#standing.goOn(call);
      call.end();
      if (this.#inFlight.size === 0) {
        this.#drained?.resolve();
        // Whoever asks later asks about later calls.
        this.#drained = undefined;
      }
      return outcome;
    };
    return this.#exchange(sending).then(
      (result) => end(this.#answered(sending, result)),
      (reason: unknown) => end(this.#failed(sending, reason)),
    );
  }

  #answered(sending: Sending, result: unknown): Outcome {
    const { server, notify } = this.#options;
    const { name, raw, call } = sending;
    try {
      return withRefusals(answerOutcome(result, { server, name, raw }, notify), call);
    } catch (reason) {
      // A defect of ours.
      return this.#failed(sending, reason);
    }
  }

  #failed({ life, call }: Sending, reason: unknown): Outcome {
    const { server, ended, desk, redact } = this.#options;
    const explain = (required: unknown): string => desk.explain(required);
    const context = { server, stop: life, ended: ended(), explain };
    const failure = withoutSecrets(failureOutcome(reason, context), redact);
    const outcome = withRefusals(failure, call);
    // The server had worked on it before it asked: see InputRounds.
    return call.rounds > 0 ? begun(outcome) : outcome;
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
    const calls = [...this.#inFlight];
    const own =
      requestId === undefined
        ? course.getStore()
        : calls.find((call) => call.requestId === requestId);
    // What was begun in the course of another session's call is no news of that call.
    return own !== undefined && calls.includes(own) ? [own] : calls;
  }

  /** Sends the call, and again with what its server wants to know, until the server has answered. */
  #exchange(sending: Sending): Promise<unknown> {
    try {
      // A server of the old era asks by requests of its own; whatever its results say besides means nothing.
      const isModern = this.#options.client.getProtocolEra() === 'modern';
      return isModern ? this.#sendInRounds(sending) : this.#send(sending);
    } catch (reason) {
      // Arguments that are no JSON.
      return Promise.reject(HostError.from(reason));
    }
  }

  async #sendInRounds(sending: Sending): Promise<unknown> {
    let result = await this.#send(sending);
    if (!asksForMore(result)) return result;
    const { server, desk, over } = this.#options;
    const { call, life } = sending;
    const rounds = new InputRounds({ server, desk, call, signal: life.signal, over });
    for (;;) {
      const more = await rounds.next(result);
      if (more === undefined) return result;
      result = await this.#send(sending, more);
    }
  }

  #send(sending: Sending, more?: RoundParams): Promise<unknown> {
    const { guard, lane, isMirrored, hasOwnStreams, desk } = this.#options;
    const { name, args, raw, life, call } = sending;
    if (lane && guard.canPost && (raw === undefined || !isMirrored(raw))) {
      this.#lane ??= this.#openLane();
      return this.#lane.send({ name, args, life, call, more });
    }
    const isTraced = hasOwnStreams && desk.asksSomebody;
    return isTraced
      ? course.run(call, () => this.#sendBySdk(sending, more))
      : this.#sendBySdk(sending, more);
  }

  /** Where the lane does not lead: some transports, and arguments that are repeated as headers. */
  async #sendBySdk({ name, args, raw, life }: Sending, more: RoundParams = {}): Promise<unknown> {
    const { client, guard, isMirrored } = this.#options;
    this.#lastToken += 1;
    const token = this.#lastToken;
    const unlisten = guard.listen(token, (progress) => {
      life.onProgress(progress);
    });
    const params = { name, arguments: { ...args }, _meta: { progressToken: token }, ...more };
    const requestOptions = {
      signal: life.signal,
      timeout: NO_TIMEOUT_MS,
      allowInputRequired: true,
    };
    try {
      if (raw !== undefined && isMirrored(raw)) {
        const toolDefinition = forHeaders(raw);
        return await client.callTool(params, { ...requestOptions, toolDefinition });
      }
      return await client.request({ method: 'tools/call', params }, PASS_THROUGH, requestOptions);
    } finally {
      unlisten();
    }
  }

  #openLane(): CallLane {
    const { server, guard, client, ended } = this.#options;
    const isModern = client.getProtocolEra() === 'modern';
    return new CallLane({ server, guard, isModern, ended });
  }
}

/** What the server answered by an error of the protocol stays as it is, like every answer: the rest quotes what was not meant for the model. */
function withoutSecrets(outcome: Outcome, redact: (text: string) => string): Outcome {
  const isOurs = outcome.kind === 'failed' && outcome.code !== 'server-error';
  return isOurs ? { ...outcome, message: redact(outcome.message) } : outcome;
}

/** The outcome of a call that broke off after a round: it is not known to have not run. */
function begun(outcome: Outcome): Outcome {
  const mayBeNo = outcome.kind === 'failed' || outcome.kind === 'cancelled';
  return mayBeNo && outcome.ran === 'no' ? { ...outcome, ran: 'unknown' } : outcome;
}

/** What is the same in all rounds of a call. */
interface Sending {
  readonly name: ToolName;
  readonly args: JsonObject;
  readonly raw: RawTool | undefined;
  readonly life: CallLife;
  readonly call: CallInFlight;
}

/** What the SDK needs of a tool to make headers of its arguments. Its results are checked here, not there. */
function forHeaders(tool: RawTool): Tool {
  // The reader of the list made sure that the root of the schema is of type object.
  return { name: tool.name, inputSchema: tool.inputSchema as Tool['inputSchema'] };
}
