import { expect, test } from 'vitest';
import { HostError } from '../../../src/base/errors.ts';
import { serverId } from '../../../src/call/names.ts';
import { askPerson } from '../../../src/connect/oauth/ask-person.ts';
import { oauth } from './scene.ts';

test('nobody is asked once the connection is closed, however far the question was prepared', async () => {
  const issuer = 'https://issuer.example';
  const closing = new AbortController();
  const shown: string[] = [];
  const asked = askPerson(
    {
      issuer,
      url: issuer,
      isDeclared: true,
      resource: undefined,
      scopes: [],
      metadata: {
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        response_types_supported: ['code'],
        code_challenge_methods_supported: ['S256'],
      },
    },
    {
      server: serverId('x'),
      settings: oauth({ issuer, clientId: 'us' }),
      client: null,
      scope: undefined,
      fetch: () => Promise.reject(new Error('not needed')),
      authorize: ({ url }) => {
        shown.push(url);
      },
      signal: closing.signal,
    },
  );
  closing.abort(new HostError('closed', 'the connection was closed'));
  await expect(asked).rejects.toThrow('the connection was closed');
  expect(shown).toEqual([]);
});
