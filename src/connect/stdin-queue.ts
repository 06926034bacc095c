import type { Writable } from 'node:stream';

/** About what a pipe holds. */
const WRITE_CHARS = 64 * 1_024;

interface Entry {
  readonly line: string;
  readonly resolve: () => void;
  readonly reject: (reason: Error) => void;
}

/**
 * Writes lines to a process. All lines of one tick go in one write (a system call costs more than a message), and while the process does not read, lines wait here.
 *
 * - Q1. Every promise returned by `send` settles: with the write, or with the reason given to `end`.
 * - Q2. A line rejected by `end` was never handed to the process, not even in part.
 */
export class StdinQueue {
  readonly #stream: Writable;
  #entries: Entry[] = [];
  #flush: 'idle' | 'scheduled' | 'blocked' = 'idle';
  #ended: Error | undefined;

  constructor(stream: Writable) {
    this.#stream = stream;
  }

  /** Lines that wait to be written. */
  get waiting(): number {
    return this.#entries.length;
  }

  /** Resolves once the line was handed over for writing, in order. */
  send(line: string): Promise<void> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const sent = new Promise<void>((resolve, reject) => {
      this.#entries.push({ line, resolve, reject });
    });
    if (this.#flush === 'idle') {
      this.#flush = 'scheduled';
      // After the microtasks of this tick: that is when a batch has put all its calls here.
      queueMicrotask(() => {
        process.nextTick(() => {
          this.#write();
        });
      });
    }
    return sent;
  }

  /** Nothing more is written; what waits is rejected with `reason` (Q2). */
  end(reason: Error): void {
    if (this.#ended !== undefined) return;
    this.#ended = reason;
    const entries = this.#entries;
    this.#entries = [];
    for (const entry of entries) entry.reject(reason);
  }

  #write(): void {
    this.#flush = 'idle';
    while (this.#entries.length > 0 && this.#ended === undefined) {
      const entries = this.#takeSome();
      const hasRoom = this.#stream.write(entries.map((entry) => entry.line).join(''));
      for (const entry of entries) entry.resolve();
      if (hasRoom) continue;
      this.#flush = 'blocked';
      this.#stream.once('drain', () => {
        this.#write();
      });
      return;
    }
  }

  /** As many lines as make one good write, at least one. What is not taken is not sent: it can still be told so. */
  #takeSome(): readonly Entry[] {
    let count = 0;
    for (let chars = 0; count < this.#entries.length && chars < WRITE_CHARS; count += 1) {
      chars += this.#entries[count]?.line.length ?? 0;
    }
    return this.#entries.splice(0, count);
  }
}
