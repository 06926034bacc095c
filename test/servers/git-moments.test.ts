import { describe, expect, test } from 'vitest';
import { parseMoment } from '../../servers/git/moments.ts';

const NOW = new Date(2026, 2, 31, 14, 30, 15);

function local(...parts: [number, number, number, number?, number?, number?]): string {
  const [year, month, day, hour = 0, minute = 0, second = 0] = parts;
  return new Date(year, month - 1, day, hour, minute, second).toISOString();
}

describe('a moment', () => {
  test.each([
    ['2026-03-01', local(2026, 3, 1), local(2026, 3, 1, 23, 59, 59)],
    ['today', local(2026, 3, 31), local(2026, 3, 31, 23, 59, 59)],
    ['yesterday', local(2026, 3, 30), local(2026, 3, 30, 23, 59, 59)],
  ])('%s is a whole day', (text, start, end) => {
    expect(parseMoment(text, 'start', NOW)).toBe(start);
    expect(parseMoment(text, 'end', NOW)).toBe(end);
  });

  test.each([
    ['now', NOW.toISOString()],
    ['2026-03-01T10:00', local(2026, 3, 1, 10)],
    [' 2026-03-01 10:00:30 ', local(2026, 3, 1, 10, 0, 30)],
    ['2026-03-01T10:00Z', '2026-03-01T10:00:00.000Z'],
    ['2026-03-01T10:00:00+02:00', '2026-03-01T08:00:00.000Z'],
    ['90 minutes ago', local(2026, 3, 31, 13, 0, 15)],
    ['1 day ago', new Date(NOW.getTime() - 86_400_000).toISOString()],
    ['2 weeks ago', new Date(NOW.getTime() - 14 * 86_400_000).toISOString()],
  ])('%s is the same from either side', (text, expected) => {
    expect(parseMoment(text, 'start', NOW)).toBe(expected);
    expect(parseMoment(text, 'end', NOW)).toBe(expected);
  });

  test.each([
    '',
    'soon',
    '2026-02-31',
    '2026-13-01',
    '2026-03-01T25:00',
    '-1 days ago',
    '1 fortnight ago',
    '31.3.2026',
    '--all',
  ])('%j is not understood, and the answer says what is', (text) => {
    expect(() => parseMoment(text, 'start', NOW)).toThrow('is no time that is understood here');
  });
});
