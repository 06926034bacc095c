import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HostError } from '../../src/base/errors.ts';
import { CallFault } from '../../src/connect/call-fault.ts';
import { CallLane, type LaneListener } from '../../src/connect/call-lane.ts';
import { WireGuard } from '../../src/connect/wire-guard.ts';
import { HandTransport } from '../support/hand-transport.ts';
import { life } from '../support/life.ts';
import { turn } from '../support/turn.ts';
import { verifies } from '../support/verifies.ts';

/** One request, and what became of it. */
class Sent implements LaneListener {
  readonly endings: unknown[] = [];
  readonly controller = new AbortController();
  readonly life = life({ signal: this.controller.signal });
  readonly name: string;
  readonly args = {};
  requestId: number | undefined;

  constructor(lane: CallLane, name = 'tool') {
    this.name = name;
    lane.send(this, undefined);
  }

  onanswer(result: unknown): void {
    this.endings.push(result);
  }

  onfailure(reason: unknown): void {
    this.endings.push(reason);
  }

  stop(): void {
    this.controller.abort(new HostError('aborted', 'no longer wanted'));
  }
}

async function open() {
  const wire = new HandTransport();
  const guard = new WireGuard(wire, 'raw', () => undefined);
  const delivered: unknown[] = [];
  Object.assign(guard, { onmessage: (message: unknown) => delivered.push(message) });
  await guard.start();
  const ended = (): HostError => new HostError('connection-lost', 'it went away');
  const lane = new CallLane({ server: 'raw', guard, isModern: false, ended });
  return { wire, guard, lane, delivered };
}

function answer(wire: HandTransport, id: number | string, text: string): void {
  wire.receive({ jsonrpc: '2.0', id, result: said(text) });
}

const said = (text: string): object => ({ content: [{ type: 'text', text }] });

describe('a lane of calls', () => {
  verifies('lane:own-answer', 'in any order, beside requests of the SDK', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 12 }).chain((count) =>
          fc.shuffledSubarray(
            Array.from({ length: count * 2 }, (_, index) => index),
            { minLength: count * 2 },
          ),
        ),
        async (order) => {
          const { wire, guard, lane, delivered } = await open();
          const count = order.length / 2;
          const calls: Sent[] = [];
          for (let index = 0; index < count; index += 1) {
            // The SDK counts from 0.
            await guard.send({ jsonrpc: '2.0', id: index, method: 'ping' });
            calls.push(new Sent(lane));
          }
          for (const which of order) {
            if (which < count) answer(wire, which, `sdk ${which}`);
            else answer(wire, wire.posted[which - count]?.id ?? 0, `lane ${which - count}`);
          }
          await turn();
          expect(calls.map(({ endings }) => endings)).toEqual(
            calls.map((_, index) => [said(`lane ${index}`)]),
          );
          expect(delivered).toHaveLength(count);
          for (const message of delivered) {
            const { id, result } = message as { id: number; result: unknown };
            expect(result).toEqual(said(`sdk ${id}`));
          }
          expect(guard.pending).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
  });

  verifies('lane:ends-once', 'whatever happens to three calls in whatever order', async () => {
    const what = fc.constantFrom('answer', 'error', 'fault', 'stop', 'close', 'text-id');
    const event = fc.record({ what, of: fc.integer({ min: 0, max: 2 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 8 }), async (events) => {
        const { wire, guard, lane } = await open();
        const calls = [new Sent(lane), new Sent(lane), new Sent(lane)];
        const expected = [0, 0, 0];
        for (const { what: kind, of } of events) {
          const id = wire.posted[of]?.id ?? 0;
          if (kind === 'answer') answer(wire, id, 'x');
          else if (kind === 'text-id') answer(wire, String(id), 'x');
          else if (kind === 'stop') calls[of]?.stop();
          else if (kind === 'close') wire.onclose?.();
          else if (kind === 'fault')
            wire.onfault?.(id, new CallFault('connection-lost', 'x', { ran: 'unknown' }));
          else {
            const error = { code: -32_000, message: 'x' };
            wire.receive({ jsonrpc: '2.0', id, error });
          }
          if (kind === 'close') expected.fill(1);
          else expected[of] = 1;
          await turn();
          // At once: not with the next event.
          expect(calls.map(({ endings }) => endings.length)).toEqual(expected);
        }
        expect(guard.pending).toBe(3 - expected.filter((count) => count === 1).length);
      }),
      { numRuns: 150 },
    );
  });

  verifies('lane:ends-once', 'what is told to stop has not run only if it never left', async () => {
    for (const [leaves, ran] of [
      [true, 'unknown'],
      [false, 'no'],
    ] as const) {
      const { wire, lane } = await open();
      wire.leaves = leaves;
      const call = new Sent(lane);
      call.stop();
      await turn();
      expect(call.endings).toEqual([expect.objectContaining({ ran })]);
      expect(wire.withdrawn).toEqual([wire.posted[0]?.id]);
    }
  });

  test('writes one line of JSON for a request, whatever the tool is called', async () => {
    const { wire, lane } = await open();
    const name = 'a"b\u2028\n';
    void new Sent(lane, name);
    const [request] = wire.posted;
    expect(request?.text).not.toContain('\n');
    expect(JSON.parse(request?.text ?? '')).toEqual({
      jsonrpc: '2.0',
      id: request?.id,
      method: 'tools/call',
      params: { name, arguments: {}, _meta: { progressToken: request?.id } },
    });
  });
});
