import { openFile } from './entries.ts';
import { MAX_LINE_BYTES, MAX_SCAN_BYTES } from './limits.ts';
import { type LinesRead, readLines } from './read-lines.ts';
import { quote, Refusal } from '../shared/refusal.ts';
import { binaryRefusal, looksBinary } from './text-file.ts';
import type { Workspace } from './workspace.ts';
import { canonicalFile } from './workspace-path.ts';

export interface TextFileRequest {
  readonly path: string;
  readonly start_line?: number | undefined;
  readonly end_line?: number | undefined;
}

export interface TextFileRead {
  readonly path: string;
  readonly content: string;
  readonly start_line: number;
  readonly end_line: number;
  readonly total_lines?: number;
  readonly truncated: boolean;
  readonly notes: readonly string[];
}

/** Lines of one text file, as many as a result may carry, with notes on what is missing and how to get it. */
export async function readTextFile(
  workspace: Workspace,
  request: TextFileRequest,
  signal: AbortSignal,
): Promise<TextFileRead> {
  const target = canonicalFile(workspace.root, request.path);
  const start = request.start_line ?? 1;
  const end = request.end_line ?? Number.POSITIVE_INFINITY;
  if (end < start) {
    throw new Refusal(
      `end_line ${end} is before start_line ${start}: no line of ${quote(target.text)} is in between.`,
    );
  }
  await using file = await openFile(workspace.root, target);
  if (await looksBinary(file.handle)) throw binaryRefusal(target.text, file.stats.size);
  const lines = await readLines(file.handle, { start, end }, signal);
  if (lines.count === 0 && (start > 1 || lines.total === undefined))
    throw nothingThere(target.text, start, lines);
  const last = start + lines.count - 1;
  const missing = lines.total === undefined || last < Math.min(end, lines.total);
  return {
    path: target.text,
    content: lines.text,
    start_line: start,
    end_line: last,
    ...(lines.total === undefined ? {} : { total_lines: lines.total }),
    truncated: (missing && last < end) || lines.cut > 0,
    notes: [...rangeNotes(lines, { start, last, end }), ...contentNotes(lines)],
  };
}

function nothingThere(name: string, start: number, lines: LinesRead): Refusal {
  return new Refusal(
    lines.total === undefined
      ? `Line ${start} of ${quote(name)} is not within its first ${MAX_SCAN_BYTES} bytes, which is as far as this server looks.`
      : `${quote(name)} has ${lines.total} lines; start_line ${start} is after its end.`,
  );
}

function rangeNotes(
  lines: LinesRead,
  range: { readonly start: number; readonly last: number; readonly end: number },
): string[] {
  const { start, last, end } = range;
  if (lines.total === 0) return ['The file is empty'];
  if (start === 1 && last === lines.total) return [];
  const of = lines.total === undefined ? 'of a very large file' : `of ${lines.total}`;
  const more = last < Math.min(end, lines.total ?? Number.POSITIVE_INFINITY);
  return [`Lines ${start}-${last} ${of}${more ? `; for more use start_line ${last + 1}` : ''}`];
}

function contentNotes(lines: LinesRead): string[] {
  return [
    ...(lines.cut > 0
      ? [
          `${lines.cut} lines of more than ${MAX_LINE_BYTES} bytes are cut; search_text finds text in them`,
        ]
      : []),
    ...(lines.utf8 ? [] : ['The file is not valid UTF-8: bytes that are not stand as U+FFFD']),
  ];
}
