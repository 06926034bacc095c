import { AsyncLocalStorage } from 'node:async_hooks';
import type { Client, Tool } from '@modelcontextprotocol/client';
import { deferred, type Deferred } from '../base/deferred.ts';
import type { HostError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import type { Asker } from '../call/asks.ts';
import { callId, exposedName, type ToolName } from '../call/names.ts';
import type { Outcome } from '../call/outcome.ts';
import type { AskDesk } from './ask-desk.ts';
import { CallInFlight } from './call-in-flight.ts';
import { answerOutcome, cancelled, failureOutcome, withRefusals } from './call-outcome.ts';
import { InputRounds, type RoundParams } from './input-required.ts';
import type { RawTool } from './raw-tool.ts';
import { NO_TIMEOUT_MS, PASS_THROUGH } from './sdk-request.ts';
import { StandingClocks } from './standing-clocks.ts';
import type { Progress, WireGuard } from './wire-guard.ts';
import type { Notify } from './wire-transport.ts';

export interface CallOptions {
  /** Aborting it cancels the call, at the server too. The call's deadline is the caller's business: there is no other. */
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /** Who the questions of the server come from; made when they are needed. Default: a call of this name, without clocks. */
  readonly asker?: () => Asker;
}

export interface ToolCallsOptions {
  readonly server: string;
  readonly client: Client;
  readonly guard: WireGuard;
  readonly desk: AskDesk;
  readonly notify: Notify;
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
 * In the course of which call something is received, where each has a stream of its own: the SDK does not say on which stream a message came, but reads each in the
 * course of the call that opened it. Entered only where somebody may be asked: it slows every promise of the process a little.
 */
const course = new AsyncLocalStorage<CallInFlight>();

/** The calls of one session: sends them, knows which are in flight, and which of them its server's questions come from. */
export class ToolCalls {
  readonly #options: ToolCallsOptions;
  readonly #inFlight = new Set<CallInFlight>();
  readonly #standing = new StandingClocks();
  #isStandingStill = false;
  #lastToken = 0;
  #drained: Deferred<void> | undefined;

  constructor(options: ToolCallsOptions) {
    this.#options = options;
  }

  /** Calls a tool; never rejects. */
  async call(name: ToolName, args: JsonObject, options: CallOptions): Promise<Outcome> {
    const { server, notify, ended } = this.#options;
    const { signal, asker } = options;
    if (signal.aborted) return cancelled(signal, 'no');
    const raw = this.#options.tool(name);
    const call = new CallInFlight(asker ?? (() => nobody(name)));
    this.#inFlight.add(call);
    if (this.#isStandingStill) this.#standing.stop([call]);
    try {
      const result = await this.#exchange(call, { name, args, raw, options });
      return withRefusals(answerOutcome(result, { server, name, raw }, notify), call);
    } catch (reason) {
      const explain = (required: unknown): string => this.#options.desk.explain(required);
      const failure = failureOutcome(reason, { server, signal, ended: ended(), explain });
      const outcome = withRefusals(failure, call);
      // The server had worked on it before it asked: see InputRounds.
      return call.rounds > 0 ? begun(outcome) : outcome;
    } finally {
      this.#inFlight.delete(call);
      this.#standing.goOn(call);
      call.end();
      if (this.#inFlight.size === 0) this.#drained?.resolve();
    }
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

  /** The calls that may have caused what is being received now: one, where that can be told. */
  causes(): readonly CallInFlight[] {
    const own = course.getStore();
    // What was begun in the course of another session's call is no news of that call.
    return own !== undefined && this.#inFlight.has(own) ? [own] : [...this.#inFlight];
  }

  /** Sends the call, and again with what its server wants to know, until the server has answered. */
  async #exchange(call: CallInFlight, sending: Sending): Promise<unknown> {
    const { server, client, desk, over } = this.#options;
    const { signal } = sending.options;
    // A server of the old era asks by requests of its own; whatever its results say besides means nothing.
    if (client.getProtocolEra() !== 'modern')
      return await this.#trace(call, () => this.#send(sending));
    const rounds = new InputRounds({ server, desk, call, signal, over });
    let result = await this.#send(sending);
    for (;;) {
      const more = await rounds.next(result);
      if (more === undefined) return result;
      result = await this.#send(sending, more);
    }
  }

  #trace<T>(call: CallInFlight, send: () => Promise<T>): Promise<T> {
    const { hasOwnStreams, desk } = this.#options;
    return hasOwnStreams && desk.asksSomebody ? course.run(call, send) : send();
  }

  async #send({ name, args, raw, options }: Sending, more: RoundParams = {}): Promise<unknown> {
    const { client, guard, isMirrored } = this.#options;
    const { signal, onProgress } = options;
    const token = (this.#lastToken += 1);
    const unlisten = onProgress === undefined ? undefined : guard.listen(token, onProgress);
    const params = {
      name,
      arguments: { ...args },
      ...(onProgress !== undefined && { _meta: { progressToken: token } }),
      ...more,
    };
    const requestOptions = { signal, timeout: NO_TIMEOUT_MS, allowInputRequired: true };
    try {
      if (raw !== undefined && isMirrored(raw)) {
        const toolDefinition = forHeaders(raw);
        return await client.callTool(params, { ...requestOptions, toolDefinition });
      }
      return await client.request({ method: 'tools/call', params }, PASS_THROUGH, requestOptions);
    } finally {
      unlisten?.();
    }
  }
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
  readonly options: CallOptions;
}

function nobody(name: ToolName): Asker {
  return { id: callId(''), name: exposedName(name), pauseClocks: () => () => undefined };
}

/** What the SDK needs of a tool to make headers of its arguments. Its results are checked here, not there. */
function forHeaders(tool: RawTool): Tool {
  // The reader of the list made sure that the root of the schema is of type object.
  return { name: tool.name, inputSchema: tool.inputSchema as Tool['inputSchema'] };
}
