import { describe, expect, test } from 'vitest';
import { RestartPolicy } from '../../src/connect/restart-policy.ts';
import { verifies } from '../support/verifies.ts';

describe('a server that went away', () => {
  verifies(
    'heal:restart',
    'is tried again after delays that double, from a quarter of a second to half a minute',
    () => {
      const policy = new RestartPolicy({ random: () => 0.999_999, maxSetbacks: 20 });
      const delays = Array.from({ length: 10 }, () => Math.round(policy.setback(0).delayMs));
      expect(delays).toEqual([
        250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000,
      ]);
    },
  );

  verifies(
    'heal:restart',
    'is tried again at random moments of the second half of the delay',
    () => {
      const [earliest, latest] = [0, 0.999_999].map((value) => {
        const policy = new RestartPolicy({ random: () => value });
        policy.setback(0);
        return Math.round(policy.setback(0).delayMs);
      });
      expect([earliest, latest]).toEqual([250, 500]);
    },
  );

  verifies('heal:restart', 'begins anew only when it was ready for the minimum uptime', () => {
    const policy = new RestartPolicy({ minUptimeMs: 10_000 });
    policy.setback(0);
    expect(policy.setback(9_999).setbacks).toBe(2);
    expect(policy.setback(10_000).setbacks).toBe(1);
  });

  verifies(
    'heal:breaker',
    'is left alone after five setbacks in a row, and again after each try that fails then',
    () => {
      const policy = new RestartPolicy();
      const kinds = Array.from({ length: 6 }, () => policy.setback(0).kind);
      expect(kinds).toEqual(['retry', 'retry', 'retry', 'retry', 'rest', 'rest']);
      expect(policy.setback(9_000)).toMatchObject({ kind: 'rest', delayMs: 60_000 });
      expect(policy.setback(60_000)).toMatchObject({ kind: 'retry', setbacks: 1 });
    },
  );

  test('and lost its session only is tried at once, the first time', () => {
    const policy = new RestartPolicy({ random: () => 0 });
    expect(policy.setback(0, 'session').delayMs).toBe(0);
    expect(policy.setback(0, 'session').delayMs).toBe(250);
  });

  test('and cannot be reached is tried for ever, and never left alone', () => {
    const policy = new RestartPolicy({ random: () => 0.999_999 });
    policy.setback(60_000);
    const setbacks = Array.from({ length: 20 }, () => policy.setback(0, 'unreachable'));
    expect(setbacks.every(({ kind }) => kind === 'retry')).toBe(true);
    expect(Math.round(setbacks.at(-1)?.delayMs ?? 0)).toBe(30_000);
    // It came back, and went away three times more: that is four.
    const kinds = Array.from({ length: 4 }, () => policy.setback(0).kind);
    expect(kinds).toEqual(['retry', 'retry', 'retry', 'rest']);
  });
});
