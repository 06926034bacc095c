import { expect, test } from 'vitest';
import { MAX_TIMER_MS } from '../../src/base/timer.ts';
import { Resumption } from '../../src/connect/http-resumption.ts';

test('an answer is resumed when its server says, but no oftener than is good, and no later than a timer goes', () => {
  const resumption = new Resumption();
  expect(resumption.delayMs).toBeGreaterThanOrEqual(500);
  expect(resumption.delayMs).toBeLessThanOrEqual(1_000);
  for (const [wanted, kept] of [
    [0, 50],
    [70, 70],
    [1e15, MAX_TIMER_MS],
  ] as const) {
    resumption.retryMs = wanted;
    expect(resumption.delayMs).toBe(kept);
  }
});

test('an answer cannot be resumed after an event whose id is no text for a header', () => {
  const resumption = new Resumption();
  expect(resumption.isPossible).toBe(false);
  resumption.lastEventId = 'one';
  expect(resumption.isPossible).toBe(true);
  resumption.lastEventId = 'two\r\nx-key: value';
  expect(resumption.isPossible).toBe(false);
});
