import { describe, type HostError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import type { Place } from '../base/roster.ts';
import { visibleLine } from '../base/visible.ts';
import type { CallLife } from '../call/call-life.ts';
import type { ToolName } from '../call/names.ts';
import type { Outcome } from '../call/outcome.ts';
import type { AskDesk } from './ask-desk.ts';
import { CallFault } from './call-fault.ts';
import { CallInFlight } from './call-in-flight.ts';
import type { LaneListener } from './call-lane.ts';
import { answerOutcome, failureOutcome, withRefusals } from './call-outcome.ts';
import { asksForMore, InputRounds, type RoundParams } from './input-required.ts';
import type { RawTool } from './raw-tool.ts';
import type { Notify } from './wire-transport.ts';

/** What is the same in all rounds of a call. */
export interface CallContent {
  readonly name: ToolName;
  readonly args: JsonObject;
  /** The tool as its server lists it, if it does. */
  readonly raw: RawTool | undefined;
  readonly life: CallLife;
}

/** What an exchange needs of its session. */
export interface ExchangePorts {
  readonly server: string;
  readonly desk: AskDesk;
  readonly notify: Notify;
  /** Takes secrets out of what is said of a failed call. */
  readonly redact: (text: string) => string;
  /** Whether the server may answer by asking: protocol 2026-07-28. */
  readonly isModern: () => boolean;
  /** Sends one request of the call; what comes of it is told to the call. May throw, when it was not sent. */
  readonly send: (call: CallExchange, more: RoundParams | undefined) => void;
  /** The call is over; its outcome is told next. */
  readonly onEnd: (call: CallExchange) => void;
  /** Why the session ended, once it has. */
  readonly ended: () => HostError | undefined;
  /** Aborts then. */
  readonly over: AbortSignal;
}

/** One call while its server works on it: sent once, and again with what its server wants to know, until there is an outcome. */
export class CallExchange extends CallInFlight implements CallContent, LaneListener {
  readonly name: ToolName;
  readonly args: JsonObject;
  readonly raw: RawTool | undefined;
  readonly life: CallLife;
  /** Among the calls in flight; set by who keeps them. */
  place: Place<CallExchange> | undefined;
  readonly #ports: ExchangePorts;
  readonly #resolve: (outcome: Outcome) => void;
  #inputs: InputRounds | undefined;

  /** `resolve` is called once, with the outcome. */
  constructor(
    ports: ExchangePorts,
    { name, args, raw, life }: CallContent,
    resolve: (outcome: Outcome) => void,
  ) {
    super(life);
    this.#ports = ports;
    this.#resolve = resolve;
    this.name = name;
    this.args = args;
    this.raw = raw;
    this.life = life;
  }

  start(): void {
    this.#send(undefined);
  }

  onanswer(result: unknown): void {
    // A server of the old era asks by requests of its own; whatever its results say besides means nothing.
    if (asksForMore(result) && this.#ports.isModern()) void this.#goOn(result);
    else this.#settle(this.#answered(result));
  }

  onfailure(reason: unknown): void {
    this.#settle(this.#failed(reason));
  }

  #settle(outcome: Outcome): void {
    this.#ports.onEnd(this);
    this.end();
    this.#resolve(outcome);
  }

  #send(more: RoundParams | undefined): void {
    try {
      this.#ports.send(this, more);
    } catch (reason) {
      // Arguments that are no JSON.
      const text = `the call of server "${this.#ports.server}" was not sent: ${visibleLine(describe(reason))}`;
      const fault = new CallFault('internal', text, { ran: 'no', cause: reason });
      queueMicrotask(() => {
        this.onfailure(fault);
      });
    }
  }

  async #goOn(result: unknown): Promise<void> {
    const { server, desk, over } = this.#ports;
    this.#inputs ??= new InputRounds({ server, desk, call: this, signal: this.life.signal, over });
    try {
      this.#send(await this.#inputs.next(result));
    } catch (reason) {
      this.onfailure(reason);
    }
  }

  #answered(result: unknown): Outcome {
    const { server, notify } = this.#ports;
    try {
      return withRefusals(
        answerOutcome(result, { server, name: this.name, raw: this.raw }, notify),
        this,
      );
    } catch (reason) {
      // A defect of ours.
      return this.#failed(reason);
    }
  }

  #failed(reason: unknown): Outcome {
    const { server, ended, desk, redact } = this.#ports;
    const explain = (required: unknown): string => desk.explain(required);
    const context = { server, stop: this.life, ended: ended(), explain };
    const failure = withoutSecrets(failureOutcome(reason, context), redact);
    const outcome = withRefusals(failure, this);
    // The server had worked on it before it asked: see InputRounds.
    return this.rounds > 0 ? begun(outcome) : outcome;
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
