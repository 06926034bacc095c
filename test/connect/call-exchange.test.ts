import { describe, expect, test } from 'vitest';
import { toolName } from '../../src/call/names.ts';
import type { Outcome } from '../../src/call/outcome.ts';
import type { AskDesk } from '../../src/connect/ask-desk.ts';
import { CallExchange, type ExchangePorts } from '../../src/connect/call-exchange.ts';
import { life } from '../support/life.ts';
import { turn } from '../support/turn.ts';

/** One call to a server of the new era, whose requests are in the test's hands. */
class Exchange {
  readonly outcomes: Outcome[] = [];
  readonly rounds: unknown[] = [];
  readonly controller = new AbortController();
  readonly over = new AbortController();
  ends = 0;
  /** What sending throws. */
  refusal: Error | undefined;
  readonly call: CallExchange;

  constructor() {
    const ports: ExchangePorts = {
      server: 'raw',
      // Nothing is asked here: a server only wants to be called again.
      desk: {} as AskDesk,
      notify: () => undefined,
      redact: (text) => text,
      isModern: () => true,
      send: (_call, more) => {
        if (this.refusal !== undefined) throw this.refusal;
        this.rounds.push(more);
      },
      onEnd: () => {
        this.ends += 1;
      },
      ended: () => undefined,
      over: this.over.signal,
    };
    const content = {
      name: toolName('tool'),
      args: {},
      raw: undefined,
      life: life({ signal: this.controller.signal }),
    };
    this.call = new CallExchange(ports, content, (outcome) => this.outcomes.push(outcome));
  }

  /** Resolves once there is an outcome, and nothing more can come. */
  async outcome(): Promise<Outcome | undefined> {
    for (let tries = 0; this.outcomes.length === 0 && tries < 100; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await turn();
    if (this.outcomes.length !== 1 || this.ends !== 1)
      throw new Error(`${this.outcomes.length} outcomes, and ${this.ends} ends were told`);
    return this.outcomes[0];
  }
}

const AGAIN = { resultType: 'input_required', requestState: 'later' };

describe('a call whose request could not be made', () => {
  test('is known not to have run', async () => {
    const exchange = new Exchange();
    exchange.refusal = new TypeError('a BigInt is no JSON');
    exchange.call.start();
    // Not within the call that sends it.
    expect(exchange.outcomes).toHaveLength(0);
    expect(await exchange.outcome()).toMatchObject({ code: 'internal', ran: 'no' });
  });

  test('may have run if its server had worked on it before', async () => {
    const exchange = new Exchange();
    exchange.call.start();
    exchange.refusal = new TypeError('a BigInt is no JSON');
    exchange.call.onanswer(AGAIN);
    expect(await exchange.outcome()).toMatchObject({ code: 'internal', ran: 'unknown' });
  });
});

describe('a call that its server wants to be made again', () => {
  test('ends once, with the answer to the last round', async () => {
    const exchange = new Exchange();
    exchange.call.start();
    exchange.call.onanswer(AGAIN);
    while (exchange.rounds.length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(exchange.rounds).toEqual([undefined, { requestState: 'later' }]);
    exchange.call.onanswer({ content: [{ type: 'text', text: 'done' }] });
    expect(await exchange.outcome()).toMatchObject({ kind: 'ok' });
  });

  test.each(['controller', 'over'] as const)(
    'ends once, and may have run, when it is told to stop, or its session ends, before that (%s)',
    async (which) => {
      const exchange = new Exchange();
      exchange.call.start();
      exchange.call.onanswer(AGAIN);
      exchange[which].abort(new Error('enough'));
      expect(await exchange.outcome()).toMatchObject({ ran: 'unknown' });
      expect(exchange.rounds).toHaveLength(1);
    },
  );
});
