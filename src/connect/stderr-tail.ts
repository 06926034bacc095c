import { visible } from '../base/visible.ts';

/** How much of a server's stderr is kept, in bytes. */
const KEPT_BYTES = 8 * 1_024;
const SHOWN_LINES = 5;
const SHOWN_LINE_CHARS = 300;

/** `Error: …`, `java.lang.IllegalStateException: …`, `error[E0001]: …`, `panic: …`: only for the eye, nothing is decided by it. */
const ERROR_HEAD = /^\s*(?:[\w.$]*(?:Error|Exception)|error|fatal|panic)\b[^:]{0,40}: ?\S/iu;

function isErrorHead(line: string): boolean {
  return ERROR_HEAD.test(line);
}

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

  /**
   * The last lines that are not blank, made safe to show, oldest first. Where none of them says what was wrong, as at the end of a long stack, the last line
   * that looks like it stands before them.
   */
  lines(max = SHOWN_LINES): readonly string[] {
    const text = Buffer.concat(this.#chunks).toString('utf8');
    const lines = text
      .split(/\r?\n|\r/)
      .map(cutLine)
      .filter((line) => line.trim() !== '');
    const last = lines.slice(-max);
    const head = last.some(isErrorHead) ? undefined : lines.findLast(isErrorHead);
    const shown = head === undefined ? last : [head, ...last.slice(1)];
    return shown.map(visible);
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

/** The mark tells whoever takes secrets out that one may be cut there. */
function cutLine(line: string): string {
  return line.length > SHOWN_LINE_CHARS ? `${line.slice(0, SHOWN_LINE_CHARS - 1)}…` : line;
}
