import { SEARCH_TIME_MS } from './limits.ts';
import type { RipgrepEnd } from './ripgrep.ts';

/** What a result of find or search has to say about its own completeness. */
export function searchNotes(
  end: RipgrepEnd,
  about: { readonly overlong: number; readonly limit: string },
): readonly string[] {
  const notes: string[] = [];
  if (end.kind === 'enough')
    notes.push(`There is more: ${about.limit}. Narrow it with path or a pattern.`);
  if (end.kind === 'time') {
    notes.push(
      `Stopped after ${SEARCH_TIME_MS / 1000} s: not everything was looked at. Narrow it with path.`,
    );
  }
  if (about.overlong > 0)
    notes.push(`${about.overlong} matching lines of more than 1 MiB were left out.`);
  if (end.code === 2) notes.push(`Some files could not be read: ${end.messages.trim()}`);
  return notes;
}
