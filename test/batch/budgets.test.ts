import { describe, expect, test } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import type { CallRecord } from '../../src/call/call.ts';
import type { Verdict } from '../../src/call/scope.ts';
import type { Timeouts } from '../../src/config/host-config.ts';
import { failed } from '../support/fake-batch.ts';
import { pass, useFakeTime } from '../support/fake-time.ts';
import { reader, ScriptedHost, ScriptedMessage, tagged, writer } from '../support/scripted-host.ts';
import { turn } from '../support/turn.ts';
import { verifies } from '../support/verifies.ts';

const TOOLS = [
  writer('put'),
  writer('free', { claims: false }),
  reader('get'),
  reader('get', { server: 'other' }),
];

function host(
  timeouts: Partial<Timeouts>,
  rest: { readonly maxInFlight?: number } = {},
): ScriptedHost {
  return new ScriptedHost({ tools: TOOLS, servers: { fake: { timeouts, ...rest } } });
}

function codes(results: readonly CallRecord[]): readonly string[] {
  return results.map(({ outcome }) =>
    'code' in outcome ? `${outcome.kind}:${outcome.code}:${outcome.ran}` : outcome.kind,
  );
}

function message(record: CallRecord | undefined): string {
  return record !== undefined && 'message' in record.outcome ? record.outcome.message : '';
}

useFakeTime();

describe.each(['attemptMs', 'idleMs', 'totalMs'] as const)('%s', (code) => {
  verifies(
    'batch:cancel-reaches-server',
    'cancels at the server, frees the slot, and names its setting',
    async () => {
      await using scripted = host({ [code]: 1_000 }, { maxInFlight: 1 });
      const batch = scripted.run([tagged('free', 'slow'), tagged('free', 'next')]);
      const slow = await scripted.sent('slow');
      await pass(999);
      expect(slow.signal.aborted).toBe(false);
      await pass(1);
      expect(slow.signal.aborted).toBe(true);
      // The slot is free at once, whatever the server does.
      await scripted.answer('next');
      const { results } = await batch;
      expect(codes(results)).toEqual([`timeout:${code}:unknown`, 'ok']);
      expect(message(results[0])).toContain(`${code} = 1000 ms (mcpServers.fake.timeouts.${code})`);
    },
  );
});

verifies(
  'batch:cancel-reaches-server',
  'a tool’s own timeoutMs stands for totalMs, and is named',
  async () => {
    await using scripted = new ScriptedHost({
      tools: TOOLS,
      servers: {
        fake: { timeouts: { totalMs: 50 }, tools: new Map([['put', { timeoutMs: 2_000 }]]) },
      },
    });
    const batch = scripted.run([tagged('put', 'slow')]);
    await scripted.sent('slow');
    await pass(1_999);
    expect(scripted.journal).toEqual(['slow sent']);
    await pass(1);
    const { results } = await batch;
    expect(codes(results)).toEqual(['timeout:totalMs:unknown']);
    expect(message(results[0])).toContain('mcpServers.fake.tools.put.timeoutMs');
  },
);

verifies(
  'batch:cancel-reaches-server',
  'progress keeps an idle call alive, up to its hard budget',
  async () => {
    await using scripted = host({ idleMs: 100, totalMs: 350 });
    const batch = scripted.run([tagged('put', 'w')]);
    const sending = await scripted.sent('w');
    for (let round = 0; round < 3; round += 1) {
      await pass(99);
      sending.progress({ progress: round });
    }
    expect(sending.signal.aborted).toBe(false);
    await pass(53);
    expect(codes((await batch).results)).toEqual(['timeout:totalMs:unknown']);
  },
);

verifies(
  'batch:cancel-reaches-server',
  'totalMs is hard: it counts through retries, back-off and the wait for a slot',
  async () => {
    await using scripted = host({ totalMs: 10_000 }, { maxInFlight: 1 });
    const first = scripted.run([tagged('get', 'r')]);
    (await scripted.sent('r')).answer(failed({ ran: 'unknown' }));
    await turn();
    // While it backs off, another call takes the only slot and keeps it.
    const second = scripted.run([tagged('free', 'hog')]);
    await scripted.sent('hog');
    await pass(9_999);
    expect(scripted.sendings).toEqual(['r', 'hog']);
    const record = (await Promise.all([pass(1), first]))[1].results[0];
    expect(codes([record!])).toEqual(['timeout:totalMs:unknown']);
    expect(record?.attempts).toBe(1);
    expect(message(record)).toContain('mcpServers.fake.timeouts.totalMs');
    expect(codes((await second).results)).toEqual(['timeout:totalMs:unknown']);
  },
);

describe('queueMs', () => {
  verifies(
    'batch:cancel-reaches-server',
    'ends a call that waits too long for a slot, which was never sent, and names its setting',
    async () => {
      await using scripted = host({ queueMs: 500 }, { maxInFlight: 1 });
      const batch = scripted.run([tagged('free', 'hog'), tagged('free', 'waiting')]);
      await pass(500);
      await scripted.answer('hog');
      const { results } = await batch;
      expect(codes(results)).toEqual(['ok', 'timeout:queueMs:no']);
      expect(message(results[1])).toContain('queueMs = 500 ms (mcpServers.fake.timeouts.queueMs)');
      expect(scripted.sendings).toEqual(['hog']);
    },
  );

  test('counts the wait for another batch and for a slot together, but not the wait for the own batch', async () => {
    await using scripted = host({ queueMs: 500 }, { maxInFlight: 1 });
    const other = scripted.run([tagged('put', 'other')]);
    const batch = scripted.run([tagged('put', 'w1'), tagged('put', 'w2')]);
    await pass(300);
    await scripted.answer('other');
    await scripted.sent('w1');
    // w2 waits for w1, as the model wants it: this may take as long as w1 takes.
    await pass(5_000);
    const hog = scripted.run([tagged('free', 'hog')]);
    await scripted.answer('w1');
    // The free slot went to who came first; w2 has its whole budget still.
    await pass(499);
    await scripted.answer('hog', 'w2');
    expect(codes((await batch).results)).toEqual(['ok', 'ok']);
    await Promise.all([other, hog]);
  });

  test('is not spent while a person is asked', async () => {
    await using scripted = host({ queueMs: 100 });
    const asked = deferred<Verdict>();
    const batch = scripted.run([tagged('put', 'w')], { authorize: () => asked.promise });
    await pass(10_000);
    asked.resolve({ kind: 'allow', rule: 'approved' });
    await scripted.answer('w');
    expect(codes((await batch).results)).toEqual(['ok']);
  });
});

describe('batchMs', () => {
  verifies(
    'batch:cancel-reaches-server',
    'keeps what has ended, cancels the rest at the servers, and each call says which it was',
    async () => {
      await using scripted = host({}, { maxInFlight: 2 });
      scripted.connecting('other');
      const batch = scripted.run(
        [
          tagged('get', 'done'),
          tagged('put', 'running'),
          tagged('put', 'behind'),
          tagged('other__get', 'connecting'),
        ],
        { deadlineMs: 1_000 },
      );
      await scripted.answer('done');
      const running = await scripted.sent('running');
      await pass(1_000);
      const { results } = await batch;
      expect(running.signal.aborted).toBe(true);
      expect(codes(results)).toEqual([
        'ok',
        'timeout:batchMs:unknown',
        'timeout:batchMs:no',
        'timeout:batchMs:no',
      ]);
      expect(message(results[1])).toContain('batchMs = 1000 ms (limits.batchMs)');
    },
  );

  test('stands while a person is asked, and goes on afterwards', async () => {
    await using scripted = host({});
    const asked = deferred<Verdict>();
    const batch = scripted.run([tagged('free', 'asked'), tagged('free', 'running')], {
      deadlineMs: 1_000,
      authorize: ({ id }) => (id === 'asked' ? asked.promise : { kind: 'allow', rule: 'test' }),
    });
    await scripted.sent('running');
    await pass(60_000);
    asked.resolve({ kind: 'allow', rule: 'approved' });
    await scripted.answer('asked');
    await pass(999);
    expect((await scripted.sent('running')).signal.aborted).toBe(false);
    await pass(1);
    expect(codes((await batch).results)).toEqual(['ok', 'timeout:batchMs:unknown']);
  });

  test('ends a batch whose message never ends', async () => {
    await using scripted = host({});
    const stream = new ScriptedMessage();
    const batch = scripted.run(stream, { deadlineMs: 1_000 });
    await stream.call('fake__put', { tag: 'held' });
    await pass(1_000);
    expect(codes((await batch).results)).toEqual(['timeout:batchMs:no']);
    await turn();
    expect(stream.left).toBe(true);
  });

  test('ends a call in its back-off, which says so', async () => {
    await using scripted = host({});
    const batch = scripted.run([tagged('get', 'r')], { deadlineMs: 1_000 });
    await pass(995);
    (await scripted.sent('r')).answer(
      failed({ ran: 'unknown', code: 'rate-limited', retryAfterMs: 30_000 }),
    );
    await pass(5);
    const { results } = await batch;
    expect(codes(results)).toEqual(['timeout:batchMs:unknown']);
    expect(message(results[0])).toContain('the connection was lost');
  });
});

verifies(
  'batch:cancel-reaches-server',
  'a caller’s abort cancels at the servers wherever the calls are',
  async () => {
    await using scripted = host({}, { maxInFlight: 1 });
    const abort = new AbortController();
    const other = scripted.run([tagged('put', 'other')]);
    await scripted.sent('other');
    const batch = scripted.run(
      [
        tagged('put', 'locked'),
        tagged('put', 'ordered'),
        tagged('free', 'slot'),
        tagged('free', 'asked'),
        tagged('other__get', 'sent'),
      ],
      {
        signal: abort.signal,
        authorize: ({ id }) =>
          id === 'asked' ? new Promise(() => undefined) : { kind: 'allow', rule: 'test' },
      },
    );
    const sent = await scripted.sent('sent');
    abort.abort(new Error('enough'));
    const { results } = await batch;
    expect(sent.signal.aborted).toBe(true);
    expect(codes(results)).toEqual([
      'cancelled:aborted:no',
      'cancelled:aborted:no',
      'cancelled:aborted:no',
      'cancelled:aborted:no',
      'cancelled:aborted:unknown',
    ]);
    await scripted.answer('other');
    await other;
  },
);

describe('a rate limit', () => {
  test('makes calls wait their turn instead of failing, and the wait says what it is for', async () => {
    await using scripted = new ScriptedHost({
      tools: TOOLS,
      servers: { fake: { rate: { perSecond: 10, burst: 2 } } },
    });
    scripted.automatic = true;
    const batch = scripted.run(
      Array.from({ length: 5 }, (_value, index) => tagged('free', `f${index}`)),
    );
    await turn();
    expect(scripted.sendings).toEqual(['f0', 'f1']);
    await pass(101);
    expect(scripted.sendings).toEqual(['f0', 'f1', 'f2']);
    await pass(300);
    expect(codes((await batch).results)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
    expect(scripted.told('f4')).toContain('wait-start:rate');
  });
});

describe('a call that failed', () => {
  verifies('batch:at-most-once', 'is sent again only when that is safe', async () => {
    await using scripted = new ScriptedHost({
      tools: [writer('put'), reader('get'), writer('safe', { declaredIdempotent: true })],
    });
    const labels = ['put', 'put', 'get', 'safe'];
    const batch = scripted.run(labels.map((tool, index) => tagged(tool, `${tool}${index}`)));
    (await scripted.sent('put0')).answer(failed({ ran: 'unknown' }));
    await pass(60_000);
    // Nobody knows whether it ran: it is not sent again.
    expect(scripted.sendings).toEqual(['put0', 'put1']);
    (await scripted.sent('put1')).answer(failed({ ran: 'no' }));
    await pass(10_000);
    (await scripted.sent('put1', 2)).answer();
    (await scripted.sent('get2')).answer(failed({ ran: 'unknown' }));
    await pass(10_000);
    (await scripted.sent('get2', 2)).answer();
    (await scripted.sent('safe3')).answer(failed({ ran: 'unknown' }));
    await pass(10_000);
    (await scripted.sent('safe3', 2)).answer();
    const { results } = await batch;
    expect(codes(results)).toEqual(['failed:connection-lost:unknown', 'ok', 'ok', 'ok']);
    expect(results.map(({ attempts }) => attempts)).toEqual([1, 2, 2, 2]);
  });

  verifies(
    'batch:at-most-once',
    'is sent three times at the very most, and what may have run stays that way',
    async () => {
      await using scripted = new ScriptedHost({
        tools: [writer('safe', { declaredIdempotent: true })],
      });
      const batch = scripted.run([tagged('safe', 's')]);
      for (const [index, ran] of (['unknown', 'no', 'no'] as const).entries()) {
        (await scripted.sent('s', index + 1)).answer(failed({ ran }));
        await pass(30_000);
      }
      const { results } = await batch;
      expect(codes(results)).toEqual(['failed:connection-lost:unknown']);
      expect(results[0]?.attempts).toBe(3);
    },
  );

  verifies(
    'batch:wait-holds-no-slot',
    'holds no slot while it backs off, but keeps other batches from its records',
    async () => {
      await using scripted = host({}, { maxInFlight: 1 });
      const retried = scripted.run([tagged('put', 'w1')]);
      (await scripted.sent('w1')).answer(failed());
      await turn();
      const other = scripted.run([tagged('free', 'f'), tagged('put', 'w2')]);
      await scripted.answer('f');
      expect(scripted.sendings).toEqual(['w1', 'f']);
      await pass(10_000);
      (await scripted.sent('w1', 2)).answer();
      await scripted.answer('w2');
      await Promise.all([retried, other]);
      expect(scripted.sendings).toEqual(['w1', 'f', 'w1', 'w2']);
    },
  );
});
