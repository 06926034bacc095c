import { expect, test, vi } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import type { Outcome } from '../../src/call/outcome.ts';
import type { Progress } from '../../src/call/call-life.ts';
import { send, type CallTool } from '../../src/links/send.ts';
import { ABORTED, fakeCall, FakeBatch, OK } from '../support/fake-batch.ts';
import { turn } from '../support/turn.ts';

/** A connection that notes what it is given and answers when told. */
function connection() {
  const answer = deferred<Outcome>();
  const callTool = vi.fn<CallTool>(() => answer.promise);
  const options = () => callTool.mock.calls[0]![2];
  return { callTool, answer, options };
}

test('sends tool and arguments, counts the attempt, and passes the outcome on', async () => {
  const { callTool, answer } = connection();
  const batch = new FakeBatch();
  const scope = batch.scope();
  const call = fakeCall('c1', { arguments: { a: 1 } });
  const ended = send(callTool)(call, scope);
  expect(callTool).toHaveBeenCalledWith(call.tool, call.arguments, expect.anything());
  expect(scope.attempts).toBe(1);
  answer.resolve(OK);
  expect(await ended).toBe(OK);
  expect(batch.told).toEqual(['start:1']);
});

test('does not send a call that is cancelled already', async () => {
  const { callTool } = connection();
  const scope = new FakeBatch().scope();
  scope.cancel(ABORTED);
  expect(await send(callTool)(fakeCall(), scope)).toEqual({ ...ABORTED, ran: 'no' });
  expect(callTool).not.toHaveBeenCalled();
  expect(scope.attempts).toBe(0);
});

test('a call that is told to stop tells its connection so, by listener and by signal', () => {
  const { callTool, options } = connection();
  const scope = new FakeBatch().scope();
  void send(callTool)(fakeCall(), scope);
  const heard: string[] = [];
  options().onCancel(({ code }) => heard.push(code));
  expect(options().signal.aborted).toBe(false);
  scope.cancel(ABORTED);
  expect(heard).toEqual([ABORTED.code]);
  expect(options().signal.aborted).toBe(true);
  expect(options().cancellation).toBe(ABORTED);
});

test('a listener that cancels in the very moment of sending is obeyed', async () => {
  const { callTool } = connection();
  const batch = new FakeBatch();
  const scope = batch.scope();
  batch.emit = () => {
    scope.cancel(ABORTED);
  };
  expect(await send(callTool)(fakeCall(), scope)).toMatchObject({ code: 'aborted' });
});

test('progress is told, counts as a sign of life, and cannot pose as another event', () => {
  const { callTool, options } = connection();
  const batch = new FakeBatch();
  const scope = batch.scope();
  let signs = 0;
  scope.clock = { restart: () => (signs += 1), clear: () => undefined };
  void send(callTool)(fakeCall(), scope);
  options().onProgress({
    progress: 1,
    total: 3,
    message: 'a third',
    kind: 'call-end',
    id: 'c9',
    batch: 7,
  } as Progress);
  expect(batch.events.at(-1)).toMatchObject({
    kind: 'call-progress',
    id: 'c1',
    batch: 1,
    progress: 1,
    total: 3,
    message: 'a third',
  });
  expect(signs).toBe(1);
});

test('progress of a call that was told to stop is told to nobody', () => {
  const { callTool, options } = connection();
  const batch = new FakeBatch();
  const scope = batch.scope();
  let signs = 0;
  scope.clock = { restart: () => (signs += 1), clear: () => undefined };
  void send(callTool)(fakeCall(), scope);
  scope.cancel(ABORTED);
  options().onProgress({ progress: 2 });
  expect(batch.told).toEqual(['start:1']);
  expect(signs).toBe(0);
});

test('a connection that breaks its promise not to reject is a rejection here, and unhandled nowhere', async () => {
  const unhandled = vi.fn<() => void>();
  process.on('unhandledRejection', unhandled);
  try {
    const broken = send(() => Promise.reject(new Error('defect')));
    await expect(broken(fakeCall(), new FakeBatch().scope())).rejects.toThrow('defect');
    await turn();
    expect(unhandled).not.toHaveBeenCalled();
  } finally {
    process.off('unhandledRejection', unhandled);
  }
});
