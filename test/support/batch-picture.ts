import { batchReport } from '../../src/batch/report.ts';
import type { CallRecord } from '../../src/call/call.ts';
import type { HostEvent } from '../../src/call/events.ts';
import { outcomeText } from '../../src/model/content.ts';
import { PLAIN } from '../../src/record/paint.ts';
import { TraceBuilder } from '../../src/record/trace-builder.ts';
import { readEvent } from '../../src/record/trace-events.ts';
import { traceText } from '../../src/record/trace-text.ts';

/** An event, and how many things had happened before it. */
export interface NumberedEvent {
  readonly step: number;
  readonly event: HostEvent;
}

/**
 * The waterfall of what happened, as `trace FILE` prints it, for a counter-example that somebody has to understand. Nothing in it took time: a
 * "millisecond" is one thing that happened, such as a call's effect or its answer.
 */
export function pictureOf(events: readonly NumberedEvent[]): string {
  const builder = new TraceBuilder({ kind: 'trace-start', time: 0, format: 1 }, outcomeText);
  const first = new Map<string, number>();
  const records = new Map<number, CallRecord[]>();
  for (const { step, event } of events) {
    const told = numbered(event, step, first);
    if (told.kind === 'call-end') {
      records.set(told.batch, [...(records.get(told.batch) ?? []), told.record]);
    }
    const reading = readEvent({
      ...told,
      time: step,
      ...(told.kind === 'batch-end' && {
        report: batchReport(records.get(told.batch) ?? [], step),
      }),
    });
    if ('fault' in reading) throw new Error(reading.fault);
    if (reading.event !== undefined) builder.add(reading.event);
  }
  const trace = builder.finish({ tornLine: null, lines: 0 });
  const lines = traceText(trace, { width: 100, paint: PLAIN }).split('\n');
  // The first says when it was recorded.
  return lines.slice(1).join('\n').trim();
}

/** The event with steps for its times; `first` remembers when a call came, and when it was first sent. */
function numbered(event: HostEvent, step: number, first: Map<string, number>): HostEvent {
  if (event.kind === 'call-queue' || event.kind === 'call-start') {
    const key = `${event.kind} ${event.batch} ${event.id}`;
    if (!first.has(key)) first.set(key, step);
  }
  if (event.kind === 'call-end') {
    const call = `${event.batch} ${event.record.id}`;
    const queuedMs = first.get(`call-queue ${call}`) ?? step;
    const startedMs = first.get(`call-start ${call}`) ?? step;
    return { ...event, at: step, record: { ...event.record, queuedMs, startedMs, endedMs: step } };
  }
  return 'at' in event ? { ...event, at: step } : event;
}
