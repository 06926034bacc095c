import { visibleLine } from '../base/visible.ts';
import type { CallRecord } from '../call/call.ts';
import { isFailure } from '../call/outcome.ts';
import { outcomeText } from '../model/content.ts';
import { duration } from '../record/duration.ts';
import type { Paint } from '../record/paint.ts';

/** The line above a call's result: what was called, how it ended, how long it took, and in how many attempts where one did not do. Safe to show. */
export function resultHeading(record: CallRecord, paint: Paint): string {
  const { outcome, name, attempts, startedMs, endedMs } = record;
  const tone = isFailure(outcome) ? paint.bad : paint.good;
  const ms = attempts === 0 ? 'not sent' : duration(endedMs - startedMs);
  const tries = attempts > 1 ? ` · ${String(attempts)} attempts` : '';
  const heading = `# ${visibleLine(name, 128)} · ${tone(outcome.kind)} · ${ms}${tries}`;
  return paint.strong(heading);
}

/** The text below the heading: the server's own, as it is. */
export function resultBody(record: CallRecord): string {
  const text = outcomeText(record.outcome, record.name);
  return text.endsWith('\n') ? text : `${text}\n`;
}
