/**
 * Points in time as a model writes them. git's own reader takes everything, and what it does not understand for "now";
 * a day without a time it takes for that day at the present time.
 */
import { quote, Refusal } from '../shared/refusal.ts';

const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;
const TIME = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:?\d{2})?$/;
const AGO = /^(\d{1,4}) (second|minute|hour|day|week|month|year)s? ago$/;

const MS = {
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 7 * 86_400_000,
  month: 30 * 86_400_000,
  year: 365 * 86_400_000,
} as const;

/** ISO 8601. `edge` tells which end of a day is meant by a day. Throws a Refusal that says what is understood. */
export function parseMoment(text: string, edge: 'start' | 'end', now: Date = new Date()): string {
  const date = read(text.trim(), edge, now);
  if (date === undefined || Number.isNaN(date.getTime())) {
    throw new Refusal(
      `${quote(text)} is no time that is understood here. Write a day (2026-03-31), a time (2026-03-31T14:00, ` +
        '2026-03-31T14:00:00Z), "today", "yesterday", or "3 days ago" (seconds to years).',
    );
  }
  return date.toISOString();
}

function read(text: string, edge: 'start' | 'end', now: Date): Date | undefined {
  if (text === 'now') return now;
  if (text === 'today') return dayOf(now, 0, edge);
  if (text === 'yesterday') return dayOf(now, -1, edge);
  const [, year, month, day] = DAY.exec(text) ?? [];
  if (day !== undefined) {
    const start = new Date(Number(year), Number(month) - 1, Number(day));
    // The constructor takes the 31st of February for the 3rd of March.
    return start.getMonth() === Number(month) - 1 && start.getDate() === Number(day)
      ? dayOf(start, 0, edge)
      : undefined;
  }
  if (TIME.test(text)) return new Date(text.replace(' ', 'T'));
  const [, count, unit] = AGO.exec(text) ?? [];
  if (unit === undefined) return undefined;
  return new Date(now.getTime() - Number(count) * MS[unit as keyof typeof MS]);
}

/** The first or last second of a day of this machine's calendar. */
function dayOf(date: Date, daysLater: number, edge: 'start' | 'end'): Date {
  const [year, month, day] = [date.getFullYear(), date.getMonth(), date.getDate() + daysLater];
  return edge === 'start' ? new Date(year, month, day) : new Date(year, month, day, 23, 59, 59);
}
