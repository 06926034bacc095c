import { expect } from 'vitest';
import { httpServer, textOf } from '../../support/connections.ts';
import { HttpFixture, type HttpFixtureOptions } from '../../support/http-fixture.ts';
import { eventually } from '../../support/leaks.ts';
import { verifies } from '../../support/verifies.ts';

const tools: NonNullable<HttpFixtureOptions['tools']> = {
  echo: (exchange) => exchange.json(exchange.answer(String(exchange.args['text']))),
  secret: (exchange) =>
    exchange.raw(403, '', {
      'www-authenticate': 'Bearer error="insufficient_scope", scope="secrets"',
    }),
};

verifies(
  'heal:restart',
  'a server that once refused a call for want of authorisation is brought back like any other when it goes away',
  async () => {
    const first = await HttpFixture.start({ tools });
    const { port, url } = first;
    await using server = await httpServer(url, {
      restart: { baseMs: 100, maxMs: 100 },
      // Somebody is there, but the server has no authorization server.
      authorize: () => undefined,
    }).ready();
    expect(await server.call('secret')).toMatchObject({ code: 'unauthorised', ran: 'no' });
    await first[Symbol.asyncDispose]();
    await server.call('echo');
    if (server.connection.state.kind === 'ready') await server.call('echo');
    await eventually('two tries', () => {
      const { state } = server.connection;
      return state.kind === 'failed' || (state.kind === 'backing-off' && state.attempt > 2);
    });
    expect(server.connection.state).toMatchObject({
      kind: 'backing-off',
      reason: expect.stringContaining('nothing listens') as string,
    });
    await using _second = await HttpFixture.start({ port, tools });
    await eventually('its return', () => server.connection.state.kind === 'ready');
    expect(textOf(await server.call('echo', { text: 'back' }))).toBe('back');
  },
);
