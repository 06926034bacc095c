import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { CallIds } from '../../src/batch/call-ids.ts';

test('keeps an id, and replaces a missing, empty or repeated one', () => {
  const ids = new CallIds(3);
  const assigned = ['a', undefined, 'a', '', 'b', 'call_3_1'].map((id, index) =>
    ids.assign(id, index),
  );
  expect(assigned).toEqual(['a', 'call_3_1', 'call_3_2', 'call_3_3', 'b', 'call_3_5']);
});

test('replaces one that an earlier call has, by one that no earlier call has', () => {
  const earlier = new Set(['a', 'call_2_0', 'call_2_0_2']);
  const ids = new CallIds(2, (id) => earlier.has(id));
  expect([ids.assign('a', 0), ids.assign(undefined, 1), ids.assign('call_2_0', 2)]).toEqual([
    'call_2_0_3',
    'call_2_1',
    'call_2_2',
  ]);
});

test('gives every call an id of its own, the same every time', () => {
  const given = fc.constantFrom(
    undefined,
    '',
    'a',
    'b',
    'call_1_0',
    'call_1_2',
    'call_1_2_2',
    '__proto__',
  );
  fc.assert(
    fc.property(fc.array(given), (wanted) => {
      const assign = (): string[] => {
        const ids = new CallIds(1);
        return wanted.map((id, index) => ids.assign(id, index));
      };
      const assigned = assign();
      expect(new Set(assigned).size).toBe(wanted.length);
      expect(assigned).not.toContain('');
      expect(assign()).toEqual(assigned);
    }),
  );
});
