import { connect } from 'node:net';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { isNeverConnected } from '../../src/connect/network-error.ts';

function systemError(code: string, syscall: string): Error {
  return Object.assign(new Error(`${syscall} ${code}`), { code, syscall });
}

test.each(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH'])(
  '%s says that nothing left only where it was the connecting that failed',
  (code) => {
    expect(isNeverConnected(systemError(code, 'connect'))).toBe(true);
    expect(isNeverConnected(new TypeError('x', { cause: systemError(code, 'connect') }))).toBe(
      true,
    );
    // A router may say so at any time, of a connection over which a request has gone already.
    expect(isNeverConnected(systemError(code, 'read'))).toBe(false);
    expect(isNeverConnected(systemError(code, 'write'))).toBe(false);
  },
);

test('a name that was not found, and several addresses none of which answers, are no connection', async () => {
  expect(isNeverConnected(systemError('ENOTFOUND', 'getaddrinfo'))).toBe(true);
  const socket = connect({
    host: 'two-addresses',
    port: 1,
    autoSelectFamily: true,
    lookup: (_, __, found) => {
      found(null, [
        { address: '127.0.0.1', family: 4 },
        { address: '127.0.0.2', family: 4 },
      ]);
    },
  });
  const [reason] = (await once(socket, 'error').catch((error: unknown) => [error])) as [unknown];
  expect(reason).toBeInstanceOf(AggregateError);
  expect(isNeverConnected(reason)).toBe(true);
});
