/** Exact replacements in a text, all of them or none, and the diff that tells what they did. */
import { MAX_DIFF_LINE_CHARS, MAX_DIFF_LINES } from './limits.ts';
import { quote, Refusal } from '../shared/refusal.ts';

export interface Edit {
  readonly old_text: string;
  readonly new_text: string;
}

export interface EditedText {
  readonly text: string;
  /** Changed lines, edit by edit; line numbers as they are after the edits before it. Bounded. */
  readonly diff: string;
  readonly linesAdded: number;
  readonly linesRemoved: number;
}

/**
 * Applies the edits in order, each to the result of those before it. Refuses (and so changes nothing) if an edit's
 * old text does not occur exactly once. In a file with CRLF line ends throughout, line ends of edits are taken as CRLF.
 */
export function applyEdits(name: string, original: string, edits: readonly Edit[]): EditedText {
  const crlf = usesCrlf(original);
  const diff: string[] = [];
  let text = original;
  let linesAdded = 0;
  let linesRemoved = 0;
  for (const [index, edit] of edits.entries()) {
    const old = crlf ? withCrlf(edit.old_text) : edit.old_text;
    const replacement = crlf ? withCrlf(edit.new_text) : edit.new_text;
    const which = `edit ${index + 1} of ${edits.length}`;
    if (old === replacement) {
      throw new Refusal(
        `${quote(name)} is unchanged: in ${which}, old_text and new_text are the same.`,
      );
    }
    const at = onlyMatch(text, old, { name, which, first: index === 0 });
    const change = changedLines(text, { at, old, replacement });
    diff.push(...change.diff);
    linesAdded += change.added;
    linesRemoved += change.removed;
    text = text.slice(0, at) + replacement + text.slice(at + old.length);
  }
  return { text, diff: boundedDiff(diff), linesAdded, linesRemoved };
}

function usesCrlf(text: string): boolean {
  return text.includes('\r\n') && !/(?:^|[^\r])\n/.test(text);
}

function withCrlf(text: string): string {
  return text.replace(/\r?\n/g, '\r\n');
}

const MAX_COUNTED = 100;

interface Where {
  readonly name: string;
  readonly which: string;
  readonly first: boolean;
}

function onlyMatch(text: string, old: string, where: Where): number {
  const starts: number[] = [];
  // Overlapping matches count: which of them was meant is just as unknown.
  // The bound keeps a long text of one repeated character from taking minutes.
  for (
    let at = text.indexOf(old);
    at !== -1 && starts.length < MAX_COUNTED;
    at = text.indexOf(old, at + 1)
  ) {
    starts.push(at);
  }
  const [only, second] = starts;
  if (only !== undefined && second === undefined) return only;
  const { name, which } = where;
  if (only === undefined) {
    const after = where.first ? '' : ' (after the edits before it)';
    throw new Refusal(
      `${quote(name)} is unchanged: old_text of ${which} has 0 matches${after}; it must have exactly 1. ` +
        'Read the file again and copy the text exactly, with its indentation.',
    );
  }
  const lines = starts.slice(0, 5).map((at) => lineNumber(text, at));
  throw new Refusal(
    `${quote(name)} is unchanged: old_text of ${which} has ${starts.length < MAX_COUNTED ? '' : 'at least '}${starts.length} matches ` +
      `(lines ${lines.join(', ')}${starts.length > lines.length ? ', …' : ''}); it must have exactly 1. ` +
      'Take in more of the lines around the one you mean.',
  );
}

interface Change {
  readonly at: number;
  readonly old: string;
  readonly replacement: string;
}

function changedLines(
  text: string,
  change: Change,
): { diff: string[]; added: number; removed: number } {
  const from = change.at === 0 ? 0 : text.lastIndexOf('\n', change.at - 1) + 1;
  const end = change.at + change.old.length;
  const newline = text.indexOf('\n', end);
  const to = newline === -1 ? text.length : newline;
  const before = text.slice(from, to).split('\n');
  const after = (text.slice(from, change.at) + change.replacement + text.slice(end, to)).split(
    '\n',
  );
  let same = 0;
  while (same < Math.min(before.length, after.length) && before[same] === after[same]) same += 1;
  let tail = 0;
  while (
    tail < Math.min(before.length, after.length) - same &&
    before[before.length - 1 - tail] === after[after.length - 1 - tail]
  ) {
    tail += 1;
  }
  const removed = before.slice(same, before.length - tail);
  const added = after.slice(same, after.length - tail);
  return {
    diff: [
      `@@ line ${lineNumber(text, from) + same} @@`,
      ...removed.map((line) => `-${line}`),
      ...added.map((line) => `+${line}`),
    ],
    added: added.length,
    removed: removed.length,
  };
}

function lineNumber(text: string, at: number): number {
  let line = 1;
  for (let next = text.indexOf('\n'); next !== -1 && next < at; next = text.indexOf('\n', next + 1))
    line += 1;
  return line;
}

function boundedDiff(lines: readonly string[]): string {
  const shown = lines
    .slice(0, MAX_DIFF_LINES)
    .map((line) => line.replace(/\r$/, ''))
    .map((line) =>
      line.length > MAX_DIFF_LINE_CHARS ? `${line.slice(0, MAX_DIFF_LINE_CHARS)}…` : line,
    );
  const more = lines.length - shown.length;
  return [...shown, ...(more > 0 ? [`… ${more} more lines`] : [])].join('\n');
}
