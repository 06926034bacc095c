/** Cuts a byte stream into records at a separator byte, in linear time and bounded memory. */
export class RecordSplitter {
  readonly #separator: number;
  readonly #maxBytes: number;
  readonly #onRecord: (record: Buffer | undefined) => void;
  #parts: Buffer[] = [];
  #bytes = 0;

  /** `onRecord` gets `undefined` for a record of more than `maxBytes`, whose content is dropped. */
  constructor(separator: number, maxBytes: number, onRecord: (record: Buffer | undefined) => void) {
    this.#separator = separator;
    this.#maxBytes = maxBytes;
    this.#onRecord = onRecord;
  }

  push(chunk: Buffer): void {
    let from = 0;
    for (
      let to = chunk.indexOf(this.#separator);
      to !== -1;
      to = chunk.indexOf(this.#separator, from)
    ) {
      this.#keep(chunk.subarray(from, to));
      this.#finish();
      from = to + 1;
    }
    this.#keep(chunk.subarray(from));
  }

  /** The stream is over: what came after the last separator is a record, too. */
  end(): void {
    if (this.#bytes > 0) this.#finish();
  }

  #keep(piece: Buffer): void {
    this.#bytes += piece.length;
    if (this.#bytes <= this.#maxBytes) this.#parts.push(piece);
    else this.#parts = [];
  }

  #finish(): void {
    const record = this.#bytes <= this.#maxBytes ? Buffer.concat(this.#parts) : undefined;
    this.#parts = [];
    this.#bytes = 0;
    this.#onRecord(record);
  }
}
