import { describe, expect, test } from 'vitest';
import type { Outcome } from '../../src/call/outcome.ts';
import { retry, type RetryOptions } from '../../src/links/retry.ts';
import { failed, fakeCall, FakeBatch, FakeNext, OK } from '../support/fake-batch.ts';
import { fakeTool } from '../support/fake-tools.ts';
import { pass, useFakeTime } from '../support/fake-time.ts';

const OPTIONS: RetryOptions = {
  maxAttempts: 3,
  totalMs: 10_000,
  totalSetting: 'mcpServers.x.timeouts.totalMs',
  backoff: { baseMs: 100, random: () => 0 },
};
const declared = fakeTool('read');
const plain = fakeTool(
  'write',
  {},
  { access: 'write', declaredReadOnly: false, declaredIdempotent: false },
);
const idempotent = fakeTool('put', {}, { access: 'write', declaredReadOnly: false });

useFakeTime();

/** Begins a call, marks it as sent as `send` does, and ends each attempt with the next outcome. */
async function attempts(
  outcomes: readonly Outcome[],
  { tool = plain, options = OPTIONS } = {},
): Promise<{ readonly outcome: Outcome; readonly sent: number }> {
  const next = new FakeNext();
  const scope = new FakeBatch().scope();
  const ended = retry(options)((call, inner) => {
    inner.markSent();
    return next.caller(call, inner);
  })(fakeCall('c1', { tool }), scope);
  for (const outcome of outcomes) {
    next.last.end(outcome);
    await pass(1_000);
  }
  return { outcome: await ended, sent: scope.attempts };
}

describe('a call that failed', () => {
  test('and is known not to have run is sent again', async () => {
    expect(await attempts([failed(), failed(), OK])).toEqual({ outcome: OK, sent: 3 });
  });

  test('is not sent more often than it may be', async () => {
    expect(await attempts([failed(), failed(), failed()])).toMatchObject({
      outcome: { kind: 'failed', ran: 'no' },
      sent: 3,
    });
  });

  test('because its server wants it later has not failed: it is sent as often as its time allows', async () => {
    const later = failed({ code: 'rate-limited', retryAfterMs: 900 });
    const { outcome, sent } = await attempts([later, later, later, later, later, OK]);
    expect(outcome).toEqual(OK);
    expect(sent).toBe(6);
    const { outcome: given, sent: tries } = await attempts(
      Array.from({ length: 11 }, () => later),
      { options: { ...OPTIONS, totalMs: 9_500 } },
    );
    expect(given).toMatchObject({ kind: 'failed', code: 'rate-limited', ran: 'no' });
    expect(tries).toBe(10);
    // Only its own refusals count so: what may have run is repeated as ever, and if it may be.
    const broken = failed({ code: 'http-outage', ran: 'unknown', retryAfterMs: 900 });
    expect(await attempts([broken, broken, broken], { tool: declared })).toMatchObject({ sent: 3 });
  });

  test.each([
    ['may have run', plain, 'unknown', 1],
    ['may have run, but is declared idempotent', idempotent, 'unknown', 2],
    ['may have run, but is declared read-only', declared, 'unknown', 2],
    ['has run', plain, 'yes', 1],
  ] as const)('and %s is sent again only if that is safe', async (...[, tool, ran, sent]) => {
    const outcomes = sent === 1 ? [failed({ ran })] : [failed({ ran }), OK];
    expect(await attempts(outcomes, { tool })).toMatchObject({ sent });
  });

  test('may have run for ever after: a later attempt that certainly has not run does not change that', async () => {
    const { outcome } = await attempts([failed({ ran: 'unknown' }), failed(), failed()], {
      tool: idempotent,
    });
    expect(outcome).toMatchObject({ kind: 'failed', ran: 'unknown' });
  });

  test('for a reason that will not pass is not sent again', async () => {
    expect(await attempts([failed({ code: 'server-error' })])).toMatchObject({ sent: 1 });
    const queue: Outcome = { kind: 'timeout', code: 'queueMs', message: '', ran: 'no' };
    expect(await attempts([queue])).toMatchObject({ sent: 1 });
  });

  test.each(['tool-error', 'ok'] as const)('has its answer with %s', async (kind) => {
    expect(await attempts([{ kind, ran: 'yes', content: [] }], { tool: declared })).toMatchObject({
      sent: 1,
    });
  });

  test('is sent again after a time-out of one attempt only if it is declared safe', async () => {
    const late: Outcome = { kind: 'timeout', code: 'attemptMs', message: '', ran: 'unknown' };
    expect(await attempts([late])).toMatchObject({ sent: 1, outcome: { ran: 'unknown' } });
    expect(await attempts([late, OK], { tool: declared })).toMatchObject({ sent: 2, outcome: OK });
  });
});

describe('before it is sent again', () => {
  test('it waits, longer each time, and as long as the server asks', async () => {
    const next = new FakeNext();
    const batch = new FakeBatch();
    void retry(OPTIONS)(next.caller)(fakeCall('c1', { tool: plain }), batch.scope());
    next.last.end(failed());
    await pass(49);
    expect(next.arrivals).toHaveLength(1);
    await pass(1);
    expect(next.arrivals).toHaveLength(2);
    next.last.end(failed({ code: 'rate-limited', retryAfterMs: 3_000 }));
    await pass(2_999);
    expect(next.arrivals).toHaveLength(2);
    await pass(1);
    expect(next.arrivals).toHaveLength(3);
    next.last.end(OK);
    await pass(0);
    expect(batch.told).toEqual([
      'wait-start:backoff',
      'wait-end:backoff',
      'wait-start:backoff',
      'wait-end:backoff',
    ]);
  });

  test.each([30_000, 1e15, Infinity])(
    'it does not wait at all when the server asks for %d ms, beyond every budget',
    async (retryAfterMs) => {
      for (const totalMs of [10_000, Infinity]) {
        if (totalMs === Infinity && retryAfterMs === 30_000) continue;
        const { sent } = await attempts([failed({ retryAfterMs })], {
          options: { ...OPTIONS, totalMs },
        });
        expect(sent).toBe(1);
      }
    },
  );

  test('it may be cancelled: that is its outcome, with what the attempt before had said', async () => {
    const next = new FakeNext();
    const scope = new FakeBatch().scope();
    const ended = retry(OPTIONS)(next.caller)(fakeCall('c1', { tool: declared }), scope);
    next.last.end(failed({ ran: 'unknown' }));
    await pass(10);
    scope.cancel({ kind: 'timeout', code: 'batchMs', message: 'the batch took too long' });
    const outcome = await ended;
    expect(outcome).toMatchObject({ kind: 'timeout', code: 'batchMs', ran: 'unknown' });
    expect(outcome).toHaveProperty('message', expect.stringContaining('the connection was lost'));
    expect(next.arrivals).toHaveLength(1);
  });
});

describe('totalMs', () => {
  test('ends a repetition wherever it waits, and names its setting', async () => {
    const next = new FakeNext();
    const scope = new FakeBatch().scope();
    const ended = retry({ ...OPTIONS, totalMs: 1_000 })((call, inner) => {
      if (inner.attempts === 0) inner.markSent();
      return next.caller(call, inner);
    })(fakeCall('c1', { tool: plain }), scope);
    next.last.end(failed());
    await pass(60);
    // The second attempt waits for a slot that does not come free.
    expect(next.arrivals).toHaveLength(2);
    await pass(939);
    expect(next.last.scope.cancellation).toBeUndefined();
    await pass(1);
    const outcome = await ended;
    expect(outcome).toMatchObject({ kind: 'timeout', code: 'totalMs' });
    expect(outcome).toHaveProperty(
      'message',
      expect.stringContaining('mcpServers.x.timeouts.totalMs'),
    );
    expect(scope.cancellation).toBeUndefined();
  });

  test('lets no repetition begin that could not end in time', async () => {
    const { sent } = await attempts([failed()], { options: { ...OPTIONS, totalMs: 50 } });
    expect(sent).toBe(1);
  });
});

test('one attempt means no repetition', async () => {
  expect(await attempts([failed()], { options: { ...OPTIONS, maxAttempts: 1 } })).toMatchObject({
    sent: 1,
  });
});
