import type { Writable } from 'node:stream';
import type { CallFault } from './call-fault.ts';

/** About what a pipe holds. */
const WRITE_CHARS = 64 * 1_024;
/** So many lines are not kept back until the end of the tick: while this host prepares the others, the server works on these. Fewer would wake it too often; see bench/README.md. */
const WRITE_LINES = 32;

/** A line that waits to be written, and who is told of its fate. */
export interface QueuedLine {
  /** Empty once it was written or withdrawn. */
  line: string;
  /** Internal to {@link StdinQueue}: it is here, and not withdrawn. */
  waits?: boolean;
  /** It was handed over for writing. */
  onsent?(): void;
  /** It was not, and will not be (Q2). */
  onunsent(fault: CallFault): void;
}

/**
 * Writes lines to a process. Lines of one tick go together (a system call costs more than a message), and while the process does not read, lines wait here.
 *
 * - Q1. Every line ends as sent, as unsent with the fault given to `end`, or withdrawn.
 * - Q2. A line that is unsent or withdrawn was never handed to the process, not even in part.
 */
export class StdinQueue {
  readonly #stream: Writable;
  #lines: QueuedLine[] = [];
  #flush: 'idle' | 'scheduled' | 'blocked' = 'idle';
  #ended: CallFault | undefined;

  constructor(stream: Writable) {
    this.#stream = stream;
  }

  /** Resolves once the line was handed over for writing, in order; rejects with the fault given to `end`. */
  send(line: string): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      this.push({ line, onsent: resolve, onunsent: reject });
    });
  }

  /** Queues a line. Whoever queues it is told what became of it; not within this call if it is unsent. */
  push(line: QueuedLine): void {
    const ended = this.#ended;
    if (ended !== undefined) {
      queueMicrotask(() => {
        line.onunsent(ended);
      });
      return;
    }
    line.waits = true;
    this.#lines.push(line);
    if (this.#flush === 'idle') {
      this.#flush = 'scheduled';
      // After the microtasks of this tick: that is when a batch has put all its calls here.
      queueMicrotask(() => {
        process.nextTick(() => {
          if (this.#flush === 'scheduled') this.#write('idle');
        });
      });
    } else if (this.#flush === 'scheduled' && this.#lines.length >= WRITE_LINES) {
      this.#write('scheduled');
    }
  }

  /** Takes a line back. Returns whether it was still here: then it is not written (Q2). */
  withdraw(line: QueuedLine): boolean {
    if (line.waits !== true) return false;
    line.waits = false;
    line.line = '';
    return true;
  }

  /** Nothing more is written; what waits is unsent, with the fault (Q2). */
  end(fault: CallFault): void {
    if (this.#ended !== undefined) return;
    this.#ended = fault;
    const lines = this.#lines.filter(({ waits }) => waits === true);
    this.#lines = [];
    for (const line of lines) {
      line.waits = false;
      line.onunsent(fault);
    }
  }

  /** `afterwards`: how it goes on when all is written. */
  #write(afterwards: 'idle' | 'scheduled'): void {
    this.#flush = afterwards;
    while (this.#lines.length > 0 && this.#ended === undefined) {
      const lines = this.#takeSome();
      let text = '';
      for (const line of lines) {
        text += line.line;
        // A call may wait long for its answer: it need not hold its text.
        line.line = '';
      }
      const hasRoom = text === '' || this.#stream.write(text);
      for (const line of lines) line.onsent?.();
      if (hasRoom) continue;
      this.#flush = 'blocked';
      this.#stream.once('drain', () => {
        this.#write('idle');
      });
      return;
    }
  }

  /** As many lines as make one good write, at least one. What is not taken is not sent: it can still be told so. */
  #takeSome(): readonly QueuedLine[] {
    let count = 0;
    for (let chars = 0; count < this.#lines.length && chars < WRITE_CHARS; count += 1) {
      chars += this.#lines[count]?.line.length ?? 0;
    }
    const taken = this.#lines.splice(0, count).filter(({ waits }) => waits === true);
    for (const line of taken) line.waits = false;
    return taken;
  }
}
