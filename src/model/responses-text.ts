import { isJsonObject, type JsonObject } from '../base/json.ts';

/** The text of one response, each part of it told once, whether it was streamed, came with the end of its item, or only with the end of the response. */
export class ResponseText {
  /** What was told of the item that is being written. */
  #item = '';
  #hasText = false;
  #breakDue = false;

  get isEmpty(): boolean {
    return !this.#hasText;
  }

  /** A message item begins: a paragraph of its own. */
  begin(): void {
    this.#item = '';
    this.#breakDue = this.#hasText;
  }

  /** Returns what to tell of a piece. */
  delta(text: string): string {
    if (text === '') return '';
    const told = this.#breakDue ? `\n\n${text}` : text;
    this.#breakDue = false;
    this.#hasText = true;
    this.#item += text;
    return told;
  }

  /** A message item is complete: returns what was not streamed of it. */
  done(item: JsonObject): string {
    const whole = messageText(item);
    const rest = whole.startsWith(this.#item) ? whole.slice(this.#item.length) : '';
    const told = this.delta(rest);
    this.begin();
    return told;
  }

  /** The response is complete: returns its text if nothing of it came before. */
  settle(items: readonly JsonObject[]): string {
    if (this.#hasText) return '';
    return items.map((item) => this.done(item)).join('');
  }
}

/** Its text, and its refusals: a model that refuses says why. */
function messageText(item: JsonObject): string {
  const { content } = item;
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return (content as readonly unknown[])
    .map((part) => (isJsonObject(part) ? (part['text'] ?? part['refusal']) : undefined))
    .map((text) => (typeof text === 'string' ? text : ''))
    .join('');
}
