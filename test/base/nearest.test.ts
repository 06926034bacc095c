import { expect, test } from 'vitest';
import { nearest } from '../../src/base/nearest.ts';

test.each([
  ['comand', 'command'],
  ['comamnd', 'command'],
  ['ulr', 'url'],
  ['Env', 'env'],
  ['max_in_flight', 'maxInFlight'],
  ['timeout', 'timeouts'],
  ['perSec', 'perSecond'],
])('"%s" is near "%s"', (word, wanted) => {
  const keys = ['command', 'args', 'env', 'url', 'maxInFlight', 'timeouts', 'perSecond', 'prefix'];
  expect(nearest(word, keys, 1)).toEqual([wanted]);
});

test('a name without its prefix is near the whole name, the nearest first', () => {
  const names = ['customers__get_orders', 'customers__get_order_status', 'files__read'];
  expect(nearest('get_orders', names)[0]).toBe('customers__get_orders');
  expect(nearest('customers__get_order', names)).toEqual([
    'customers__get_orders',
    'customers__get_order_status',
  ]);
});

test('nothing is near a word that resembles nothing', () => {
  expect(nearest('zebra', ['command', 'url', 'env'])).toEqual([]);
  expect(nearest('x', ['url', 'y'])).toEqual([]);
  expect(nearest('', ['url'])).toEqual([]);
});

test('at most `max` candidates are given, and equally near ones keep their order', () => {
  expect(nearest('tool', ['toola', 'toolb', 'toolc', 'toold'], 2)).toEqual(['toola', 'toolb']);
});

test('a hostile word of a million characters is compared in no time', () => {
  const started = performance.now();
  nearest(
    'a'.repeat(1_000_000),
    Array.from({ length: 100 }, () => 'b'.repeat(1_000_000)),
  );
  expect(performance.now() - started).toBeLessThan(5000);
});
