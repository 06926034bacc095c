import stringWidth from 'string-width';

/** Untrusted text is cut to this many characters before it is measured: measuring walks through all of it. */
const MAX_MEASURED = 1000;
/** What people see as one character, whatever it is made of. */
const CHARACTERS = new Intl.Segmenter();

/** Cuts `text` to at most `width` terminal columns, with an ellipsis where something is left out. No character is cut in two. */
export function fit(text: string, width: number): string {
  if (width <= 0) return '';
  const bounded = text.slice(0, MAX_MEASURED);
  if (bounded === text && stringWidth(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const { segment } of CHARACTERS.segment(bounded)) {
    const segmentWidth = stringWidth(segment);
    if (used + segmentWidth > width - 1) break;
    kept += segment;
    used += segmentWidth;
  }
  return `${kept}…`;
}

/** {@link fit}, of which the end is kept. */
export function fitEnd(text: string, width: number): string {
  if (width <= 0) return '';
  const bounded = text.slice(-MAX_MEASURED);
  if (bounded === text && stringWidth(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const { segment } of [...CHARACTERS.segment(bounded)].toReversed()) {
    const segmentWidth = stringWidth(segment);
    if (used + segmentWidth > width - 1) break;
    kept = segment + kept;
    used += segmentWidth;
  }
  return `…${kept}`;
}

/** {@link fit}, filled up with spaces to exactly `width` columns. */
export function column(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const cut = fit(text, width);
  const fill = ' '.repeat(Math.max(0, width - stringWidth(cut)));
  return align === 'left' ? cut + fill : fill + cut;
}

/** The width that a column needs for `texts`, at most `max`. */
export function widest(texts: readonly string[], max: number): number {
  return texts.reduce(
    (width, text) => Math.min(max, Math.max(width, stringWidth(text.slice(0, MAX_MEASURED)))),
    0,
  );
}

/** Breaks a line between words into rows of at most `width` columns; a longer word has a row of its own. */
export function wrapped(line: string, width: number): string[] {
  const rows: string[] = [];
  let row = '';
  for (const word of line.split(' ')) {
    const longer = row === '' ? word : `${row} ${word}`;
    if (row !== '' && stringWidth(longer) > width) {
      rows.push(row);
      row = word;
    } else row = longer;
  }
  return [...rows, row];
}
