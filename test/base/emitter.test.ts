import { expect, test } from 'vitest';
import { Emitter } from '../../src/base/emitter.ts';

test('hands events to listeners in the order of subscription, until they unsubscribe', () => {
  const emitter = new Emitter<number>();
  const heard: string[] = [];
  expect(emitter.active).toBe(false);
  const unsubscribe = emitter.on((event) => heard.push(`a${event}`));
  emitter.on((event) => heard.push(`b${event}`));
  expect(emitter.active).toBe(true);
  emitter.emit(1);
  unsubscribe();
  unsubscribe();
  emitter.emit(2);
  expect(heard).toEqual(['a1', 'b1', 'b2']);
});

test('a listener that throws breaks neither the flow nor the other listeners', () => {
  const thrown: unknown[] = [];
  const emitter = new Emitter<number>((reason) => thrown.push(reason));
  const heard: number[] = [];
  emitter.on(() => {
    throw new Error('mine');
  });
  emitter.on((event) => heard.push(event));
  emitter.emit(1);
  expect(heard).toEqual([1]);
  expect(thrown).toEqual([new Error('mine')]);
});

test('what a listener throws is not swallowed by default: it is an uncaught exception, outside the flow', async () => {
  const emitter = new Emitter<number>();
  emitter.on(() => {
    throw new Error('mine');
  });
  const others = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  try {
    const uncaught = new Promise((resolve) => process.once('uncaughtException', resolve));
    emitter.emit(1);
    expect(await uncaught).toEqual(new Error('mine'));
  } finally {
    for (const listener of others) process.on('uncaughtException', listener);
  }
});

test('a listener may unsubscribe itself and others while an event is being told', () => {
  const emitter = new Emitter<string>();
  const heard: string[] = [];
  const off = emitter.on(() => {
    heard.push('first');
    off();
    offSecond();
  });
  const offSecond = emitter.on(() => heard.push('second'));
  emitter.on(() => heard.push('third'));
  emitter.emit('x');
  expect(heard).toEqual(['first', 'third']);
});
