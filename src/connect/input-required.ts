import { linkAbort, onAbort, sleep } from '../base/abort.ts';
import { isJsonObject, type JsonObject } from '../base/json.ts';
import { visibleLine } from '../base/visible.ts';
import type { AskDesk } from './ask-desk.ts';
import { CallFault } from './call-fault.ts';
import type { CallInFlight } from './call-in-flight.ts';

/** What the next round of a call carries beside what the first one did. */
export interface RoundParams {
  readonly inputResponses?: JsonObject;
  readonly requestState?: string;
}

/** Whether a result is none yet. */
export function asksForMore(result: unknown): result is JsonObject {
  return isJsonObject(result) && result['resultType'] === 'input_required';
}

export interface InputRoundsOptions {
  readonly server: string;
  readonly desk: AskDesk;
  readonly call: CallInFlight;
  /** The call's own. */
  readonly signal: AbortSignal;
  /** The session's end. */
  readonly over: AbortSignal;
}

/** Most rounds of one call, the first not counted; as other clients have it. */
const MAX_ROUNDS = 10;
/** Most questions in one round. */
const MAX_REQUESTS = 8;
/** Kept and sent back byte for byte: a server's own notes on a call. */
const MAX_STATE_CHARS = 1_000_000;
/** Before a round that answers nothing, ms, doubled each time: its server only wants to be asked later. */
const PACING_MS = 250;

/**
 * The rounds of one call to a server of protocol 2026-07-28, which asks by answering: `input_required`, with what it wants to know and a state to send back.
 * The same call is made again, with both. Source: MCP specification, basic/patterns/mrtr.
 *
 * All rounds of an exchange are one call (B5): it is sent once, takes one attempt, and its budgets go on. What is known of `ran` once a round was answered with
 * `input_required`: the server has worked on the call, and how far nobody knows. A call that breaks off after that is therefore `unknown`, even if the round that
 * broke was never sent: made again from the start, it could do a second time what it did before it asked.
 */
export class InputRounds {
  readonly #options: InputRoundsOptions;

  constructor(options: InputRoundsOptions) {
    this.#options = options;
  }

  /**
   * What to send after this result of `tools/call`; `undefined` when the result is the last. Rejects with a CallFault `input-refused` where an answer is not to be
   * had, and with the reason of the signal, or of the session's end.
   */
  async next(result: unknown): Promise<RoundParams | undefined> {
    if (!asksForMore(result)) return undefined;
    const { call } = this.#options;
    call.rounds += 1;
    if (call.rounds > MAX_ROUNDS) {
      throw this.#refused(`it has been asked ${MAX_ROUNDS} times, and still wants to know more`);
    }
    const { inputRequests, requestState } = result;
    const requests = isJsonObject(inputRequests) ? Object.entries(inputRequests) : [];
    const state = this.#readState(requestState);
    if (requests.length > MAX_REQUESTS) {
      throw this.#refused(`it asks more than ${MAX_REQUESTS} things at once`);
    }
    if (requests.length === 0) {
      if (state === undefined) throw this.#refused('it does not say what it needs');
      await this.#pause(PACING_MS * 2 ** (call.rounds - 1));
      return { requestState: state };
    }
    const answers = await Promise.all(
      requests.map(async ([key, request]) => [key, await this.#answer(request)] as const),
    );
    return {
      // As own properties, whatever the server's keys are.
      inputResponses: Object.fromEntries(answers),
      ...(state !== undefined && { requestState: state }),
    };
  }

  async #answer(request: unknown): Promise<JsonObject> {
    const { desk, call, signal } = this.#options;
    const { method, params } = isJsonObject(request) ? request : {};
    const answer = await desk.answer({ method, params }, [call], signal);
    if (answer.kind === 'answered') return answer.result;
    // A person's no is an answer; for what is not offered, the protocol has none.
    throw this.#refused(answer.reason);
  }

  async #pause(ms: number): Promise<void> {
    const { signal, over } = this.#options;
    using either = linkAbort(signal);
    const unsubscribe = onAbort(over, (reason) => {
      either.abort(reason);
    });
    try {
      await sleep(ms, either.signal);
    } finally {
      unsubscribe();
    }
  }

  #readState(state: unknown): string | undefined {
    if (typeof state !== 'string') return undefined;
    if (state.length > MAX_STATE_CHARS) {
      throw this.#refused(`its state is larger than ${MAX_STATE_CHARS} characters`);
    }
    return state;
  }

  #refused(reason: string): CallFault {
    const text = `server "${this.#options.server}" needs an answer to go on with the call, and gets none: ${visibleLine(reason, 500)}`;
    return new CallFault('input-refused', text, { ran: 'unknown' });
  }
}
