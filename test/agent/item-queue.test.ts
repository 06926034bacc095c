import { expect, test } from 'vitest';
import { ItemQueue } from '../../src/agent/item-queue.ts';
import type { BatchItem } from '../../src/call/batch-item.ts';

const call = (name: string): BatchItem => ({ kind: 'call', call: { name } });
const END: BatchItem = { kind: 'end', complete: true };

test('items come out in order, those that were there before the reader included, and end with the end', async () => {
  const queue = new ItemQueue();
  queue.push(call('a'));
  const items: BatchItem[] = [];
  const read = (async () => {
    for await (const item of queue) {
      items.push(item);
      if (item.kind === 'call' && item.call.name === 'a') {
        queue.push(call('b'));
        queue.push(END);
        queue.push(call('too late'));
      }
    }
  })();
  await read;
  expect(items).toEqual([call('a'), call('b'), END]);
});

test('a reader that waits gets what comes', async () => {
  const queue = new ItemQueue();
  const iterator = queue[Symbol.asyncIterator]();
  const next = iterator.next();
  queue.push(call('a'));
  expect(await next).toEqual({ done: false, value: call('a') });
});

test('a reader that leaves is told that it is over, and later items go nowhere', async () => {
  const queue = new ItemQueue();
  const iterator = queue[Symbol.asyncIterator]();
  const waiting = iterator.next();
  await iterator.return?.();
  expect(await waiting).toEqual({ done: true, value: undefined });
  queue.push(call('a'));
  expect(await iterator.next()).toEqual({ done: true, value: undefined });
});
