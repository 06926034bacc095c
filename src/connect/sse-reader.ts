import { LineBytes } from './line-bytes.ts';
import { EventSizes } from './sse-limit.ts';

const LINE_FEED = 0x0a;
const RETURN = 0x0d;

/** What is heard of an event stream. */
export interface SseListener {
  /** An event that has data; `type` is `message` where the server does not say. */
  onevent(data: string, type: string): void;
  /** Where to go on if the stream breaks off: told with the event that carries it, before its data. */
  onid(id: string): void;
  /** How long to wait before that, ms. */
  onretry(ms: number): void;
}

/** Reads an event stream from its bytes. Source: HTML, 9.2.6. */
export class SseReader {
  readonly #listener: SseListener;
  readonly #maxBytes: number;
  readonly #sizes: EventSizes;
  /** The line that has not ended, if its beginning is gone already. */
  #line: LineBytes | undefined;
  #data: string[] = [];
  #type = '';
  #id: string | undefined;
  #afterReturn = false;
  #isFirst = true;

  /** `maxBytes`: largest event. */
  constructor(maxBytes: number, listener: SseListener) {
    this.#listener = listener;
    this.#maxBytes = maxBytes;
    this.#sizes = new EventSizes(maxBytes);
  }

  /** Returns `false` once an event is over the limit; nothing of that chunk is read then. */
  accept(chunk: Buffer): boolean {
    if (!this.#sizes.accept(chunk)) return false;
    let start = this.#afterReturn && chunk[0] === LINE_FEED ? 1 : 0;
    if (chunk.length > 0) this.#afterReturn = false;
    let carriage = chunk.indexOf(RETURN, start);
    while (start < chunk.length) {
      if (carriage !== -1 && carriage < start) carriage = chunk.indexOf(RETURN, start);
      // No further than to the next return: what was searched is not searched again.
      const feed = (carriage === -1 ? chunk : chunk.subarray(0, carriage)).indexOf(
        LINE_FEED,
        start,
      );
      const end = feed === -1 ? carriage : feed;
      if (end === -1) {
        this.#begun.append(chunk.subarray(start));
        return true;
      }
      this.#readLine(this.#takeLine(chunk, start, end));
      start = end + 1;
      if (end !== carriage) continue;
      if (start === chunk.length) this.#afterReturn = true;
      else if (chunk[start] === LINE_FEED) start += 1;
    }
    return true;
  }

  get #begun(): LineBytes {
    this.#line ??= new LineBytes(this.#maxBytes);
    return this.#line;
  }

  #takeLine(chunk: Buffer, start: number, end: number): string {
    if (this.#line === undefined || this.#line.length === 0)
      return chunk.toString('utf8', start, end);
    this.#line.append(chunk.subarray(start, end));
    return this.#line.take().toString('utf8');
  }

  #readLine(text: string): void {
    const line = this.#isFirst && text.startsWith('\uFEFF') ? text.slice(1) : text;
    this.#isFirst = false;
    if (line === '') this.#endEvent();
    else if (line.startsWith('data:')) this.#data.push(valueFrom(line, 5));
    else {
      const colon = line.indexOf(':');
      if (colon === -1) this.#takeField(line, '');
      else this.#takeField(line.slice(0, colon), valueFrom(line, colon + 1));
    }
  }

  #takeField(name: string, value: string): void {
    if (name === 'data') this.#data.push(value);
    else if (name === 'event') this.#type = value;
    else if (name === 'id' && !value.includes('\0')) this.#id = value;
    else if (name === 'retry' && /^\d{1,15}$/u.test(value)) this.#listener.onretry(Number(value));
  }

  #endEvent(): void {
    const data = this.#data.length === 1 ? this.#data[0] : this.#data.join('\n');
    const type = this.#type === '' ? 'message' : this.#type;
    const id = this.#id;
    this.#data = [];
    this.#type = '';
    this.#id = undefined;
    if (id !== undefined) this.#listener.onid(id);
    if (data !== undefined && data !== '') this.#listener.onevent(data, type);
  }
}

/** One space after the colon is no part of the value. */
function valueFrom(line: string, start: number): string {
  return line.slice(line[start] === ' ' ? start + 1 : start);
}
