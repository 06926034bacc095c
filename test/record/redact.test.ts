import { expect, test } from 'vitest';
import { REDACTED, redactor } from '../../src/record/redact.ts';

test('a secret is taken out wherever it stands, in values and keys', () => {
  const redact = redactor(['hunter2-hunter2']);
  const value = { text: 'it is hunter2-hunter2!', list: [{ 'hunter2-hunter2': 1 }] };
  expect(redact(value)).toEqual({ text: `it is ${REDACTED}!`, list: [{ [REDACTED]: 1 }] });
});

test('the original is not touched', () => {
  const value = { text: 'my-secret-value' };
  redactor(['my-secret-value'])(value);
  expect(value.text).toBe('my-secret-value');
});

test('a secret is found as JSON spells it, in an argument text', () => {
  const secret = 'pass"word\\with';
  const text = JSON.stringify({ key: secret });
  expect(redactor([secret])(text)).toBe(`{"key":"${REDACTED}"}`);
});

test('a secret with characters that mean something to a pattern is taken literally', () => {
  const redact = redactor(['a+b(c)[d]-$^|\\/']);
  expect(redact('x a+b(c)[d]-$^|\\/ y')).toBe(`x ${REDACTED} y`);
  expect(redact('aab')).toBe('aab');
});

test('the longer of two secrets that begin alike leaves nothing behind', () => {
  expect(redactor(['secret', 'secret-and-more'])('secret-and-more')).toBe(REDACTED);
});

test('of a secret of several lines each is one, however they are put together', () => {
  const redact = redactor(['-----BEGIN KEY-----\r\n  MIIEvQIBADANBgkq\nab\n']);
  expect(redact('-----BEGIN KEY----- ⏎ MIIEvQIBADANBgkq ⏎ ab')).toBe(
    `${REDACTED} ⏎ ${REDACTED} ⏎ ab`,
  );
});

test('where a text was cut in the middle of a secret, its beginning is taken out', () => {
  const redact = redactor(['sk-0123456789', 'sk-0120']);
  expect(redact('a sk-01234… ⏎ sk-012 b sk-0123456…')).toBe(
    `a ${REDACTED}… ⏎ sk-012 b ${REDACTED}…`,
  );
  expect(redact('sk-01x… sk-0…')).toBe('sk-01x… sk-0…');
  const many = 'sk-01234…'.repeat(100_000);
  expect(redact(many)).toBe(many);
});

test('secrets may be longer than the pattern engine takes, which says so only when it is used', () => {
  const long = ['a"', 'b"'].map((start) => start + 'x'.repeat(100_000));
  expect(redactor(long)(`1 ${long.join(' 2 ')} 3`)).toBe(`1 ${REDACTED} 2 ${REDACTED} 3`);
  expect(redactor(['y'.repeat(100_000)])('')).toBe('');
  expect(redactor([...long, 'secret'])('no secret')).toBe(`no ${REDACTED}`);
});

test('numbers, booleans and what is no plain data stay as they are', () => {
  const value = { n: 123456, b: true, none: null };
  expect(redactor(['123456'])(value)).toEqual(value);
});

test('short secrets are left: they would take ordinary words with them', () => {
  expect(redactor(['read'])('already')).toBe('already');
});

test('hostile depth is cut instead of overflowing the stack', () => {
  let deep: unknown = 'end';
  for (let level = 0; level < 100_000; level += 1) deep = [deep];
  expect(JSON.stringify(redactor(['secret'])(deep))).toContain('too deep');
});
