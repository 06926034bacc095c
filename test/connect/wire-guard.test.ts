import type { JSONRPCMessage } from '@modelcontextprotocol/client';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { linkAbort } from '../../src/base/abort.ts';
import { HostError } from '../../src/base/errors.ts';
import { CallFault } from '../../src/connect/call-fault.ts';
import { WireGuard } from '../../src/connect/wire-guard.ts';
import { HandTransport } from '../support/hand-transport.ts';

async function guarded(): Promise<{
  wire: HandTransport;
  guard: WireGuard;
  delivered: unknown[];
  notices: string[];
}> {
  const wire = new HandTransport();
  const notices: string[] = [];
  const guard = new WireGuard(wire, 'raw', (code) => notices.push(code));
  const delivered: unknown[] = [];
  Object.assign(guard, { onmessage: (message: unknown) => delivered.push(message) });
  await guard.start();
  return { wire, guard, delivered, notices };
}

const call = (id: number): JSONRPCMessage => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name: 'x' },
});

describe('the guard of a wire', () => {
  test('survives whatever a server may say, and hands on well-formed messages only', async () => {
    const { wire, guard, delivered } = await guarded();
    const member = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom(
        '2.0',
        1,
        2,
        'tools/call',
        'notifications/progress',
        'notifications/cancelled',
      ),
    );
    const message = fc.dictionary(
      fc.constantFrom('jsonrpc', 'id', 'method', 'params', 'result', 'error', 'x'),
      member,
    );
    await fc.assert(
      fc.asyncProperty(fc.oneof(message, fc.jsonValue()), async (value) => {
        await guard.send(call(1));
        wire.receive(JSON.parse(JSON.stringify(value)));
        wire.receive({ jsonrpc: '2.0', id: 1, result: { content: [] } });
      }),
      { numRuns: 2_000 },
    );
    const messages = delivered as Record<string, unknown>[];
    expect(messages.every((message) => message['jsonrpc'] === '2.0')).toBe(true);
    const answers = messages.filter((message) => typeof message['method'] !== 'string');
    expect(answers.length).toBeGreaterThan(1_000);
    expect(
      answers.every(({ result, error }) => (result === undefined) !== (error === undefined)),
    ).toBe(true);
    expect(guard.pending).toBe(0);
  });

  test('survives an id that nests deeper than any stack', async () => {
    const { wire, notices } = await guarded();
    const depth = 100_000;
    wire.receive(JSON.parse(`{"id":${'['.repeat(depth)}${']'.repeat(depth)},"result":{}}`));
    expect(notices).toEqual(['stray-answer']);
  });

  test('finds nothing unusual in an answer to what it was asked before it was closed', async () => {
    const { wire, guard, delivered, notices } = await guarded();
    await guard.send(call(7));
    wire.onclose?.();
    wire.receive({ jsonrpc: '2.0', id: 7, result: { content: [] } });
    expect([delivered, notices]).toEqual([[], []]);
    wire.receive({ jsonrpc: '2.0', id: 8, result: { content: [] } });
    expect(notices).toEqual(['stray-answer']);
  });

  test('gives every request one answer: the first', async () => {
    const { wire, guard, delivered, notices } = await guarded();
    await guard.send(call(7));
    wire.receive({ jsonrpc: '2.0', id: 7, result: { content: [] } });
    wire.receive({ jsonrpc: '2.0', id: 7, result: { content: [] } });
    wire.onfault?.(7, new CallFault('stream-ended', 'too late', { ran: 'unknown' }));
    expect(delivered).toHaveLength(1);
    expect(wire.settledIds).toEqual([7]);
    expect(notices).toEqual(['stray-answer']);
  });

  test('turns a fault of the transport into the answer of the one request', async () => {
    const { wire, guard, delivered } = await guarded();
    await guard.send(call(1));
    await guard.send(call(2));
    const fault = new CallFault('too-large', 'too large', { ran: 'yes' });
    wire.onfault?.(2, fault);
    expect(delivered).toMatchObject([{ id: 2, error: { message: 'too large' } }]);
    expect((delivered[0] as { error: { data: unknown } }).error.data).toBe(fault);
    expect(guard.pending).toBe(1);
  });

  test('takes the late answer of a cancelled request for what it is', async () => {
    const { wire, guard, delivered, notices } = await guarded();
    await guard.send(call(3));
    await guard.send({
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      params: { requestId: 3 },
    });
    wire.receive({ jsonrpc: '2.0', id: 3, result: { content: [] } });
    expect(delivered).toEqual([]);
    expect(notices).toEqual([]);
    expect(guard.pending).toBe(0);
  });

  test('forgets a request that is cancelled by the end of its own stream', async () => {
    const { wire, guard, notices } = await guarded();
    const stream = linkAbort(undefined);
    await guard.send(call(4), { requestSignal: stream.signal });
    expect(guard.pending).toBe(1);
    stream.abort(new HostError('aborted', 'enough'));
    expect(guard.pending).toBe(0);
    wire.receive({ jsonrpc: '2.0', id: 4, result: { content: [] } });
    expect(notices).toEqual([]);
  });
});
