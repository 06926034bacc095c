import { visibleLine } from '../base/visible.ts';
import type { CallRecord } from '../call/call.ts';
import type { HostEvent } from '../call/events.ts';
import { isFailure } from '../call/outcome.ts';
import { duration } from '../record/duration.ts';
import { summaryLine } from '../record/summary-line.ts';
import { LiveBatch } from './live-batch.ts';
import type { Progress } from './progress.ts';
import { reasonLine } from './report-lines.ts';
import type { Terminal } from './terminal.ts';

/** For logs, pipes and dumb terminals: a line when a call is sent, a line when it ends, and the summary. */
export function plainProgress(terminal: Terminal): Progress {
  let batch: LiveBatch | undefined;
  const listen = (event: HostEvent): void => {
    if (event.kind === 'batch-start') batch = new LiveBatch(event.batch, () => performance.now());
    if (batch === undefined || !('batch' in event) || event.batch !== batch.batch) return;
    if (event.kind === 'batch-end') {
      terminal.note(summaryLine(event.report, batch.summary));
      batch = undefined;
      return;
    }
    if (event.kind === 'batch-start') return;
    batch.apply(event);
    if (event.kind === 'call-start') {
      const call = batch.get(event.id);
      const again = event.attempt > 1 ? ` (try ${String(event.attempt)})` : '';
      if (call !== undefined) terminal.note(`start ${names(call.server, call.tool)}${again}`);
    }
    if (event.kind === 'call-end') terminal.note(endLine(event.record));
  };
  return { listen, [Symbol.dispose]: () => undefined };
}

function endLine(record: CallRecord): string {
  const { outcome, attempts, startedMs, endedMs } = record;
  const what = names(record.server, record.tool ?? record.name);
  const ms = attempts === 0 ? '' : ` ${duration(endedMs - startedMs)}`;
  const code = 'code' in outcome ? ` (${visibleLine(outcome.code, 64)})` : '';
  const why = isFailure(outcome) ? `: ${reasonLine(record)}` : '';
  return `end ${what} ${outcome.kind}${code}${ms}${why}`;
}

function names(server: string | null, tool: string): string {
  return `${visibleLine(server ?? '?', 64)} ${visibleLine(tool, 128)}`;
}
