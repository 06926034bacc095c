import { PassThrough } from 'node:stream';
import { decompress } from './http-encoding.ts';

/** Whom the decompressed body is told, and by whom the compressed one comes. */
export interface InflationPorts {
  readonly onbody: (chunk: Buffer) => void;
  /** The last thing that is told; the reason where the body could not be decompressed. */
  readonly onend: (reason: Error | null) => void;
  /** Has the source wait, and go on. */
  readonly pause: () => void;
  readonly resume: () => void;
}

/** A compressed body on its way; an empty one is no body. Nothing is told after it was disposed of. */
export class Inflation implements Disposable {
  readonly #encoding: string | undefined;
  readonly #ports: InflationPorts;
  #input: PassThrough | undefined;
  #isOver = false;

  constructor(encoding: string | undefined, ports: InflationPorts) {
    this.#encoding = encoding;
    this.#ports = ports;
  }

  accept(chunk: Buffer): void {
    if (this.#isOver) return;
    this.#input ??= this.#begin();
    if (this.#input?.write(chunk) === false) this.#ports.pause();
  }

  end(): void {
    if (this.#input === undefined) this.#end(null);
    else this.#input.end();
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#input?.destroy();
  }

  #begin(): PassThrough | undefined {
    const input = new PassThrough();
    try {
      const output = decompress(input, this.#encoding);
      output.on('data', (chunk: Buffer) => {
        if (!this.#isOver) this.#ports.onbody(chunk);
      });
      output.on('end', () => {
        this.#end(null);
      });
      output.on('error', (reason) => {
        this.#end(reason);
      });
    } catch (reason) {
      this.#end(reason instanceof Error ? reason : new Error(String(reason)));
      return undefined;
    }
    input.on('drain', this.#ports.resume);
    return input;
  }

  #end(reason: Error | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#ports.onend(reason);
  }
}
