import { fit, wrapped } from '../record/columns.ts';

export interface ExcerptOptions {
  readonly width: number;
  /** Most lines of one section: from a line that begins with `## ` to the next. */
  readonly linesPerSection: number;
  /** Most lines in all. */
  readonly lines: number;
}

/** Keeps the beginning of each section of a text, line by line as they come, and counts what is left out. Blank lines, and brackets alone on one, are dropped. */
export class Excerpt {
  readonly #options: ExcerptOptions;
  #shown = 0;
  /** Lines of the section; `undefined` before the first one, where only the whole is limited. */
  #inSection: number | undefined;
  #left = 0;

  constructor(options: ExcerptOptions) {
    this.#options = options;
  }

  /** What to show for the next line of the text. */
  push(line: string): readonly string[] {
    if (/^[\s[\]{}(),]*$/u.test(line)) return [];
    const begins = line.startsWith('## ');
    const { linesPerSection, lines, width } = this.#options;
    const note = begins && this.#shown < lines ? this.end() : [];
    if (begins) this.#inSection = 0;
    if ((this.#inSection ?? 0) >= linesPerSection || this.#shown >= lines) {
      this.#left += 1;
      return note;
    }
    // What people are told is broken into rows; data is cut.
    const rows =
      this.#inSection === undefined
        ? wrapped(line, width).map((row) => fit(row, width))
        : [fit(line, width)];
    if (this.#inSection !== undefined) this.#inSection += 1;
    this.#shown += rows.length;
    return [...note, ...rows];
  }

  /** What to show at the end. */
  end(): readonly string[] {
    const left = this.#left;
    this.#left = 0;
    return left === 0 ? [] : [`   … ${String(left)} more line${left === 1 ? '' : 's'}`];
  }
}
