import { isJsonObject, type JsonObject } from '../base/json.ts';
import { CallAssembler } from './assemble.ts';
import { unusable, type EndpointIdentity } from './endpoint-error.ts';
import { isErrorIn, textIn, tokensIn } from './loose.ts';
import { brokenOff, type MessageReader } from './message-reader.ts';
import type { FinishReason, ModelEvent, Usage } from './model.ts';

/** Turns the pieces of one Chat Completions message into model events. Everything in a piece is looked at as a stranger's. */
export class ChatReader implements MessageReader {
  readonly #endpoint: EndpointIdentity;
  readonly #calls = new CallAssembler();
  /** Counts of tokens may follow the reason, so that only the terminator ends the answer. */
  readonly isOver = false;
  #usage: Usage | undefined;
  #finish: string | undefined;
  #hasText = false;

  constructor(endpoint: EndpointIdentity) {
    this.#endpoint = endpoint;
  }

  get isFinished(): boolean {
    return this.#finish !== undefined;
  }

  accepts(document: JsonObject): boolean {
    return 'choices' in document || 'error' in document;
  }

  /** Takes one chunk, or a whole completion. */
  read(chunk: unknown): ModelEvent[] {
    if (!isJsonObject(chunk)) return [];
    const { error, usage } = chunk;
    if (isErrorIn(error) || chunk['object'] === 'error')
      throw unusable(this.#endpoint, 'reported an error in its answer', {
        excerptOf: JSON.stringify(chunk),
      });
    this.#usage = readUsage(usage) ?? this.#usage;
    const choice = Array.isArray(chunk['choices']) ? (chunk['choices'] as unknown[])[0] : undefined;
    if (!isJsonObject(choice)) return [];
    this.#finish = textIn(choice['finish_reason']) ?? this.#finish;
    const { delta, message } = choice;
    if (isJsonObject(delta)) return this.#readPiece(delta, delta['tool_calls']);
    if (!isJsonObject(message)) return [];
    return this.#readPiece(message, numbered(message['tool_calls']));
  }

  end(ended: boolean): ModelEvent[] {
    const reason = this.#reason(ended);
    const usage: ModelEvent[] =
      this.#usage === undefined ? [] : [{ kind: 'usage', usage: this.#usage }];
    return [...this.#calls.finish(), ...usage, { kind: 'finish', reason }];
  }

  #readPiece(piece: JsonObject, calls: unknown): ModelEvent[] {
    const text = [piece['content'], piece['refusal']].map(textOf).join('');
    this.#hasText ||= text !== '';
    const { function_call: old } = piece;
    const events: ModelEvent[] = [
      ...this.#calls.push(isJsonObject(calls) ? [calls] : calls),
      ...(isJsonObject(old) ? this.#calls.push([{ index: 'function_call', function: old }]) : []),
    ];
    return text === '' ? events : [{ kind: 'text-delta', text }, ...events];
  }

  #reason(ended: boolean): FinishReason {
    const hasCalls = this.#calls.size > 0;
    const good = hasCalls ? 'tool-calls' : 'stop';
    if (this.#finish !== undefined) {
      const known = REASONS.get(this.#finish);
      if (known === 'error' || (known === undefined && hasCalls))
        throw unusable(
          this.#endpoint,
          `ended its message with the reason ${JSON.stringify(this.#finish.slice(0, 40))}`,
        );
      return known === 'length' || known === 'content-filter' ? known : good;
    }
    if (ended && !hasCalls && this.#hasText) return good;
    // A terminator without a reason: only calls that are complete in themselves are believed.
    if (ended && hasCalls && this.#calls.isWhole) return good;
    if (!hasCalls && !this.#hasText) throw unusable(this.#endpoint, 'answered with nothing');
    throw brokenOff(this.#endpoint);
  }
}

/** The reasons of OpenAI and of others that are nearly compatible; `good` for any good end. */
const REASONS: ReadonlyMap<string, 'good' | 'length' | 'content-filter' | 'error'> = new Map([
  ['stop', 'good'],
  ['tool_calls', 'good'],
  ['function_call', 'good'],
  ['tool_use', 'good'],
  ['end_turn', 'good'],
  ['stop_sequence', 'good'],
  ['eos', 'good'],
  ['STOP', 'good'],
  ['length', 'length'],
  ['max_tokens', 'length'],
  ['model_length', 'length'],
  ['MAX_TOKENS', 'length'],
  ['content_filter', 'content-filter'],
  ['SAFETY', 'content-filter'],
  ['error', 'error'],
]);

/** The calls of a whole message: each entry is a call of its own, whatever it lacks. */
function numbered(calls: unknown): unknown {
  if (!Array.isArray(calls)) return calls;
  return (calls as unknown[]).map((call, index) =>
    isJsonObject(call) ? { ...call, index } : call,
  );
}

/** Text, or a list of parts of which some are text. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return (content as unknown[])
    .map((part) => (isJsonObject(part) && typeof part['text'] === 'string' ? part['text'] : ''))
    .join('');
}

function readUsage(value: unknown): Usage | undefined {
  if (!isJsonObject(value)) return undefined;
  const details = value['prompt_tokens_details'];
  return {
    inputTokens: tokensIn(value['prompt_tokens']),
    outputTokens: tokensIn(value['completion_tokens']),
    cachedInputTokens: isJsonObject(details) ? tokensIn(details['cached_tokens']) : 0,
  };
}
