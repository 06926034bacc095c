import { visibleLine } from '../base/visible.ts';
import type { BatchReport, CallRecord } from '../call/call.ts';
import { isFailure } from '../call/outcome.ts';
import { bar, type Stretch } from './bar.ts';
import { column, widest } from './columns.ts';
import { duration } from './duration.ts';
import { PLAIN, type Paint } from './paint.ts';

export interface WaterfallOptions {
  /** Terminal columns that a line may take. */
  readonly width: number;
  /** Most calls to show; the failed and the slowest are kept. Default: all. */
  readonly maxRows?: number;
  /** Default: none. */
  readonly paint?: Paint;
}

const GAP = '  ';
const MS_WIDTH = 8;
/** `tool-error`. */
const STATE_WIDTH = 10;
/** A bar of fewer columns says nothing. */
const MIN_BAR = 10;

/** One line of a waterfall. Its texts are untrusted. */
export interface WaterfallRow {
  readonly server: string | null;
  /** The server's own name for it; the called name where it is not known. */
  readonly tool: string;
  readonly stretches: readonly Stretch[];
  /** The call's own duration; `null` for one that was never sent. */
  readonly ms: number | null;
  /** How it ended. */
  readonly state: string;
  /** Whether it did not end well, or not at all. */
  readonly failed: boolean;
}

/**
 * One line for each call, in call order: server, tool, a bar over the batch's time line, the call's own duration, how it ended. In the bar a call that is
 * not there yet is blank, one that waits is dotted, one that runs is solid. On a narrow terminal first the server goes, then the bar, then the words.
 */
export function waterfall(report: BatchReport, options: WaterfallOptions): string[] {
  const { paint = PLAIN, maxRows = Infinity } = options;
  const { results, wallMs } = report;
  const shown = chosen(results, maxRows);
  const lines = waterfallLines(shown.map(rowOf), wallMs, options);
  const left = results.length - shown.length;
  if (left > 0) {
    lines.push(paint.dim(`… and ${String(left)} more call${left === 1 ? '' : 's'}`));
  }
  return lines;
}

/** {@link waterfall}, of whatever has rows: exactly one line for each. */
export function waterfallLines(
  rows: readonly WaterfallRow[],
  wallMs: number,
  options: WaterfallOptions,
): string[] {
  const { paint = PLAIN } = options;
  const labels = rows.map((row) => ({
    row,
    server: visibleLine(row.server ?? '?', 64),
    tool: visibleLine(row.tool, 64),
  }));
  const layout = layOut(options.width, {
    server: widest(
      labels.map(({ server }) => server),
      14,
    ),
    tool: widest(
      labels.map(({ tool }) => tool),
      28,
    ),
  });
  return labels.map(({ row, server, tool }) => {
    const tone = row.failed ? paint.bad : paint.good;
    const parts: string[] = [];
    if (layout.server > 0) parts.push(column(server, layout.server));
    parts.push(column(tool, layout.tool));
    if (layout.bar > 0) parts.push(tone(bar(row.stretches, wallMs, layout.bar)));
    parts.push(
      paint.dim(column(row.ms === null ? '–' : duration(row.ms), MS_WIDTH, 'right')),
      tone(layout.words ? row.state : row.failed ? '✗' : '✓'),
    );
    return parts.join(layout.gap);
  });
}

function rowOf(record: CallRecord): WaterfallRow {
  const { server, tool, name, outcome, attempts, queuedMs, startedMs, endedMs } = record;
  const sent = attempts > 0;
  const waits = { running: false, startMs: queuedMs, endMs: sent ? startedMs : endedMs };
  const runs = { running: true, startMs: startedMs, endMs: endedMs };
  return {
    server,
    tool: tool ?? name,
    stretches: sent ? [waits, runs] : [waits],
    ms: sent ? endedMs - startedMs : null,
    state: outcome.kind,
    failed: isFailure(outcome),
  };
}

/** The failed first, then the slowest; what is kept stays in call order. */
function chosen(results: readonly CallRecord[], maxRows: number): readonly CallRecord[] {
  if (results.length <= maxRows) return results;
  const ranked = results
    .map((record, place) => ({ record, place }))
    .sort((a, b) => interest(b.record) - interest(a.record) || a.place - b.place);
  return ranked
    .slice(0, maxRows)
    .sort((a, b) => a.place - b.place)
    .map(({ record }) => record);
}

function interest(record: CallRecord): number {
  const ms = record.endedMs - record.startedMs;
  return isFailure(record.outcome) ? Number.MAX_SAFE_INTEGER / 2 + ms : ms;
}

interface Layout {
  readonly server: number;
  readonly tool: number;
  readonly bar: number;
  readonly words: boolean;
  readonly gap: string;
}

function layOut(width: number, wanted: { readonly server: number; readonly tool: number }): Layout {
  const fixed = 2 * GAP.length + MS_WIDTH + STATE_WIDTH;
  const full = width - fixed - wanted.server - wanted.tool - 2 * GAP.length;
  if (full >= MIN_BAR) return { ...wanted, bar: full, words: true, gap: GAP };
  const tool = Math.min(wanted.tool, 16);
  const bar = width - fixed - tool - GAP.length;
  if (bar >= MIN_BAR) return { server: 0, tool, bar, words: true, gap: GAP };
  const words = width - fixed >= 8;
  const rest = words ? width - fixed : width - 2 - MS_WIDTH - 1;
  return {
    server: 0,
    tool: Math.max(1, Math.min(wanted.tool, rest)),
    bar: 0,
    words,
    gap: words ? GAP : ' ',
  };
}
