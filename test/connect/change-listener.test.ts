import { ProtocolError, type Client, type McpSubscription } from '@modelcontextprotocol/client';
import { expect, test } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import { CallFault } from '../../src/connect/call-fault.ts';
import { listenForChanges } from '../../src/connect/change-listener.ts';
import { eventually } from '../support/leaks.ts';
import { verifies } from '../support/verifies.ts';

type End = 'local' | 'graceful' | 'remote';

/** A server's side of the streams, in the hands of a test. */
class Streams {
  readonly open: { readonly end: (how: End) => void }[] = [];
  readonly told: string[] = [];
  readonly controller = new AbortController();
  refused = 0;
  opened = 0;
  refusals: Error[] = [];
  readonly over: Promise<void>;

  constructor(...refusals: readonly Error[]) {
    this.refusals = [...refusals];
    const listen = (): Promise<McpSubscription> => {
      const refusal = this.refusals.shift();
      if (refusal !== undefined) return Promise.reject(refusal);
      const closed = deferred<End>();
      this.controller.signal.addEventListener('abort', () => closed.resolve('local'));
      this.open.push({ end: closed.resolve });
      return Promise.resolve({
        honoredFilter: {},
        close: () => Promise.resolve(),
        closed: closed.promise,
      });
    };
    this.over = listenForChanges({
      client: { listen } as unknown as Client,
      notify: (code) => this.told.push(code),
      onOpened: () => {
        this.opened += 1;
      },
      onRefused: () => {
        this.refused += 1;
      },
      signal: this.controller.signal,
      backoff: { baseMs: 1, maxMs: 2 },
    });
  }
}

verifies(
  'heal:list-changed',
  'a stream of changes that drops is opened again, and each new one is told of',
  async () => {
    const streams = new Streams();
    await eventually('the first stream', () => streams.opened === 1);
    streams.open[0]?.end('remote');
    await eventually('the second stream', () => streams.opened === 2);
    streams.open[1]?.end('graceful');
    await eventually('the third stream', () => streams.opened === 3);
    streams.controller.abort();
    await streams.over;
    expect(streams.open).toHaveLength(3);
    expect(streams.told).toEqual([]);
  },
);

test('a stream of changes that cannot be opened for a while is asked for until it can', async () => {
  const lost = new CallFault('stream-ended', 'it ended', { ran: 'unknown' });
  const inItsPlace = new ProtocolError(-32_000, 'it ended', lost);
  const streams = new Streams(new Error('reset'), inItsPlace, new Error('reset'));
  await eventually('the stream', () => streams.opened === 1);
  expect(streams.refused).toBe(0);
  streams.controller.abort();
  await streams.over;
});

test('a server that knows no such stream is not asked again, and a person is told', async () => {
  const streams = new Streams(new ProtocolError(-32_601, 'Method not found'));
  await streams.over;
  expect(streams.told).toEqual(['no-list-changes']);
  expect(streams.refused).toBe(1);
});
