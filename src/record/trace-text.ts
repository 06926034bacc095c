import { visibleLine } from '../base/visible.ts';
import { duration, seconds } from './duration.ts';
import type { Paint } from './paint.ts';
import {
  batchSummary,
  counted,
  cutWords,
  feedWords,
  stateOf,
  stretchesOf,
  traceNotes,
  traceTotals,
  turnWords,
  waitSums,
  waitWords,
} from './trace-view.ts';
import {
  hasFailed,
  ownMs,
  type Trace,
  type TraceBatch,
  type TraceCall,
  type TraceTurn,
} from './trace.ts';
import { totalsLine } from './summary-line.ts';
import { waterfallLines } from './waterfall.ts';

export interface TraceTextOptions {
  /** Columns that a line may take. */
  readonly width: number;
  readonly paint: Paint;
}

const INDENT = '    ';
const MAX_REASON = 300;
/** What the model said is here to recognise the turn by. */
const MAX_SAID = 200;

/** The waterfall of a recorded run for people: batch by batch, below each call what it waited for. Safe to show; ends with a line break. */
export function traceText(trace: Trace, options: TraceTextOptions): string {
  const { paint } = options;
  const lines = [paint.strong(headline(trace))];
  for (const { name, state, reason, notices } of trace.servers) {
    const who = visibleLine(name, 64);
    if (state === 'failed') {
      lines.push(
        `${paint.bad('✗')} ${who}: not available: ${visibleLine(reason ?? '', MAX_REASON)}`,
      );
    }
    for (const notice of notices) {
      lines.push(`${paint.warn('!')} ${who}: ${visibleLine(notice, MAX_REASON)}`);
    }
  }
  lines.push(...traceNotes(trace).map((note) => `${paint.warn('!')} ${note}`));
  for (const turn of trace.turns) lines.push('', ...turnLines(turn, options));
  const totals = traceTotals(trace);
  if (totals.batches > 1) {
    lines.push('', paint.strong(`${totalsLine(totals)} · ${String(totals.batches)} batches`));
  }
  return `${lines.join('\n')}\n`;
}

function headline({ kind, startedAt, wallMs, turns }: Trace): string {
  const turned = kind === 'run' ? [counted(turns.length, 'turn')] : [];
  const when = startedAt.replace('T', ' ').replace(/\.\d+Z$/u, ' UTC');
  return [`trace of a ${kind}`, when, ...turned, seconds(wallMs)].join(' · ');
}

function turnLines(turn: TraceTurn, options: TraceTextOptions): readonly string[] {
  const { paint } = options;
  const title = turn.turn === null ? 'batch' : `turn ${String(turn.turn)}`;
  const lines = [`${paint.strong(title)} · ${visibleLine(turnWords(turn))}`];
  if (turn.text.trim() !== '') {
    lines.push(paint.dim(`“${visibleLine(turn.text, MAX_SAID)}”`));
  }
  if (turn.batch !== null) lines.push(...batchLines(turn.batch, options));
  const fed = feedWords(turn);
  if (fed !== undefined) lines.push(paint.dim(`→ ${fed}`));
  return lines;
}

function batchLines(batch: TraceBatch, options: TraceTextOptions): readonly string[] {
  const rows = batch.calls.map((call) => ({
    server: call.server,
    tool: call.tool ?? call.name,
    stretches: stretchesOf(call, batch.wallMs),
    ms: ownMs(call),
    state: stateOf(call),
    failed: call.outcome === null || hasFailed(call),
  }));
  const lines = waterfallLines(rows, batch.wallMs, options).flatMap((line, index) => {
    const call = batch.calls[index];
    return call === undefined ? [line] : [line, ...callLines(call, batch, options)];
  });
  return [...lines, options.paint.strong(batchSummary(batch))];
}

/** What there is to say about a call that its bar does not: why it waited, how often it was sent, what went wrong. */
function callLines(
  call: TraceCall,
  batch: TraceBatch,
  { paint }: TraceTextOptions,
): readonly string[] {
  const lines: string[] = [];
  const waits = waitSums(call, batch.wallMs).map(waitWords);
  if (waits.length > 0) lines.push(paint.dim(`${INDENT}waited ${waits.join('; ')}`));
  if (call.sends.length > 1) {
    const sends = call.sends.map(({ startMs, endMs }) => {
      const took = endMs === null ? 'never answered' : duration(endMs - startMs);
      return `at ${duration(startMs)} (${took})`;
    });
    lines.push(paint.dim(`${INDENT}sent ${String(call.sends.length)} times: ${sends.join(', ')}`));
  }
  if (call.revisions > 0) {
    lines.push(paint.dim(`${INDENT}rewritten by the model: ${counted(call.revisions, 'time')}`));
  }
  for (const part of call.cut) {
    lines.push(paint.dim(`${INDENT}cut · ${visibleLine(cutWords(part), MAX_REASON)}`));
  }
  if (call.outcome !== null && hasFailed(call)) {
    lines.push(paint.bad(`${INDENT}${visibleLine(call.outcome.text ?? '', MAX_REASON)}`));
  }
  return lines;
}
