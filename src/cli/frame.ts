import { visibleLine } from '../base/visible.ts';
import type { WaitReason } from '../call/events.ts';
import { isFailure } from '../call/outcome.ts';
import { column, fit, widest } from '../record/columns.ts';
import { duration } from '../record/duration.ts';
import type { Paint } from '../record/paint.ts';
import { isOfPerson, type LiveBatch, type LiveCall } from './live-batch.ts';

/** What the live view shows. */
export interface View {
  /** `undefined` between batches. */
  readonly batch: LiveBatch | undefined;
  /** How the servers are: of those that still connect, the names. */
  readonly connecting: readonly string[];
  /** Those that went away and are being brought back. */
  readonly restarting: readonly { readonly name: string; readonly words: string }[];
  readonly ready: number;
  readonly failed: number;
  /** Since the first server began to connect, ms. */
  readonly connectingForMs: number;
  /** How long the model has been silent since it was asked, ms; `undefined` while nothing is asked of it. */
  readonly modelSilentMs: number | undefined;
  /** Counts frames: turns the spinner. */
  readonly tick: number;
}

export interface Canvas {
  readonly columns: number;
  readonly rows: number;
  readonly paint: Paint;
}

const SPINNER = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';
const MS_WIDTH = 8;
/** More rows than this are no picture any more. */
const MAX_ROWS = 30;
/** More are told of, but not shown: the calls matter more. */
const MAX_RESTARTING = 3;

/** The live view as lines that fit the canvas: who still connects, and a line for each call; those that are left out are counted. */
export function frame(view: View, canvas: Canvas): string[] {
  // The last column stays free: some terminals break the line as soon as it is written.
  const width = Math.max(1, canvas.columns - 1);
  const lines: string[] = [];
  if (view.connecting.length > 0) lines.push(canvas.paint.dim(fit(connectingText(view), width)));
  for (const { name, words } of view.restarting.slice(0, MAX_RESTARTING)) {
    const text = `${spinner(view.tick)} ${visibleLine(name, 40)} ${words}`;
    lines.push(canvas.paint.warn(fit(text, width)));
  }
  if (view.batch === undefined) {
    if (view.modelSilentMs !== undefined) {
      const text = `${spinner(view.tick)} waiting for the model · ${duration(view.modelSilentMs)}`;
      lines.push(canvas.paint.dim(fit(text, width)));
    }
    return lines;
  }

  const room = Math.max(1, Math.min(MAX_ROWS, canvas.rows - 2) - lines.length);
  const calls = view.batch.calls;
  const shown = calls.length <= room ? calls : mostInteresting(calls, room - 1);
  const layout = layOut(shown, width);
  const nowMs = view.batch.now();
  for (const call of shown) lines.push(row(call, layout, { ...canvas, nowMs, tick: view.tick }));
  const left = calls.filter((call) => !shown.includes(call));
  if (left.length > 0) lines.push(canvas.paint.dim(fit(leftText(left), width)));
  return lines;
}

function connectingText(view: View): string {
  const names = view.connecting.map((name) => visibleLine(name, 40)).join(', ');
  const ready = `${String(view.ready)} ready`;
  const failed = view.failed > 0 ? `, ${String(view.failed)} failed` : '';
  return `${spinner(view.tick)} connecting ${names} · ${ready}${failed} · ${duration(view.connectingForMs)}`;
}

/** Running before waiting before failed before done; in the end in call order again. */
function mostInteresting(calls: readonly LiveCall[], count: number): readonly LiveCall[] {
  return [...calls]
    .sort((a, b) => rank(a) - rank(b) || a.index - b.index)
    .slice(0, Math.max(0, count))
    .sort((a, b) => a.index - b.index);
}

function rank({ phase }: LiveCall): number {
  if (phase.kind === 'running') return 0;
  if (phase.kind === 'waiting') return isOfPerson(phase.reason) ? 0 : 1;
  if (phase.kind === 'queued') return 3;
  return isFailure(phase.record.outcome) ? 2 : 4;
}

/** `+ 12 more: 8 running, 4 ok`. */
function leftText(calls: readonly LiveCall[]): string {
  const counts = new Map<string, number>();
  for (const { phase } of calls) {
    const word = phase.kind === 'ended' ? phase.record.outcome.kind : phase.kind;
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const parts = [...counts].map(([word, count]) => `${String(count)} ${word}`);
  return `+ ${String(calls.length)} more: ${parts.join(', ')}`;
}

interface Layout {
  readonly server: number;
  readonly tool: number;
  /** For the words behind. */
  readonly rest: number;
}

/** Glyph, server, tool, elapsed, state. Where there is no room, first the server goes, then the state's words. */
function layOut(calls: readonly LiveCall[], width: number): Layout {
  const server = widest(
    calls.map((call) => visibleLine(call.server ?? '?', 64)),
    14,
  );
  const tool = widest(
    calls.map((call) => visibleLine(call.tool, 64)),
    28,
  );
  const fixed = 2 + 1 + MS_WIDTH;
  const rest = width - fixed - server - 1 - tool - 2;
  if (rest >= 12) return { server, tool, rest };
  const withoutServer = width - fixed - tool - 2;
  if (withoutServer >= 10) return { server: 0, tool, rest: withoutServer };
  return { server: 0, tool: Math.max(1, Math.min(tool, width - fixed)), rest: 0 };
}

function row(
  call: LiveCall,
  layout: Layout,
  { paint, nowMs, tick }: { readonly paint: Paint; readonly nowMs: number; readonly tick: number },
): string {
  const { glyph, words, tone } = look(call, paint, tick);
  const parts = [tone(glyph)];
  if (layout.server > 0) parts.push(column(visibleLine(call.server ?? '?', 64), layout.server));
  parts.push(
    column(visibleLine(call.tool, 64), layout.tool),
    paint.dim(column(elapsed(call, nowMs), MS_WIDTH, 'right')),
  );
  if (layout.rest > 0) parts.push(` ${tone(fit(visibleLine(words), layout.rest))}`);
  return parts.join(' ');
}

interface Look {
  readonly glyph: string;
  readonly words: string;
  readonly tone: (text: string) => string;
}

function look({ phase }: LiveCall, paint: Paint, tick: number): Look {
  if (phase.kind === 'queued') return { glyph: '·', words: 'queued', tone: paint.dim };
  if (phase.kind === 'waiting') {
    return { glyph: '·', words: WAITING[phase.reason], tone: paint.warn };
  }
  if (phase.kind === 'running') {
    const again = phase.attempt > 1 ? ` (try ${String(phase.attempt)})` : '';
    return { glyph: spinner(tick), words: `running${again} ${phase.progress}`, tone: same };
  }
  const { outcome } = phase.record;
  if (!isFailure(outcome)) return { glyph: '✓', words: 'ok', tone: paint.good };
  const code = 'code' in outcome ? ` (${outcome.code})` : '';
  return { glyph: '✗', words: `${outcome.kind}${code}`, tone: paint.bad };
}

const same = (text: string): string => text;

const WAITING: Readonly<Record<WaitReason, string>> = {
  order: 'waits for an earlier call',
  model: 'waits for the model to finish',
  approval: 'waits for your answer',
  shared: 'shares an equal read',
  lock: 'waits for another batch',
  backoff: 'waits before trying again',
  slot: 'waits for a free slot',
  rate: 'waits for the rate limit',
  connect: 'waits for its server',
  answer: 'waits for your answer to its server',
};

/** Of a call that runs or ran, since it was sent; of one that waits, since it came. */
function elapsed(call: LiveCall, nowMs: number): string {
  const { phase } = call;
  if (phase.kind === 'ended') {
    return phase.record.attempts === 0
      ? '–'
      : duration(phase.record.endedMs - phase.record.startedMs);
  }
  return duration(Math.max(0, nowMs - (call.startedAt ?? call.queuedAt)));
}

function spinner(tick: number): string {
  return SPINNER.charAt(tick % SPINNER.length);
}
