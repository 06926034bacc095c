import { PassThrough, Writable } from 'node:stream';
import type { Output } from '../../src/cli/terminal.ts';

export interface FakeTerminalOptions {
  readonly columns?: number;
  readonly rows?: number;
}

/**
 * A terminal that both stdout and stderr are: interprets what is written to it, as far as we and `log-update` write escapes, so that tests see what a person
 * would see. Unknown escapes are an error.
 */
export class FakeTerminal {
  columns: number;
  rows: number;
  cursorVisible = true;
  /** Everything that was written, escapes included. */
  raw = '';
  /** Both lead to the same screen. */
  readonly streams: { readonly stdout: Output; readonly stderr: Output };
  readonly #lines: string[][] = [[]];
  #row = 0;
  #column = 0;

  constructor({ columns = 80, rows = 24 }: FakeTerminalOptions = {}) {
    this.columns = columns;
    this.rows = rows;
    this.streams = { stdout: this.#stream(), stderr: this.#stream() };
  }

  /** All lines that ever scrolled by, without trailing blanks and empty lines at the end. */
  get screen(): readonly string[] {
    const lines = this.#lines.map((line) => line.join('').trimEnd());
    while (lines.at(-1) === '') lines.pop();
    return lines;
  }

  #stream(): Output {
    const stream = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        this.#write(chunk.toString());
        done();
      },
    });
    return Object.defineProperties(stream, {
      isTTY: { value: true },
      columns: { get: () => this.columns },
      rows: { get: () => this.rows },
    });
  }

  #write(text: string): void {
    this.raw += text;
    // oxlint-disable-next-line no-control-regex -- escapes are what this is about
    for (const [token] of text.matchAll(/\u001B\[[?\d;]*[A-Za-z]|[\s\S]/gu)) {
      if (token.startsWith('\u001B')) this.#escape(token.slice(2));
      else if (token === '\n') this.#newLine();
      else if (token === '\r') this.#column = 0;
      else this.#put(token);
    }
  }

  #put(character: string): void {
    if (this.#column >= this.columns) this.#newLine();
    const line = this.#lines[this.#row] ?? [];
    while (line.length < this.#column) line.push(' ');
    line[this.#column] = character;
    this.#column += 1;
  }

  #newLine(): void {
    this.#column = 0;
    this.#row += 1;
    this.#lines[this.#row] ??= [];
  }

  #escape(sequence: string): void {
    const count = Number.parseInt(sequence, 10) || 1;
    if (sequence === '?25l') this.cursorVisible = false;
    else if (sequence === '?25h') this.cursorVisible = true;
    else if (/^\?2026[hl]$/.test(sequence) || sequence.endsWith('m')) return;
    else if (/^\d*A$/.test(sequence)) this.#row = Math.max(0, this.#row - count);
    else if (/^\d*B$/.test(sequence)) this.#row += count;
    else if (sequence === 'G') this.#column = 0;
    else if (sequence === '2K') this.#lines[this.#row] = [];
    else if (sequence === 'K') this.#lines[this.#row]?.splice(this.#column);
    else throw new Error(`unknown escape ${JSON.stringify(sequence)}`);
  }
}

/** A keyboard: what a test writes to it arrives as typed. */
export class FakeKeyboard extends PassThrough {
  readonly isTTY = true;
  isRaw = false;

  setRawMode(raw: boolean): this {
    this.isRaw = raw;
    return this;
  }
}

/** A stream that is no terminal, and what was written to it. */
export class FakePipe extends Writable {
  text = '';
  #failure: NodeJS.ErrnoException | undefined;

  /** From now on writing fails with this code. */
  failWith(code: string): void {
    this.#failure = Object.assign(new Error(code), { code });
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    if (this.#failure !== undefined) {
      done(this.#failure);
      return;
    }
    this.text += chunk.toString();
    done();
  }
}
