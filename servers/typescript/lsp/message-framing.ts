/** The base protocol of language servers: JSON after a `Content-Length` header. */

/** What came is not the protocol, or too long: nothing after it can be read. */
export class FramingError extends Error {
  override readonly name = 'FramingError';
}

const HEADER_END = '\r\n\r\n';
const MAX_HEADER_BYTES = 1024;

export function encodeMessage(message: object): Buffer {
  const body = Buffer.from(JSON.stringify(message));
  return Buffer.concat([Buffer.from(`Content-Length: ${body.length}${HEADER_END}`), body]);
}

/** Cuts a stream of bytes into messages. Each byte is copied a constant number of times. */
export class MessageReader {
  readonly #maxBytes: number;
  readonly #onMessage: (message: unknown) => void;
  #chunks: Buffer[] = [];
  #length = 0;
  /** Bytes of the body that is being read; undefined while a header is. */
  #body: number | undefined;

  /** A message of more than `maxBytes` is an error. */
  constructor(maxBytes: number, onMessage: (message: unknown) => void) {
    this.#maxBytes = maxBytes;
    this.#onMessage = onMessage;
  }

  /** Takes what was read; throws a FramingError, after which the reader is of no use. */
  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    while (this.#length > 0) {
      this.#body ??= this.#takeHeader();
      if (this.#body === undefined || this.#length < this.#body) return;
      const body = this.#take(this.#body);
      this.#body = undefined;
      this.#onMessage(parse(body));
    }
  }

  /** The length of the body, when the whole header is there. */
  #takeHeader(): number | undefined {
    const bytes = this.#joined();
    const end = bytes.subarray(0, MAX_HEADER_BYTES).indexOf(HEADER_END);
    if (end < 0) {
      if (bytes.length >= MAX_HEADER_BYTES) throw new FramingError('a header does not end');
      return undefined;
    }
    const header = this.#take(end + HEADER_END.length).toString('latin1');
    const digits = /^Content-Length: *(\d{1,15})\r$/im.exec(header)?.[1];
    if (digits === undefined) throw new FramingError('a header without a Content-Length');
    const length = Number(digits);
    if (length > this.#maxBytes) {
      throw new FramingError(`a message of ${length} bytes; ${this.#maxBytes} are read at most`);
    }
    return length;
  }

  #take(count: number): Buffer {
    const bytes = this.#joined();
    this.#chunks = [bytes.subarray(count)];
    this.#length -= count;
    return bytes.subarray(0, count);
  }

  /** Joins what is there; called only when a header is due or a whole body is there. */
  #joined(): Buffer {
    const [first] = this.#chunks;
    if (first !== undefined && this.#chunks.length === 1) return first;
    const joined = Buffer.concat(this.#chunks, this.#length);
    this.#chunks = [joined];
    return joined;
  }
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch (error) {
    throw new FramingError('a message that is no JSON', { cause: error });
  }
}
