import { isJsonObject, type JsonObject } from '../base/json.ts';
import { CallAssembler } from './assemble.ts';
import { unusable, type EndpointIdentity } from './endpoint-error.ts';
import type { FinishReason, ModelEvent, Usage } from './model.ts';

/** Turns the pieces of one Chat Completions message into model events. Everything in a piece is looked at as a stranger's. */
export class ChatReader {
  readonly #endpoint: EndpointIdentity;
  readonly #calls = new CallAssembler();
  #usage: Usage | undefined;
  #finish: string | undefined;
  #hasText = false;

  constructor(endpoint: EndpointIdentity) {
    this.#endpoint = endpoint;
  }

  /** Whether the endpoint has said why the message ends: from then on a broken connection loses nothing. */
  get isFinished(): boolean {
    return this.#finish !== undefined;
  }

  /** Takes one chunk, or a whole completion. Throws HostError `model` when it reports an error. */
  read(chunk: unknown): ModelEvent[] {
    if (!isJsonObject(chunk)) return [];
    const { error, usage } = chunk;
    if (isError(error) || chunk['object'] === 'error')
      throw unusable(this.#endpoint, 'reported an error in its answer', {
        excerptOf: JSON.stringify(chunk),
      });
    this.#usage = readUsage(usage) ?? this.#usage;
    const choice = Array.isArray(chunk['choices']) ? (chunk['choices'] as unknown[])[0] : undefined;
    if (!isJsonObject(choice)) return [];
    const reason = choice['finish_reason'];
    if (typeof reason === 'string' && reason !== '') this.#finish = reason;
    const piece = choice['delta'] ?? choice['message'];
    return isJsonObject(piece) ? this.#readPiece(piece) : [];
  }

  /**
   * The message is over; `ended` says that the endpoint said so. Throws HostError `model` for a message that did not come to a good end, because a
   * call in it may be only half of what the model meant.
   */
  end(ended: boolean): ModelEvent[] {
    const reason = this.#reason(ended);
    const usage: ModelEvent[] =
      this.#usage === undefined ? [] : [{ kind: 'usage', usage: this.#usage }];
    return [...this.#calls.finish(), ...usage, { kind: 'finish', reason }];
  }

  #readPiece(piece: JsonObject): ModelEvent[] {
    const text = [piece['content'], piece['refusal']].map(textOf).join('');
    this.#hasText ||= text !== '';
    const { tool_calls: calls, function_call: old } = piece;
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
    const nothing = !hasCalls && !this.#hasText;
    throw unusable(
      this.#endpoint,
      nothing
        ? 'answered with nothing'
        : 'broke off in the middle of its message; of its calls none that changes anything was run',
    );
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

function isError(value: unknown): boolean {
  return isJsonObject(value) || (typeof value === 'string' && value !== '');
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
    inputTokens: count(value['prompt_tokens']),
    outputTokens: count(value['completion_tokens']),
    cachedInputTokens: isJsonObject(details) ? count(details['cached_tokens']) : 0,
  };
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}
