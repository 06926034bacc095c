import { describe, expect, test } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import { LockTable } from '../../src/base/locks.ts';
import { callId } from '../../src/call/names.ts';
import { Scope } from '../../src/call/scope.ts';
import { hold } from '../../src/links/hold.ts';
import { observe } from '../../src/links/observe.ts';
import { order } from '../../src/links/order.ts';
import { ABORTED, fakeCall, FakeBatch, FakeNext, OK } from '../support/fake-batch.ts';
import { fakeTool } from '../support/fake-tools.ts';
import { turn } from '../support/turn.ts';

describe('observe', () => {
  test('tells that the call came, and passes the outcome on', async () => {
    const batch = new FakeBatch();
    const next = new FakeNext();
    const tool = fakeTool('look', {}, { server: 'shop' });
    const ended = observe()(next.caller)(fakeCall('c7', { tool }), batch.scope('c7'));
    next.last.end(OK);
    expect(await ended).toBe(OK);
    expect(batch.events).toMatchObject([
      { kind: 'call-queue', id: 'c7', name: 'shop__look', server: 'shop', tool: 'look' },
    ]);
  });

  test('makes no event when nobody listens', async () => {
    const batch = new FakeBatch();
    batch.observed = false;
    await observe()(() => Promise.resolve(OK))(fakeCall(), batch.scope());
    expect(batch.events).toEqual([]);
  });

  test('turns what is thrown within into an outcome, which knows whether the call was sent', async () => {
    const batch = new FakeBatch();
    const thrown = await observe()(() => {
      throw new Error('at once');
    })(fakeCall(), batch.scope());
    expect(thrown).toEqual({
      kind: 'failed',
      code: 'internal',
      message: 'defect in mcp-fanout: at once',
      ran: 'no',
    });
    const rejected = await observe()((_call, scope) => {
      scope.markSent();
      return Promise.reject(new Error('later'));
    })(fakeCall(), batch.scope());
    expect(rejected).toMatchObject({ code: 'internal', ran: 'unknown' });
  });
});

describe('order', () => {
  const write = { resource: 'r', value: undefined, mode: 'write' } as const;

  test('waits for its ticket, and leaves it to the batch to give it back', async () => {
    const batch = new FakeBatch();
    const next = new FakeNext();
    const locks = new LockTable();
    const before = locks.reserve([write]);
    const ticket = locks.reserve([write]);
    const ended = order()(next.caller)(fakeCall(), new Scope(callId('c1'), batch, ticket));
    await turn();
    expect(next.arrivals).toHaveLength(0);
    before.release();
    await turn();
    expect(next.arrivals).toHaveLength(1);
    expect(locks.size).toBe(1);
    next.last.end(OK);
    expect(await ended).toBe(OK);
    expect(locks.size).toBe(1);
    expect(batch.told).toEqual(['wait-start:order', 'wait-end:order']);
  });

  test('stops waiting when the call is cancelled', async () => {
    const locks = new LockTable();
    locks.reserve([write]);
    const scope = new Scope(callId('c1'), new FakeBatch(), locks.reserve([write]));
    const ended = order()(new FakeNext().caller)(fakeCall(), scope);
    scope.cancel(ABORTED);
    expect(await ended).toEqual({ ...ABORTED, ran: 'no' });
  });

  test('has nothing to do for a call that claims nothing', async () => {
    const ended = order()(() => Promise.resolve(OK))(fakeCall(), new FakeBatch().scope());
    expect(await ended).toBe(OK);
  });
});

describe('hold', () => {
  test('holds the call until the message is final, and not at all when it is', async () => {
    const batch = new FakeBatch();
    const next = new FakeNext();
    const message = deferred<void>();
    batch.messageEnd = message.promise;
    const ended = hold()(next.caller)(fakeCall(), batch.scope());
    await turn();
    expect(next.arrivals).toHaveLength(0);
    message.resolve();
    await turn();
    next.last.end(OK);
    expect(await ended).toBe(OK);
    expect(batch.told).toEqual(['wait-start:model', 'wait-end:model']);
    batch.messageEnd = undefined;
    void hold()(next.caller)(fakeCall(), batch.scope());
    expect(next.arrivals).toHaveLength(2);
  });

  test('lets go of a call that is cancelled meanwhile: it was not sent', async () => {
    const batch = new FakeBatch();
    const next = new FakeNext();
    batch.messageEnd = deferred<void>().promise;
    const scope = batch.scope();
    const ended = hold()(next.caller)(fakeCall(), scope);
    scope.cancel({ kind: 'cancelled', code: 'truncated', message: 'broke off' });
    expect(await ended).toEqual({
      kind: 'cancelled',
      code: 'truncated',
      message: 'broke off',
      ran: 'no',
    });
    expect(next.arrivals).toHaveLength(0);
  });
});
