/** Tells on stderr where a race is: on a terminal in place, elsewhere a line for each row. */
export class Progress {
  readonly #inPlace = process.stderr.isTTY;
  readonly #rows: number;
  #row = 0;

  constructor(rows: number) {
    this.#rows = rows;
  }

  rowStart(id: string): void {
    this.#row += 1;
    this.#say(id);
  }

  /** Between rows nothing is told twice: without a terminal, samples are not told at all. */
  sample(id: string, round: string, title: string): void {
    if (this.#inPlace) this.#say(`${id}, round ${round}, ${title}`);
  }

  end(): void {
    if (this.#inPlace) process.stderr.write('\r\u001B[K');
  }

  #say(text: string): void {
    const line = `[${this.#row}/${this.#rows}] ${text}`;
    process.stderr.write(this.#inPlace ? `\r\u001B[K${line}` : `${line}\n`);
  }
}
