import { visibleLine } from '../base/visible.ts';
import type { CallRecord } from '../call/call.ts';
import { isFailure } from '../call/outcome.ts';
import { answerText } from '../model/content.ts';
import type { Paint } from '../record/paint.ts';

/** More failures than this are counted, not told. */
const MAX_TOLD = 5;
const MAX_REASON = 300;

/** What a failed call's outcome says, in one line and safe to show. */
export function reasonLine(record: CallRecord): string {
  const { outcome } = record;
  if (outcome.kind === 'ok') return '';
  const text = outcome.kind === 'tool-error' ? answerText(outcome) : outcome.message;
  return visibleLine(text, MAX_REASON);
}

/** One line for each failed call of a batch, with its reason; what is beyond a handful is counted. */
export function failureLines(results: readonly CallRecord[], paint: Paint): string[] {
  const failed = results.filter(({ outcome }) => isFailure(outcome));
  const lines = failed.slice(0, MAX_TOLD).map((record) => {
    return `${paint.bad('✗')} ${visibleLine(record.name, 64)} ${record.outcome.kind}: ${reasonLine(record)}`;
  });
  const left = failed.length - lines.length;
  if (left > 0) lines.push(paint.dim(`  … and ${String(left)} more failed`));
  return lines;
}
