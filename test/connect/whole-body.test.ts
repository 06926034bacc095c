import { expect, test } from 'vitest';
import { WholeBody } from '../../src/connect/whole-body.ts';
import { heapGrowth } from '../support/garbage.ts';

test('a body costs not much more than it holds, also when it comes byte by byte', () => {
  const body = new WholeBody(1_000_000);
  const written = '0123456789'.repeat(30_000);
  const grown = heapGrowth(() => {
    for (const character of written) body.accept(Buffer.from(character));
  });
  expect(grown).toBeLessThan(10_000_000);
  expect(body.text()).toBe(written);
});

test('a body may be as long as the limit, and no longer', () => {
  const body = new WholeBody(4);
  expect(body.accept(Buffer.from('\uFEFF'))).toBe(true);
  expect(body.accept(Buffer.from('x'))).toBe(true);
  expect(body.text()).toBe('x');
  const longer = new WholeBody(4);
  expect(longer.accept(Buffer.from('1234'))).toBe(true);
  expect(longer.accept(Buffer.from('5'))).toBe(false);
  expect(longer.accept(Buffer.from(''))).toBe(false);
});
