import { grouped } from '../base/grouped.ts';
import type { Kept } from '../record/result-folder.ts';

/** A part of a text that is too long, and where the whole is. */
export interface ShownPart {
  /** The part's first byte in the whole, and the one behind its last. */
  readonly from: number;
  readonly to: number;
  /** Of the whole. */
  readonly bytes: number;
  readonly kept: Kept;
  /** By which `read_result` reads on; `undefined` where nobody has that tool. */
  readonly id: string | undefined;
}

/** What is said at the place where a text is cut: how much of it is shown, where the whole is, and how to read on. */
export function cutNote({ from, to, bytes, kept, id }: ShownPart): string {
  const part = from === 0 ? 'the first' : `bytes ${grouped(from)} to`;
  const shown = `${part} ${grouped(to)} of ${grouped(bytes)} bytes are shown here`;
  if (kept.kind === 'lost') return `[cut: ${shown}; the rest is not kept: ${kept.reason}]`;
  const readOn = id === undefined ? '' : ` read_result ${askFor(id, to)} reads on.`;
  return `[cut: ${shown}. The whole is kept in ${kept.path}.${readOn}]`;
}

/** The arguments by which `read_result` gives what comes next. */
export function askFor(id: string, offset: number): string {
  return JSON.stringify({ id, offset });
}

/** What stands in the place of something that goes whole or not at all. `marker` says what it was. */
export function missingNote(marker: string, kept: Kept): string {
  const where = kept.kind === 'kept' ? `kept in ${kept.path}` : `not kept: ${kept.reason}`;
  return `${marker} (too large to be shown; ${where})`;
}
