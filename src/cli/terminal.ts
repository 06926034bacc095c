import picocolors from 'picocolors';
import { systemCode } from '../base/errors.ts';
import { visible } from '../base/visible.ts';
import type { Paint } from '../record/paint.ts';

/** A stream that may be a terminal. */
export type Output = NodeJS.WritableStream & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};

export interface TerminalOptions {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `false`: no colours whatever the streams are. */
  readonly color: boolean;
}

/** Draws a text over the one it drew last; `clear` takes it away. What `log-update` makes. */
type DrawFrame = ((text: string) => void) & { readonly clear: () => void };

const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;
const ERASE_LINE = '\r\u001B[2K';
const HIDE_CURSOR = '\u001B[?25l';
const SHOW_CURSOR = '\u001B[?25h';

/**
 * The only writer to the terminal. Results go to stdout, everything else to stderr; where both are one terminal, the live frame, notes and results share it:
 *
 * - T1. The frame is always the last thing on the screen: whatever else is written first takes it away, and puts it back behind.
 * - T2. While a frame stands, of the results only whole lines are written, for the frame would cut a line in two; the rest is held until it ends.
 * - T3. Nothing begins in the middle of a line that a result left open.
 */
export class Terminal {
  /** For stdout, and for stderr. */
  readonly out: Paint;
  readonly err: Paint;
  readonly outIsTerminal: boolean;
  /** Whether a live view can be drawn on stderr. */
  readonly canDraw: boolean;
  /** Whether a question on stderr would be seen. */
  readonly canAsk: boolean;
  readonly #stdout: Output;
  readonly #stderr: Output;
  /** Both streams are one screen. */
  readonly #shared: boolean;
  readonly #onClosed: (() => void)[] = [];
  #outputError: Error | undefined;
  #draw: DrawFrame | undefined;
  #frame: string | undefined;
  #pauses = 0;
  #held = '';
  #lineOpen = false;
  #question: string | undefined;
  /** Behind it. */
  #typed = '';
  #cursorHidden = false;

  constructor(options: TerminalOptions) {
    const { stdout, stderr, env } = options;
    const isDumb = env['TERM'] === 'dumb';
    const color = options.color && !isDumb && !env['NO_COLOR'];
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.outIsTerminal = stdout.isTTY === true;
    this.canDraw = stderr.isTTY === true && !isDumb;
    this.canAsk = stderr.isTTY === true;
    this.#shared = this.outIsTerminal && stderr.isTTY === true;
    this.out = paintFor(color && this.outIsTerminal);
    this.err = paintFor(color && stderr.isTTY === true);
    stdout.on('error', (reason: Error) => {
      this.#outputError ??= reason;
      for (const listener of this.#onClosed) listener();
    });
    // Nobody is left to be told.
    stderr.on('error', () => undefined);
  }

  /** Of the terminal behind stderr. */
  get columns(): number {
    return this.#stderr.columns ?? DEFAULT_COLUMNS;
  }

  get rows(): number {
    return this.#stderr.rows ?? DEFAULT_ROWS;
  }

  /** Of the terminal behind stdout; unlimited where it is none. */
  get outColumns(): number {
    return this.outIsTerminal ? (this.#stdout.columns ?? DEFAULT_COLUMNS) : Infinity;
  }

  /** Why results could not be written, if so. A reader that went away (`| head`) is no failure. */
  get outputFailure(): Error | undefined {
    return this.outputClosed ? undefined : this.#outputError;
  }

  /** Whether the reader of the results went away. */
  get outputClosed(): boolean {
    return this.#outputError !== undefined && systemCode(this.#outputError) === 'EPIPE';
  }

  /** Runs when results cannot be written any more. */
  onOutputEnd(listener: () => void): void {
    this.#onClosed.push(listener);
  }

  /** Writes results, as they are. */
  result(text: string): void {
    if (text === '' || this.#outputError !== undefined) return;
    this.#held += text;
    this.#writeHeld();
  }

  /** {@link result} of an untrusted text: on a terminal made safe to show, elsewhere as it is. */
  untrusted(text: string): void {
    this.result(this.outIsTerminal ? visible(text.replaceAll('\r\n', '\n')) : text);
  }

  /** Writes one JSON document; for people to read on a terminal, on one line elsewhere. */
  json(document: object): void {
    this.untrusted(`${JSON.stringify(document, null, this.outIsTerminal ? 2 : 0)}\n`);
  }

  /** Writes a line, or several, to stderr. */
  note(text: string): void {
    this.#above(() => {
      this.#closeLine();
      const question = this.#question;
      this.#stderr.write(
        question === undefined ? `${text}\n` : `${ERASE_LINE}${text}\n${question}${this.#typed}`,
      );
    });
  }

  /** Takes the frame away and leaves a question standing at the end of the screen, one line; the returned function writes its answer behind it and goes on. */
  ask(question: string): (answer: string) => void {
    const resume = this.pauseFrame();
    this.#closeLine();
    this.restoreCursor();
    this.#question = question;
    this.#typed = '';
    this.#stderr.write(question);
    return (answer) => {
      this.#question = undefined;
      this.#stderr.write(`${answer}\n`);
      resume();
    };
  }

  /** Shows behind the standing question what was typed so far. It must fit behind it, on one line. */
  type(text: string): void {
    if (this.#question === undefined) return;
    this.#typed = text;
    this.#stderr.write(`${ERASE_LINE}${this.#question}${this.#typed}`);
  }

  /** Loads what draws frames: before the first {@link frame}, and only where one is wanted. */
  async prepareFrames(): Promise<void> {
    const { createLogUpdate } = await import('log-update');
    // The cursor is hidden here: log-update would do it on the process's own stderr only.
    this.#draw = createLogUpdate(this.#stderr, { showCursor: true });
  }

  /** Shows lines that are drawn over by the next frame; `undefined` takes them away. They must fit the screen. */
  frame(lines: readonly string[] | undefined): void {
    if (lines === undefined) {
      if (this.#isDrawn) this.#draw?.clear();
      this.#frame = undefined;
      this.restoreCursor();
      this.#writeHeld();
      return;
    }
    const isNew = this.#frame === undefined;
    this.#frame = lines.join('\n');
    if (!this.#isDrawn) return;
    if (isNew) this.#closeLine();
    this.#hideCursor();
    this.#draw?.(this.#frame);
  }

  /** Makes the cursor visible if it is not. Safe at any time, also while the process exits. */
  restoreCursor(): void {
    if (!this.#cursorHidden) return;
    this.#cursorHidden = false;
    this.#stderr.write(SHOW_CURSOR);
  }

  /** Takes the frame away for as long as something else has the screen; the returned function puts it back. */
  pauseFrame(): () => void {
    if (this.#isDrawn) this.#draw?.clear();
    this.#pauses += 1;
    return () => {
      this.#pauses -= 1;
      this.#writeHeld();
      if (this.#isDrawn && this.#frame !== undefined) this.#draw?.(this.#frame);
    };
  }

  /** Resolves when all results were handed to the system. */
  flush(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#outputError !== undefined) resolve();
      else this.#stdout.write('', () => resolve());
    });
  }

  get #isDrawn(): boolean {
    return this.#frame !== undefined && this.#pauses === 0;
  }

  #hideCursor(): void {
    if (this.#cursorHidden) return;
    this.#cursorHidden = true;
    this.#stderr.write(HIDE_CURSOR);
  }

  /** T1. */
  #above(write: () => void): void {
    const resume = this.pauseFrame();
    write();
    resume();
  }

  /** T2. */
  #writeHeld(): void {
    if (this.#held === '') return;
    if (!this.#shared) {
      this.#stdout.write(this.#held);
      this.#held = '';
      return;
    }
    if (this.#pauses > 0) return;
    const end = this.#isDrawn ? this.#held.lastIndexOf('\n') + 1 : this.#held.length;
    const text = this.#held.slice(0, end);
    if (text === '') return;
    this.#held = this.#held.slice(end);
    this.#above(() => {
      this.#stdout.write(text);
      this.#lineOpen = !text.endsWith('\n');
    });
  }

  /** T3: on stderr, for the break is of the picture, not of the results. */
  #closeLine(): void {
    if (!this.#lineOpen) return;
    this.#lineOpen = false;
    this.#stderr.write('\n');
  }
}

function paintFor(enabled: boolean): Paint {
  const { green, red, yellow, dim, bold } = picocolors.createColors(enabled);
  return { good: green, bad: red, warn: yellow, dim, strong: bold };
}
