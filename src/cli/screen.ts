import type { HostEvent, ServerState } from '../call/events.ts';
import { restartWords } from '../record/state-words.ts';
import { summaryLine, type SummaryOptions } from '../record/summary-line.ts';
import { waterfall } from '../record/waterfall.ts';
import type { BatchReport } from '../call/call.ts';
import { frame, type View } from './frame.ts';
import { LiveBatch } from './live-batch.ts';
import type { Progress } from './progress.ts';
import { failureLines } from './report-lines.ts';
import type { Terminal } from './terminal.ts';

export interface ScreenOptions {
  /** Whether failed calls are told with their reasons below the waterfall: where no result shows them. */
  readonly tellFailures: boolean;
  /** Monotonic, ms. Default: the process's. */
  readonly now?: () => number;
  /** Time between two frames, ms. Default 100. */
  readonly intervalMs?: number;
}

/** A waterfall is no longer than this, whatever the batch. */
const MAX_WATERFALL_ROWS = 40;

/**
 * The live view of a terminal: who still connects, every call of the batch, redrawn while anything moves; in the end the waterfall and the summary stay.
 * What the screen shows is a function of the events; only the drawing has a clock.
 */
export class Screen implements Progress {
  readonly #terminal: Terminal;
  readonly #options: ScreenOptions;
  readonly #now: () => number;
  readonly #servers = new Map<string, { readonly state: ServerState; readonly at: number }>();
  #connectingSince: number | undefined;
  /** Servers are waited for only before the first turn: who is late then is no news any more. */
  #serversAwaited = true;
  #modelAskedAt: number | undefined;
  #batch: LiveBatch | undefined;
  #timer: NodeJS.Timeout | undefined;
  #tick = 0;
  #closed = false;

  constructor(terminal: Terminal, options: ScreenOptions) {
    this.#terminal = terminal;
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  readonly listen = (event: HostEvent): void => {
    if (this.#closed) return;
    if (event.kind === 'connection-change') {
      this.#servers.set(event.server, { state: event.state, at: this.#now() });
    } else if (event.kind === 'turn-start') {
      this.#serversAwaited = false;
      this.#modelAskedAt = this.#now();
    } else if (event.kind === 'text-delta' || event.kind === 'turn-end') {
      this.#modelAskedAt = undefined;
    } else if (event.kind === 'batch-start') this.#batch = new LiveBatch(event.batch, this.#now);
    else if ('batch' in event && event.batch === this.#batch?.batch) {
      if (event.kind === 'batch-end') this.#finish(event.report);
      else this.#batch.apply(event);
    }
    this.#follow();
  };

  /** Draws what there is to see now. */
  draw(): void {
    const kinds = [...this.#servers.values()].map(({ state }) => state.kind);
    const view = {
      batch: this.#batch,
      connecting: this.#connecting,
      restarting: this.#restarting,
      ready: kinds.filter((kind) => kind === 'ready').length,
      failed: kinds.filter((kind) => kind === 'failed').length,
      connectingForMs: this.#now() - (this.#connectingSince ?? this.#now()),
      modelSilentMs:
        this.#modelAskedAt === undefined ? undefined : this.#now() - this.#modelAskedAt,
      tick: this.#tick,
    };
    const { columns, rows, err } = this.#terminal;
    const lines = frame(view, { columns, rows, paint: err });
    this.#terminal.frame(lines.length === 0 ? undefined : lines);
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#rest();
  }

  get #connecting(): readonly string[] {
    if (!this.#serversAwaited) return [];
    return [...this.#servers].flatMap(([name, { state }]) =>
      state.kind === 'connecting' ? [name] : [],
    );
  }

  get #restarting(): View['restarting'] {
    return [...this.#servers].flatMap(([name, { state, at }]) =>
      state.kind === 'backing-off' ? [{ name, words: restartWords(state, this.#now() - at) }] : [],
    );
  }

  /** Draws on while something moves. */
  #follow(): void {
    const connects = this.#connecting.length > 0;
    if (connects) this.#connectingSince ??= this.#now();
    else this.#connectingSince = undefined;
    if (!connects && this.#batch === undefined && this.#modelAskedAt === undefined) {
      this.#rest();
      return;
    }
    this.#timer ??= setInterval(() => {
      this.#tick += 1;
      this.draw();
    }, this.#options.intervalMs ?? 100);
  }

  #rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#terminal.frame(undefined);
  }

  #finish(report: BatchReport): void {
    const summary = this.#batch?.summary ?? {};
    this.#batch = undefined;
    this.#terminal.frame(undefined);
    const { columns, rows, err } = this.#terminal;
    const width = Math.max(1, columns - 1);
    const maxRows = Math.max(3, Math.min(MAX_WATERFALL_ROWS, rows - 4));
    const lines = waterfall(report, { width, maxRows, paint: err });
    if (this.#options.tellFailures) lines.push(...failureLines(report.results, err));
    lines.push(err.strong(fittingSummary(report, summary, width)));
    this.#terminal.note(lines.join('\n'));
  }
}

/** The summary on one line: when the servers were ready is told where there is room. */
function fittingSummary(report: BatchReport, options: SummaryOptions, width: number): string {
  const long = summaryLine(report, options);
  const { personMs = 0 } = options;
  return long.length <= width ? long : summaryLine(report, { personMs });
}
