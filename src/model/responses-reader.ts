import { isJsonObject, type JsonObject } from '../base/json.ts';
import { unusable, type EndpointIdentity } from './endpoint-error.ts';
import { isErrorIn, textIn, tokensIn } from './loose.ts';
import type { OutputItem } from './message.ts';
import { brokenOff, type MessageReader } from './message-reader.ts';
import type { FinishReason, ModelEvent, Usage } from './model.ts';
import { ResponseCalls, type ItemReference } from './responses-calls.ts';
import { ResponseText } from './responses-text.ts';

/** How the endpoint ended its response. */
interface Ending {
  readonly status: string;
  /** Why it is incomplete, if it is. */
  readonly why: string | undefined;
}

/** Turns the events of one response into model events; the whole of it in one document, too. Everything in them is looked at as a stranger's. */
export class ResponsesReader implements MessageReader {
  readonly #endpoint: EndpointIdentity;
  readonly #origin: string;
  readonly #calls = new ResponseCalls();
  readonly #text = new ResponseText();
  /** The items that are done, as they came; one that is told again stands where it stood. */
  readonly #items = new Map<string, OutputItem>();
  #usage: Usage | undefined;
  #ending: Ending | undefined;

  /** `origin` goes with the items that are to come back. */
  constructor(endpoint: EndpointIdentity, origin: string) {
    this.#endpoint = endpoint;
    this.#origin = origin;
  }

  get isFinished(): boolean {
    return this.#ending !== undefined;
  }

  get isOver(): boolean {
    return this.#ending !== undefined;
  }

  accepts(document: JsonObject): boolean {
    return isResponse(document) || isErrorIn(document['error']);
  }

  read(event: unknown): ModelEvent[] {
    if (!isJsonObject(event)) return [];
    const type = textIn(event['type']) ?? '';
    switch (type) {
      case 'response.output_item.added':
      case 'response.output_item.done':
        return this.#readItem(event, type === 'response.output_item.done');
      case 'response.function_call_arguments.delta':
        return this.#calls.delta(referenceOf(event), textIn(event['delta']) ?? '');
      case 'response.function_call_arguments.done':
        return this.#calls.sealed(referenceOf(event), event);
      case 'response.output_text.delta':
      case 'response.refusal.delta':
        return says(this.#text.delta(textIn(event['delta']) ?? ''));
      case 'response.completed':
      case 'response.incomplete':
      case 'response.failed':
      case 'response.cancelled':
        return this.#readEnd(event['response'], type.slice('response.'.length));
      default:
        if (type === 'error' || isErrorIn(event['error'])) throw this.#reported(event);
        return isResponse(event) ? this.#readEnd(event, undefined) : [];
    }
  }

  end(ended: boolean): ModelEvent[] {
    const reason = this.#reason(ended);
    const usage: ModelEvent[] =
      this.#usage === undefined ? [] : [{ kind: 'usage', usage: this.#usage }];
    const items = [...this.#items.values()];
    const output: ModelEvent[] =
      items.length === 0 ? [] : [{ kind: 'output', output: { origin: this.#origin, items } }];
    return [...this.#calls.finish(), ...usage, ...output, { kind: 'finish', reason }];
  }

  #readItem(event: JsonObject, isDone: boolean): ModelEvent[] {
    const { item } = event;
    if (!isJsonObject(item)) return [];
    if (item['type'] === 'function_call') {
      const reference = { ...referenceOf(event), id: textIn(item['id']) };
      if (!isDone) return this.#calls.added(reference, item);
      const { place, events } = this.#calls.done(reference, item);
      this.#keep(item, place);
      return events;
    }
    if (isDone) this.#keep(item, undefined);
    if (item['type'] !== 'message') return [];
    if (isDone) return says(this.#text.done(item));
    this.#text.begin();
    return [];
  }

  #keep(item: JsonObject, call: number | undefined): void {
    const place =
      call === undefined
        ? `item ${textIn(item['id']) ?? String(this.#items.size)}`
        : `call ${String(call)}`;
    this.#items.set(place, call === undefined ? { item } : { item, call });
  }

  /** `told`: how the response ended, by the event that brings it; a document has only its own status. The worse of the two counts. */
  #readEnd(given: unknown, told: string | undefined): ModelEvent[] {
    const response = isJsonObject(given) ? given : {};
    const { error, incomplete_details: details, output } = response;
    const status = statusOf(textIn(response['status']), told);
    this.#usage = readUsage(response['usage']) ?? this.#usage;
    if (status === 'failed' || isErrorIn(error)) throw this.#reported(response);
    const why = isJsonObject(details) ? textIn(details['reason']) : undefined;
    this.#ending = { status, why };
    return Array.isArray(output) ? this.#settle(output.filter(isJsonObject)) : [];
  }

  #settle(items: readonly JsonObject[]): ModelEvent[] {
    const text = this.#text.settle(items.filter(({ type }) => type === 'message'));
    const isCall = ({ type }: JsonObject): boolean => type === 'function_call';
    const settled = this.#calls.settle(items.filter(isCall));
    if (items.length > 0) this.#items.clear();
    const places = settled.places.values();
    for (const item of items) this.#keep(item, isCall(item) ? places.next().value : undefined);
    return [...says(text), ...settled.events];
  }

  #reason(ended: boolean): FinishReason {
    const hasCalls = this.#calls.size > 0;
    const good = hasCalls ? 'tool-calls' : 'stop';
    if (this.#ending === undefined) {
      const isEmpty = !hasCalls && this.#text.isEmpty;
      // A terminator without the end of the response: only calls that are complete in themselves are believed.
      if (ended && !isEmpty && this.#calls.isWhole) return good;
      throw isEmpty ? unusable(this.#endpoint, 'answered with nothing') : brokenOff(this.#endpoint);
    }
    const { status, why } = this.#ending;
    const cut = why === undefined ? undefined : REASONS.get(why);
    if (cut !== undefined) return cut;
    if (status === 'completed' && why === undefined) return this.#calls.isCut ? 'length' : good;
    const told = JSON.stringify((why ?? status).slice(0, 40));
    throw unusable(this.#endpoint, `ended its message with the status ${told}`);
  }

  #reported(event: JsonObject): Error {
    return unusable(this.#endpoint, 'reported an error in its answer', {
      excerptOf: JSON.stringify(event),
    });
  }
}

/** Why a response is incomplete. */
const REASONS: ReadonlyMap<string, FinishReason> = new Map([
  ['max_output_tokens', 'length'],
  ['max_tokens', 'length'],
  ['length', 'length'],
  ['content_filter', 'content-filter'],
]);

const BAD_ENDS: ReadonlySet<string> = new Set(['failed', 'incomplete', 'cancelled']);

function statusOf(own: string | undefined, told: string | undefined): string {
  if (told === undefined) return own ?? 'completed';
  return own !== undefined && told === 'completed' && BAD_ENDS.has(own) ? own : told;
}

function isResponse(document: JsonObject): boolean {
  return document['object'] === 'response' || Array.isArray(document['output']);
}

function says(text: string): ModelEvent[] {
  return text === '' ? [] : [{ kind: 'text-delta', text }];
}

function referenceOf(event: JsonObject): ItemReference {
  const index = event['output_index'];
  return {
    id: textIn(event['item_id']),
    index: typeof index === 'number' ? index : undefined,
  };
}

function readUsage(value: unknown): Usage | undefined {
  if (!isJsonObject(value)) return undefined;
  const details = value['input_tokens_details'];
  return {
    inputTokens: tokensIn(value['input_tokens']),
    outputTokens: tokensIn(value['output_tokens']),
    cachedInputTokens: isJsonObject(details) ? tokensIn(details['cached_tokens']) : 0,
  };
}
