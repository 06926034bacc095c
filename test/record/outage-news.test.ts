import { expect, test } from 'vitest';
import type { ServerState } from '../../src/call/events.ts';
import { OutageNews } from '../../src/record/outage-news.ts';
import { restartWords, withName, withoutName } from '../../src/record/state-words.ts';

const away = (attempt: number): ServerState => ({
  kind: 'backing-off',
  reason: 'server "x" went away',
  retryInMs: 1_200,
  attempt,
});
const ready: ServerState = { kind: 'ready', tools: 3, readyMs: 5, protocolVersion: '2025-11-25' };
const alone: ServerState = { kind: 'failed', reason: 'often', hint: 'look', retryInMs: 60_000 };

test('of a server that goes away again and again its loss, its rest and one reminder an hour are news', () => {
  let now = 0;
  const news = new OutageNews(() => now);
  const isNews = (state: ServerState): boolean => news.isNews('x', state);
  expect([{ kind: 'connecting' } as const, ready, away(1)].map(isNews)).toEqual([true, true, true]);
  // It comes back for a moment each time.
  expect([away(2), ready, away(3), ready, away(4)].map(isNews)).toEqual([
    false,
    true,
    false,
    false,
    false,
  ]);
  expect([alone, alone, alone].map(isNews)).toEqual([true, false, false]);
  now = 3_600_000;
  expect([alone, alone].map(isNews)).toEqual([true, false]);
  expect(isNews(ready)).toBe(true);
  // A loss after it was well begins anew; another server has its own news.
  expect(isNews(away(1))).toBe(true);
  expect(news.isNews('y', away(2))).toBe(true);
});

test('another number of tools is news, the same is not', () => {
  const news = new OutageNews();
  expect(news.isNews('x', ready)).toBe(true);
  expect(news.isNews('x', ready)).toBe(false);
  expect(news.isNews('x', { ...ready, tools: 4 })).toBe(true);
});

test.each([
  [{ retryInMs: 1_200, attempt: 3 }, 0, 'is restarting, next try in 1.20 s (3rd time)'],
  [{ retryInMs: 1_200, attempt: 1 }, 700, 'is restarting, next try in 500 ms'],
  [{ retryInMs: 1_200, attempt: 2 }, 9_000, 'is restarting, a try is under way (2nd time)'],
  [{ retryInMs: 0, attempt: 11 }, 0, 'is restarting, a try is under way (11th time)'],
  [{ retryInMs: 0, attempt: 21 }, 0, 'is restarting, a try is under way (21st time)'],
] as const)('a restart in words: %o after %i ms', (state, elapsedMs, words) => {
  expect(restartWords(state, elapsedMs)).toBe(words);
});

test('a server is named once', () => {
  expect(withoutName('x', 'server "x" went away: why')).toBe('went away: why');
  expect(withoutName('x', 'server "x": it is odd')).toBe('it is odd');
  expect(withoutName('x', 'server "y" went away')).toBe('server "y" went away');
  expect(withoutName('x', 'server "x": http://h/ could not be reached')).toBe(
    'http://h/ could not be reached',
  );
  expect(withName('x', 'server "x" cannot be started')).toBe('server "x" cannot be started');
  expect(withName('x', 'unset')).toBe('server "x": unset');
});
