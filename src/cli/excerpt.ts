import { fit } from '../record/columns.ts';

export interface ExcerptOptions {
  readonly width: number;
  /** Most lines of one section: from a line that begins with `## ` to the next. */
  readonly linesPerSection: number;
  /** Most lines in all. */
  readonly lines: number;
}

/** Keeps the beginning of each section of a text, line by line as they come, and counts what is left out. */
export class Excerpt {
  readonly #options: ExcerptOptions;
  #shown = 0;
  #inSection = 0;
  #left = 0;

  constructor(options: ExcerptOptions) {
    this.#options = options;
  }

  /** What to show for the next line of the text. */
  push(line: string): readonly string[] {
    const begins = line.startsWith('## ');
    const note = begins ? this.#note() : [];
    if (begins) this.#inSection = 0;
    const { linesPerSection, lines, width } = this.#options;
    if (this.#inSection >= linesPerSection || this.#shown >= lines) {
      this.#left += 1;
      return note;
    }
    this.#inSection += 1;
    this.#shown += 1;
    return [...note, fit(line, width)];
  }

  /** What to show at the end. */
  end(): readonly string[] {
    return this.#note();
  }

  #note(): readonly string[] {
    const left = this.#left;
    this.#left = 0;
    return left === 0 ? [] : [`  … ${String(left)} more line${left === 1 ? '' : 's'}`, ''];
  }
}
