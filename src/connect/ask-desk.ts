import type { ClientCapabilities } from '@modelcontextprotocol/client';
import { linkAbort, onAbort, untilAborted } from '../base/abort.ts';
import { describe, HostError } from '../base/errors.ts';
import { isJsonObject, type JsonObject } from '../base/json.ts';
import { visibleLine } from '../base/visible.ts';
import type {
  AskCause,
  ElicitAnswer,
  ElicitRequest,
  Offer,
  Offers,
  SampleRequest,
  Sampling,
} from '../call/asks.ts';
import { checkAnswers } from '../call/form-answer.ts';
import type { ServerId } from '../call/names.ts';
import type { CallInFlight } from './call-in-flight.ts';
import { readAsk, type ServerAsk } from './read-ask.ts';
import type { Notify } from './wire-transport.ts';

export interface AskDeskOptions {
  readonly server: ServerId;
  /** See `AskFacts.destination`. */
  readonly destination: string | undefined;
  readonly offers: Offers;
  readonly notify: Notify;
  /** The session's end: with it nobody can be answered any more. */
  readonly over: AbortSignal;
}

/** One request of the server, as it came. */
export interface RawAsk {
  readonly method: unknown;
  readonly params: unknown;
}

/** What came of it. `code`: of JSON-RPC, for the server; `reason`: for it, for the model, and for people. */
export type AskResult =
  | { readonly kind: 'answered'; readonly result: JsonObject }
  | { readonly kind: 'refused'; readonly code: number; readonly reason: string };

/** A person answers one question at a time: what is beyond this waits for nobody. Per server. */
const MAX_OPEN = 8;
/** Most questions to a person while one call runs. */
const MAX_QUESTIONS = 20;

const METHOD_NOT_FOUND = -32_601;
const INVALID_PARAMS = -32_602;
/** What the specification has for a request that the user rejects (client/sampling). */
const REJECTED = -1;

/**
 * Answers what one server asks for while it works, the same way in both eras; how the question came and how the answer leaves is its callers' business.
 *
 * - D1. What is not offered is not declared, and refused if it is asked for all the same. Declaring elicitation and declining every question would be the other
 *   way: but then a server that can do without never gets to know, and one that cannot is told that a person said no.
 * - D2. Nothing is asked of a person or a model unless a call of this server is in flight: only then somebody wanted something of it.
 * - D3. Open questions are few, and so are the questions of one call.
 * - D4. While a question is open, the clocks of the calls that may have caused it stand, each until it has ended; the question ends with the last of them.
 */
export class AskDesk {
  readonly #options: AskDeskOptions;
  #open = 0;

  constructor(options: AskDeskOptions) {
    this.#options = options;
  }

  /** What to declare to the server (D1). */
  get capabilities(): ClientCapabilities {
    const { elicit, sampling, roots } = this.#options.offers;
    return {
      ...(elicit.kind === 'offered' && { elicitation: { form: {}, url: {} } }),
      // Neither tools nor context: a server gets texts for a text.
      ...(sampling.kind === 'offered' && { sampling: {} }),
      ...(roots.kind === 'offered' && { roots: {} }),
    };
  }

  /** Whether a question needs to be traced to its call. */
  get asksSomebody(): boolean {
    const { elicit, sampling } = this.#options.offers;
    return elicit.kind === 'offered' || sampling.kind === 'offered';
  }

  /**
   * Answers one request. `calls`: those that may have caused it. Rejects only when the question is moot: with the reason of `signal` or of the session's end, or
   * because its calls have ended.
   */
  async answer(
    raw: RawAsk,
    calls: readonly CallInFlight[],
    signal: AbortSignal,
  ): Promise<AskResult> {
    const result = await this.#answer(raw, calls, signal);
    const [only, ...others] = calls;
    if (result.kind === 'refused' && others.length === 0) only?.refuse(result.reason);
    return result;
  }

  async #answer(
    raw: RawAsk,
    calls: readonly CallInFlight[],
    signal: AbortSignal,
  ): Promise<AskResult> {
    const { offers } = this.#options;
    const withheld = this.#withheld(raw);
    if (withheld !== undefined) return this.#refuse(METHOD_NOT_FOUND, withheld);
    const reading = readAsk(raw.method, raw.params);
    if (reading.kind === 'wrong') return this.#refuse(INVALID_PARAMS, reading.reason);
    const { ask } = reading;
    if (ask.kind === 'roots') {
      const roots = offers.roots.kind === 'offered' ? offers.roots.by : [];
      return answered({ roots: roots.map(({ uri, name }) => ({ uri, name })) });
    }
    const excess = this.#excess(ask, calls);
    if (excess !== undefined) return this.#refuse(REJECTED, excess);
    return await this.#ask(ask, calls, signal);
  }

  /** Why the server was refused what it says that it needs; for the model. */
  explain(required: unknown): string {
    const names = isJsonObject(required) ? Object.keys(required) : [];
    const reasons = names.flatMap((name) => {
      const offer = this.#offer(name);
      return offer?.kind === 'withheld' ? [offer.reason] : [];
    });
    return [...new Set(reasons)].join('; ');
  }

  #offer(capability: string): Offer<unknown> | undefined {
    const { elicit, sampling, roots } = this.#options.offers;
    switch (capability) {
      case 'elicitation':
        return elicit;
      case 'sampling':
        return sampling;
      case 'roots':
        return roots;
      default:
        return undefined;
    }
  }

  /** D1. */
  #withheld({ method }: RawAsk): string | undefined {
    const capability = typeof method === 'string' ? (method.split('/', 1)[0] ?? '') : '';
    const offer = this.#offer(capability);
    return offer?.kind === 'withheld' ? offer.reason : undefined;
  }

  /** Counts the question; says why there must be no more of them (D2, D3). */
  #excess(ask: ServerAsk, calls: readonly CallInFlight[]): string | undefined {
    const { sampling } = this.#options.offers;
    if (calls.length === 0) return 'it asks though no call of it is in flight';
    if (this.#open >= MAX_OPEN) return `${MAX_OPEN} of its questions are open already`;
    const isSampling = ask.kind === 'sampling';
    const most = isSampling && sampling.kind === 'offered' ? sampling.by.maxPerCall : MAX_QUESTIONS;
    const asked = calls.map((call) => (isSampling ? call.samplings : call.questions));
    if (Math.min(...asked) >= most) {
      return isSampling
        ? `one call may ask the model ${most} times at most (sampling.maxPerCall)`
        : `one call may ask the user ${most} times at most`;
    }
    for (const call of calls) {
      if (isSampling) call.samplings += 1;
      else call.questions += 1;
    }
    return undefined;
  }

  async #ask(
    ask: Exclude<ServerAsk, { readonly kind: 'roots' }>,
    calls: readonly CallInFlight[],
    signal: AbortSignal,
  ): Promise<AskResult> {
    const { elicit, sampling } = this.#options.offers;
    const asked = ask.kind === 'sampling' ? 'model' : 'person';
    using moot = mootWith(calls, [signal, this.#options.over]);
    const resumes = calls.map((call) => call.pauseClocks(asked)); // D4
    this.#open += 1;
    try {
      if (ask.kind === 'sampling') {
        if (sampling.kind === 'withheld') return this.#refuse(METHOD_NOT_FOUND, sampling.reason);
        return await this.#sample({ ...this.#facts(calls), ...ask }, sampling.by, moot.signal);
      }
      if (elicit.kind === 'withheld') return this.#refuse(METHOD_NOT_FOUND, elicit.reason);
      const request: ElicitRequest = { ...this.#facts(calls), ...ask };
      return answered(await this.#elicit(request, elicit.by, moot.signal));
    } finally {
      this.#open -= 1;
      for (const resume of resumes) resume();
    }
  }

  async #elicit(
    request: ElicitRequest,
    elicit: (request: ElicitRequest, signal: AbortSignal) => Promise<ElicitAnswer>,
    signal: AbortSignal,
  ): Promise<JsonObject> {
    let answer: ElicitAnswer;
    try {
      answer = await untilAborted(elicit(request, signal), signal);
    } catch (reason) {
      signal.throwIfAborted();
      this.#tell('elicit-failed', `the question could not be asked: ${describe(reason)}`);
      return { action: 'cancel' };
    }
    if (answer.action !== 'accept') return { action: answer.action };
    if (request.kind === 'url') return { action: 'accept' };
    const checked = checkAnswers(request.fields, answer.content ?? {});
    if (checked.kind === 'ok') return { action: 'accept', content: checked.content };
    const field = visibleLine(checked.field, 100);
    this.#tell('elicit-failed', `the answer was not sent: "${field}": ${checked.fault}`);
    return { action: 'cancel' };
  }

  async #sample(
    request: SampleRequest,
    { sample, maxTokens }: Sampling,
    signal: AbortSignal,
  ): Promise<AskResult> {
    const bounded = { ...request, maxTokens: Math.min(request.maxTokens, maxTokens) };
    try {
      const { text, model, stopReason } = await untilAborted(sample(bounded, signal), signal);
      return answered({ role: 'assistant', content: { type: 'text', text }, model, stopReason });
    } catch (reason) {
      signal.throwIfAborted();
      return this.#refuse(REJECTED, `the model gave no answer: ${describe(reason)}`);
    }
  }

  #facts(calls: readonly CallInFlight[]): Pick<ElicitRequest, 'server' | 'destination' | 'cause'> {
    const { server, destination } = this.#options;
    return { server, destination, cause: causeOf(calls) };
  }

  #refuse(code: number, reason: string): AskResult {
    this.#tell(`ask-refused:${reason}`, `its request was refused: ${reason}`);
    return { kind: 'refused', code, reason };
  }

  #tell(code: string, message: string): void {
    this.#options.notify(code, visibleLine(message, 500));
  }
}

function answered(result: JsonObject): AskResult {
  return { kind: 'answered', result };
}

function causeOf(calls: readonly CallInFlight[]): AskCause {
  const named = calls.map(({ asker: { id, name } }) => ({ id, name }));
  const [only, ...others] = named;
  return only !== undefined && others.length === 0
    ? { kind: 'call', call: only }
    : { kind: 'one-of', calls: named };
}

/** A signal that follows `parents`, and aborts when the last of the calls has ended (D4). */
function mootWith(
  calls: readonly CallInFlight[],
  parents: readonly AbortSignal[],
): Disposable & { readonly signal: AbortSignal } {
  const link = linkAbort(undefined);
  let left = calls.length;
  const unsubscribes = [
    ...parents.map((parent) =>
      onAbort(parent, (reason) => {
        link.abort(reason);
      }),
    ),
    ...calls.map((call) =>
      call.onEnd(() => {
        left -= 1;
        if (left === 0) link.abort(new HostError('aborted', 'the call that asked has ended'));
      }),
    ),
  ];
  return {
    signal: link.signal,
    [Symbol.dispose]: () => {
      for (const unsubscribe of unsubscribes) unsubscribe();
      link[Symbol.dispose]();
    },
  };
}
