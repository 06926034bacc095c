import { expect, test } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import { DisposableStack } from '../../src/base/disposables.ts';

test('disposes in reverse order, one after the other', async () => {
  const journal: string[] = [];
  const slow = deferred<void>();
  {
    await using stack = new DisposableStack();
    stack.defer(() => void journal.push('first'));
    stack.defer(async () => {
      journal.push('second begins');
      await slow.promise;
      journal.push('second ends');
    });
    const used = stack.use({
      [Symbol.dispose]: () => void journal.push('third'),
    });
    stack.use({
      [Symbol.asyncDispose]: () => {
        journal.push('fourth');
        slow.resolve();
        return Promise.resolve();
      },
    });
    expect(Symbol.dispose in used).toBe(true);
  }
  expect(journal).toEqual(['fourth', 'third', 'second begins', 'second ends', 'first']);
});

test('runs every disposer, though some throw, and throws what they threw', async () => {
  const journal: string[] = [];
  const stack = new DisposableStack();
  stack.defer(() => void journal.push('last'));
  stack.defer(() => {
    throw new Error('one');
  });
  await expect(stack.dispose()).rejects.toThrow('one');
  expect(journal).toEqual(['last']);

  const two = new DisposableStack();
  two.defer(() => Promise.reject(new Error('a')));
  two.defer(() => Promise.reject(new Error('b')));
  const failure: unknown = await two.dispose().catch((reason: unknown) => reason);
  expect(failure).toBeInstanceOf(AggregateError);
  expect((failure as AggregateError).errors.map(String)).toEqual(['Error: b', 'Error: a']);
});

test('disposes once, and takes nothing in afterwards', async () => {
  let times = 0;
  const stack = new DisposableStack();
  stack.defer(() => void (times += 1));
  const first = stack.dispose();
  expect(stack.dispose()).toBe(first);
  expect(() => stack.defer(() => undefined)).toThrow('already disposed of');
  await first;
  await stack[Symbol.asyncDispose]();
  expect(times).toBe(1);
});
