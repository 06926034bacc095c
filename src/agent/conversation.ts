import { isJsonObject, type Json } from '../base/json.ts';
import type { CallRecord, ToolCall } from '../call/call.ts';
import { callId, type CallId } from '../call/names.ts';
import type { Outcome } from '../call/outcome.ts';
import type { Message, MessageOutput } from '../model/message.ts';

/** One message of the model, and what became of its calls. */
export interface AssistantTurn {
  readonly text: string;
  readonly calls: readonly ToolCall[];
  /** In call order. May end early, where the batch was stopped before the message was. */
  readonly results: readonly CallRecord[];
  /** What became of the calls that have none, where that is known. Default: cancelled. */
  readonly unseen?: Outcome | undefined;
  /** The message as its API wants it back. */
  readonly output?: MessageOutput | undefined;
}

/**
 * A conversation that is valid at every moment: a message with calls and its follow-up, one answer for each call in call order (B6), are appended in
 * one step, so that whatever interrupts a run leaves no call unanswered and none answered twice.
 */
export class Conversation {
  readonly #messages: Message[];
  readonly #ids: Set<string>;

  /** Goes on from `messages`, which must be valid. */
  constructor(messages: readonly Message[] = []) {
    this.#messages = [...messages];
    const calls = messages.flatMap((message) =>
      message.kind === 'assistant' ? message.calls : [],
    );
    this.#ids = new Set(calls.map((call) => call.id));
  }

  /** A snapshot. */
  get messages(): readonly Message[] {
    return [...this.#messages];
  }

  get isEmpty(): boolean {
    return this.#messages.length === 0;
  }

  /** Whether a call of an earlier message has this id. */
  hasCall(id: string): boolean {
    return this.#ids.has(id);
  }

  append(kind: 'system' | 'user', text: string): void {
    this.#messages.push({ kind, text });
  }

  /**
   * Appends the model's message and its follow-up. A call without a result is answered as `unseen`. Returns the results, one for each call. A
   * message that says nothing is left out: endpoints refuse it.
   */
  appendTurn(turn: AssistantTurn): readonly CallRecord[] {
    const { text, calls, output, unseen = STOPPED } = turn;
    // Not only the ids of earlier messages: in a stopped batch, calls that it never saw may repeat those that it answered.
    const taken = new Set<string>([...this.#ids, ...turn.results.map(({ id }) => id)]);
    const results = calls.map(
      (call, index) =>
        turn.results[index] ?? unanswered(call, this.#freeId(call.id, taken), unseen),
    );
    if (text === '' && calls.length === 0) return results;
    const answered = results.map((record, index) => ({
      id: record.id,
      name: calls[index]?.name ?? record.name,
      arguments: rawArguments(calls[index]?.arguments),
      outcome: record.outcome,
    }));
    this.#messages.push({
      kind: 'assistant',
      text,
      calls: answered.map(({ id, name, arguments: args }) => ({ id, name, arguments: args })),
      ...(output === undefined ? {} : { output }),
    });
    if (answered.length > 0)
      this.#messages.push({
        kind: 'tool-results',
        results: answered.map(({ id, name, outcome }) => ({ id, name, outcome })),
      });
    for (const { id } of answered) this.#ids.add(id);
    return results;
  }

  #freeId(id: string | undefined, taken: Set<string>): CallId {
    const own = id === undefined || id === '' || taken.has(id) ? undefined : id;
    // Numbered by the conversation's length and the turn's ids: no other call of it has both.
    const free = own ?? `unanswered_${String(this.#messages.length)}_${String(taken.size)}`;
    taken.add(free);
    return callId(free);
  }
}

const STOPPED: Outcome = {
  kind: 'cancelled',
  code: 'stopped',
  message: 'the batch was stopped before this call entered it',
  ran: 'no',
};

/** The record of a call that the executor never saw. */
function unanswered(call: ToolCall, id: CallId, outcome: Outcome): CallRecord {
  return {
    id,
    name: call.name,
    server: null,
    tool: null,
    arguments: shownArguments(call.arguments),
    access: null,
    accessRule: null,
    outcome,
    queuedMs: 0,
    startedMs: 0,
    endedMs: 0,
    attempts: 0,
  };
}

/** The argument text as the model wrote it. */
function rawArguments(given: ToolCall['arguments']): string {
  if (given === undefined) return '';
  return typeof given === 'string' ? given : JSON.stringify(given);
}

/** As a record shows them: parsed, or the text where that is impossible. */
function shownArguments(given: ToolCall['arguments']): Json {
  if (given === undefined || given === '') return {};
  if (typeof given !== 'string') return given;
  try {
    const parsed: unknown = JSON.parse(given);
    return isJsonObject(parsed) ? parsed : given;
  } catch {
    // Not every model writes JSON.
    return given;
  }
}
