import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { describe as describeReason, HostError, systemCode } from '../../src/base/errors.ts';

describe('a caught value', () => {
  test('that is a HostError stays what it is', () => {
    const error = new HostError('config', 'bad', { details: { line: 3 } });
    expect(HostError.from(error, 'model')).toBe(error);
    expect(error.details).toEqual({ line: 3 });
  });

  test('is wrapped with the code that fits and kept as the cause; an abort is always `aborted`', () => {
    const cause = new TypeError('boom');
    expect(HostError.from(cause)).toMatchObject({ code: 'internal', message: 'boom', cause });
    expect(HostError.from(cause, 'model').code).toBe('model');
    expect(HostError.from(new DOMException('stop', 'AbortError'), 'model').code).toBe('aborted');
  });

  test.each([
    ['a text', 'words', 'words'],
    ['an empty text', '', 'no reason given'],
    ['nothing', undefined, 'undefined'],
    ['an object without a prototype', Object.create(null), '[Object: null prototype] {}'],
    ['an object', { status: 500 }, '{ status: 500 }'],
    ['an error without a message', new TypeError(), 'TypeError'],
    [
      'an error with a cause',
      new Error('fetch failed', { cause: new Error('ECONNREFUSED') }),
      'fetch failed: ECONNREFUSED',
    ],
    [
      'an error that says its cause',
      new Error('no: gone', { cause: new Error('gone') }),
      'no: gone',
    ],
  ])('%s has words', (_what, reason, words) => {
    expect(describeReason(reason)).toBe(words);
    expect(HostError.from(reason).message).toBe(words);
  });
});

test('the system’s code is found along the causes', async () => {
  const error: unknown = await readFile('/nowhere/at/all').catch((reason: unknown) => reason);
  expect(systemCode(error)).toBe('ENOENT');
  expect(systemCode(new Error('outer', { cause: new Error('inner', { cause: error }) }))).toBe(
    'ENOENT',
  );
  expect(systemCode(new Error('plain'))).toBeUndefined();
  const cycle = new Error('cycle');
  cycle.cause = cycle;
  expect(systemCode(cycle)).toBeUndefined();
});
