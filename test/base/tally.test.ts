import { describe, expect, test } from 'vitest';
import { Tally } from '../../src/base/tally.ts';
import { turn } from '../support/turn.ts';

describe('a tally', () => {
  test('is idle at once when nothing is under way', () => {
    expect(new Tally().idle()).toBeUndefined();
  });

  test('is idle for everybody who waits once everything has ended, and not before', async () => {
    const tally = new Tally();
    tally.begin();
    tally.begin();
    let told = 0;
    const waits = [1, 2].map(async () => {
      await tally.idle();
      told += 1;
    });
    tally.end();
    await turn();
    expect(told).toBe(0);
    tally.end();
    await Promise.all(waits);
    expect(told).toBe(2);
  });

  test('says when it is asked whether something has begun again', async () => {
    const tally = new Tally();
    tally.begin();
    const idle = tally.idle();
    tally.end();
    tally.begin();
    await idle;
    expect(tally.idle()).toBeInstanceOf(Promise);
    tally.end();
    expect(tally.idle()).toBeUndefined();
  });
});
