/** The text of a source file, by lines as the language server counts them. */
import { open } from 'node:fs/promises';
import { MAX_LINE_CHARS, MAX_SOURCE_BYTES } from '../limits.ts';
import type { Position, Range } from '../lsp/queries.ts';
import { systemCode } from '../../shared/refusal.ts';

export class SourceText {
  readonly text: string;
  /** Where each line begins. */
  readonly #starts: readonly number[];

  constructor(text: string) {
    this.text = text;
    this.#starts = [
      0,
      ...Array.from(text.matchAll(/\r\n|\n|\r/g), (end) => end.index + end[0].length),
    ];
  }

  get lineCount(): number {
    return this.#starts.length;
  }

  /** A line without its end; empty for one that is not there. */
  line(number: number): string {
    const start = this.#starts[number];
    if (start === undefined) return '';
    return this.text.slice(start, this.#starts[number + 1]).replace(/[\r\n]+$/, '');
  }

  /** Where a position is in `text`; its end for a position behind it. */
  offsetOf({ line, character }: Position): number {
    return Math.min((this.#starts[line] ?? this.text.length) + character, this.text.length);
  }

  slice({ start, end }: Range): string {
    return this.text.slice(this.offsetOf(start), this.offsetOf(end));
  }

  /** A line as it is shown: trimmed, and of a long one the part around `character`. */
  excerpt({ line, character }: Position): string {
    const text = this.line(line);
    const trimmed = text.trim();
    if (trimmed.length <= MAX_LINE_CHARS) return trimmed;
    const from = Math.max(0, Math.min(character - 60, text.length - MAX_LINE_CHARS));
    const part = text.slice(from, from + MAX_LINE_CHARS);
    return `${from > 0 ? '…' : ''}${part.trim()}${from + part.length < text.length ? '…' : ''}`;
  }
}

/** Reads a file; undefined for one that is gone, unreadable, or too large to show lines of. */
export async function readSource(absolute: string): Promise<SourceText | undefined> {
  try {
    await using file = await open(absolute);
    const { size } = await file.stat();
    if (size > MAX_SOURCE_BYTES) return undefined;
    return new SourceText((await file.readFile('utf8')).replace(/^\uFEFF/, ''));
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return undefined;
  }
}
