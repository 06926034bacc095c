import { LineBytes } from './line-bytes.ts';

const BYTE_ORDER_MARK = 0xfeff;

/** A body that is of use only as a whole, of bounded size. */
export class WholeBody {
  readonly #maxBytes: number;
  readonly #bytes: LineBytes;
  #isOver = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#bytes = new LineBytes(maxBytes);
  }

  /** Returns `false` once it is over the limit; then it holds nothing any more. */
  accept(chunk: Buffer): boolean {
    this.#isOver ||= this.#bytes.length + chunk.length > this.#maxBytes;
    if (this.#isOver) this.#bytes.take();
    else this.#bytes.append(chunk);
    return !this.#isOver;
  }

  /** What came, without the mark by which some servers begin a text. */
  text(): string {
    const text = this.#bytes.take().toString('utf8');
    return text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text;
  }
}
