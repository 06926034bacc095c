import { expect, test } from 'vitest';
import { parseAddress } from '../../src/model/address.ts';

test('a password that is not encoded is meant as it stands', () => {
  const { authorization, secrets } = parseAddress('https://me:100%secret@example.com/v1');
  const credentials = Buffer.from('me:100%secret').toString('base64');
  expect(authorization).toBe(`Basic ${credentials}`);
  expect(secrets).toContain('100%secret');
});
