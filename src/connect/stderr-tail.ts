import { visible } from '../base/visible.ts';

/** How much of a server's stderr is kept, in bytes. */
const KEPT_BYTES = 8 * 1_024;
const SHOWN_LINES = 5;
const SHOWN_LINE_CHARS = 300;

/** The end of what a server wrote to stderr. All of it is read, so that the server never blocks on it; only the end is kept. */
export class StderrTail {
  #chunks: Buffer[] = [];
  #bytes = 0;

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    // Twice what is kept, so that the copying is seldom.
    if (this.#bytes > 2 * KEPT_BYTES) {
      const whole = Buffer.concat(this.#chunks);
      const kept = Buffer.from(whole.subarray(whole.length - KEPT_BYTES));
      this.#chunks = [kept];
      this.#bytes = kept.length;
    }
  }

  /** The last lines that are not blank, made safe to show, oldest first. */
  lines(max = SHOWN_LINES): readonly string[] {
    const text = Buffer.concat(this.#chunks).toString('utf8');
    return text
      .split(/\r?\n|\r/)
      .filter((line) => line.trim() !== '')
      .slice(-max)
      .map((line) => visible(line.slice(0, SHOWN_LINE_CHARS)));
  }

  /** ` Its last words on stderr: …`, or `""` when it wrote nothing. */
  words(): string {
    const lines = this.lines();
    if (lines.length === 0) return '';
    const text = lines.join(' ⏎ ');
    // What follows is a sentence of ours.
    return ` Its last words on stderr: ${text}${/[.!?…]\s*$/u.test(text) ? '' : '.'}`;
  }
}
