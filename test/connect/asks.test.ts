import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import type { Json, JsonObject } from '../../src/base/json.ts';
import type {
  Asker,
  Elicit,
  ElicitRequest,
  Offers,
  SampleRequest,
  Sampling,
} from '../../src/call/asks.ts';
import { callId, exposedName } from '../../src/call/names.ts';
import { outcomeText } from '../../src/model/content.ts';
import { SERVERS, stdioServer, textOf, type TestConnection } from '../support/connections.ts';
import { eventually } from '../support/leaks.ts';
import { NOTHING_OFFERED } from '../support/offers.ts';
import { verifies } from '../support/verifies.ts';

type Era = 'legacy' | 'modern';

function asker(era: Era, offers: Partial<Offers> = {}, env: Record<string, string> = {}) {
  const path = join(SERVERS, 'asker.mjs');
  return stdioServer(process.execPath, [path, era], {
    offers: { ...NOTHING_OFFERED, ...offers },
    env,
  }).ready();
}

/** A person of the test's own, and what that person was asked. */
class Person {
  readonly asked: ElicitRequest[] = [];
  readonly signals: AbortSignal[] = [];
  open = 0;
  readonly #answer: Elicit;

  constructor(answer: Elicit = () => Promise.resolve({ action: 'accept', content: { a: 'yes' } })) {
    this.#answer = answer;
  }

  get offer(): Pick<Offers, 'elicit'> {
    const by: Elicit = async (request, signal) => {
      this.asked.push(request);
      this.signals.push(signal);
      this.open += 1;
      try {
        return await this.#answer(request, signal);
      } finally {
        this.open -= 1;
      }
    };
    return { elicit: { kind: 'offered', by } };
  }
}

const never: Elicit = () => new Promise(() => undefined);

function form(properties: JsonObject = { a: { type: 'string' } }, message = 'A?'): JsonObject {
  const requestedSchema = { type: 'object', properties };
  return { method: 'elicitation/create', params: { message, requestedSchema } };
}

const page = (url: string): JsonObject => ({
  method: 'elicitation/create',
  params: { mode: 'url', message: 'Go there', url, elicitationId: 'e1' },
});
const sampling = (more: JsonObject = {}): JsonObject => ({
  method: 'sampling/createMessage',
  params: {
    messages: [{ role: 'user', content: { type: 'text', text: 'Hi' } }],
    maxTokens: 50,
    ...more,
  },
});
const ROOTS_LIST: JsonObject = { method: 'roots/list' };

/** Calls `ask` so that the server asks all of `requests` at once; resolves to what it was answered. */
async function ask(
  server: TestConnection,
  era: Era,
  requests: readonly JsonObject[],
): Promise<readonly Json[]> {
  const keys = requests.map((_, index) => `k${index}`);
  const round = Object.fromEntries(requests.map((request, index) => [keys[index], request]));
  const args = era === 'legacy' ? { requests } : { rounds: [{ requests: round }] };
  const replies = JSON.parse(textOf(await server.call('ask', args))) as Json[];
  if (era === 'legacy') return replies;
  const [answers] = replies as JsonObject[];
  return keys.map((key) => answers?.[key] ?? null);
}

function clock(id: string, pauses: string[] = []): () => Asker {
  return () => ({
    id: callId(id),
    name: exposedName(`asker__${id}`),
    pauseClocks: (asked) => {
      pauses.push(`${id} stands for a ${asked}`);
      return () => {
        pauses.push(`${id} goes on`);
      };
    },
  });
}

function sampler(
  answer: (request: SampleRequest) => Promise<string>,
  more: Partial<Sampling> = {},
) {
  const by: Sampling = {
    sample: async (request) => ({
      text: await answer(request),
      model: 'test-model',
      stopReason: 'endTurn',
    }),
    maxTokens: 20,
    maxPerCall: 2,
    ...more,
  };
  return { sampling: { kind: 'offered', by } } satisfies Partial<Offers>;
}

describe.each(['legacy', 'modern'] as const)('a server of the %s era', (era) => {
  verifies(
    'asks:answered',
    'a form and a page reach the person, the answers the server',
    async () => {
      const person = new Person((request) =>
        Promise.resolve(
          request.kind === 'url'
            ? { action: 'decline' }
            : { action: 'accept', content: { a: 'Ann', n: 3 } },
        ),
      );
      await using server = await asker(era, person.offer);
      const requests = [
        form({
          a: { type: 'string' },
          n: { type: 'integer' },
          d: { type: 'string', default: 'x' },
        }),
        page('https://example.com/pay?x=1'),
      ];
      expect(await ask(server, era, requests)).toEqual([
        { action: 'accept', content: { a: 'Ann', n: 3, d: 'x' } },
        { action: 'decline' },
      ]);
      expect(person.asked).toMatchObject([
        { kind: 'form', server: 'raw', destination: undefined, message: 'A?' },
        { kind: 'url', message: 'Go there' },
      ]);
      expect(person.asked[1]).toHaveProperty('url.host', 'example.com');
    },
  );

  verifies('asks:answered', 'a model’s text and the roots reach the server', async () => {
    const seen: SampleRequest[] = [];
    const roots = [{ uri: 'file:///home/x', name: 'x' }];
    await using server = await asker(era, {
      roots: { kind: 'offered', by: roots },
      ...sampler((request) => {
        seen.push(request);
        return Promise.resolve('Hello');
      }),
    });
    const request = sampling({ systemPrompt: 'Be kind', stopSequences: ['###'], temperature: 1 });
    expect(await ask(server, era, [request, ROOTS_LIST])).toEqual([
      {
        role: 'assistant',
        content: { type: 'text', text: 'Hello' },
        model: 'test-model',
        stopReason: 'endTurn',
      },
      { roots },
    ]);
    expect(seen).toMatchObject([
      {
        systemPrompt: 'Be kind',
        messages: [{ role: 'user', text: 'Hi' }],
        maxTokens: 20,
        stopSequences: ['###'],
      },
    ]);
  });

  verifies('asks:only-offered', 'nothing is declared that is not offered', async () => {
    await using server = await asker(era);
    await using other = await asker(era, {
      ...new Person().offer,
      ...sampler(() => Promise.resolve('')),
      roots: { kind: 'offered', by: [] },
    });
    const declared = async (connection: TestConnection): Promise<unknown> => {
      await connection.call('tell');
      const first = connection.wire().find(({ event }) => event === 'tools/call');
      const hello = connection.wire().find(({ event }) => event === 'initialize');
      const params = (era === 'modern' ? first : hello)?.params as unknown as {
        readonly capabilities?: unknown;
        readonly _meta?: Record<string, unknown>;
      };
      return params.capabilities ?? params._meta?.['io.modelcontextprotocol/clientCapabilities'];
    };
    expect(await declared(server)).toEqual({});
    expect(await declared(other)).toEqual({
      elicitation: { form: {}, url: {} },
      sampling: {},
      roots: {},
    });
  });

  verifies(
    'asks:attributed',
    'a question of the only call in flight is that call’s, and its clocks stand',
    async () => {
      const pauses: string[] = [];
      const person = new Person(() => {
        pauses.push('asked');
        return Promise.resolve({ action: 'decline' });
      });
      await using server = await asker(era, person.offer);
      const args =
        era === 'legacy' ? { requests: [form()] } : { rounds: [{ requests: { k: form() } }] };
      await server.call('ask', args, { asker: clock('one', pauses) });
      expect(person.asked[0]?.cause).toEqual({
        kind: 'call',
        call: { id: 'one', name: 'asker__one' },
      });
      expect(pauses).toEqual(['one stands for a person', 'asked', 'one goes on']);
    },
  );

  test('a call that is cancelled takes its question with it', async () => {
    const person = new Person(never);
    await using server = await asker(era, person.offer);
    const abort = new AbortController();
    const args =
      era === 'legacy' ? { requests: [form()] } : { rounds: [{ requests: { k: form() } }] };
    const outcome = server.call('ask', args, { signal: abort.signal });
    await eventually('the question', () => person.asked.length === 1);
    abort.abort();
    expect(await outcome).toMatchObject({ kind: 'cancelled', ran: 'unknown' });
    expect(person.signals[0]?.aborted).toBe(true);
    // The connection is as good as before.
    expect(await server.call('tell')).toMatchObject({ kind: 'ok' });
  });

  test('a server that goes away takes its questions with it', async () => {
    const person = new Person(never);
    await using server = await asker(era, person.offer);
    const args =
      era === 'legacy' ? { requests: [form()] } : { rounds: [{ requests: { k: form() } }] };
    const outcome = server.call('ask', args);
    await eventually('the question', () => person.asked.length === 1);
    process.kill(server.living()[0] ?? 0, 'SIGKILL');
    expect(await outcome).toMatchObject({
      kind: 'failed',
      code: 'connection-lost',
      ran: 'unknown',
    });
    expect(person.signals[0]?.aborted).toBe(true);
  });

  verifies(
    'asks:bounded',
    'what breaks the form, or cannot be shown, is not sent and not asked',
    async () => {
      const person = new Person(() => Promise.resolve({ action: 'accept', content: { a: 'no' } }));
      await using server = await asker(era, person.offer);
      const wanted = form({ a: { type: 'number' } });
      expect(await ask(server, era, [wanted])).toEqual([{ action: 'cancel' }]);
      expect(server.notices().at(-1)?.message).toContain('"a": it must be a number');
      const hostile = [
        form({ a: { type: 'object', properties: {} } }),
        form(
          Object.fromEntries(Array.from({ length: 33 }, (_, n) => [`f${n}`, { type: 'string' }])),
        ),
        form({ a: { type: 'string', enum: Array.from({ length: 500 }, (_, n) => `v${n}`) } }),
        { method: 'elicitation/create', params: { message: 'x'.repeat(20_000) } },
        { method: 'elicitation/create', params: { mode: 'mind', message: 'x' } },
        page('http://example.com/'),
        page('javascript:alert(1)'),
        page('https://bank.example@evil.example/'),
        page('file:///etc/passwd'),
      ];
      for (const request of hostile) {
        if (era === 'legacy') {
          expect(await ask(server, era, [request])).toMatchObject([{ code: -32_602 }]);
        } else {
          const outcome = await server.call('ask', { rounds: [{ requests: { k: request } }] });
          expect(outcome).toMatchObject({ kind: 'failed', code: 'input-refused', ran: 'unknown' });
        }
      }
      expect(person.asked).toHaveLength(1);
    },
  );

  verifies(
    'asks:bounded',
    'one call asks the user twenty times at most, and the model as often as the config says',
    async () => {
      const person = new Person();
      let sampled = 0;
      await using server = await asker(era, {
        ...person.offer,
        ...sampler(() => {
          sampled += 1;
          return Promise.resolve('');
        }),
      });
      if (era === 'legacy') {
        const samplings = Array.from({ length: 3 }, () => sampling());
        expect(await ask(server, era, samplings)).toMatchObject([
          { role: 'assistant' },
          { role: 'assistant' },
          { code: -1, message: expect.stringContaining('sampling.maxPerCall') as string },
        ]);
      } else {
        const samplings = Array.from({ length: 3 }, () => ({ requests: { k: sampling() } }));
        expect(await server.call('ask', { rounds: samplings })).toMatchObject({
          code: 'input-refused',
          message: expect.stringContaining('sampling.maxPerCall') as string,
        });
        const five = Object.fromEntries('abcde'.split('').map((key) => [key, form()]));
        const rounds = Array.from({ length: 5 }, () => ({ requests: five }));
        expect(await server.call('ask', { rounds })).toMatchObject({ code: 'input-refused' });
        expect(person.asked).toHaveLength(20);
      }
      expect(sampled).toBe(2);
    },
  );
});

describe('a server of the legacy era', () => {
  verifies(
    'asks:attributed',
    'on a pipe, a question is one of those of all calls in flight; all their clocks stand',
    async () => {
      const pauses: string[] = [];
      const person = new Person(() => Promise.resolve({ action: 'decline' }));
      await using server = await asker('legacy', person.offer);
      const abort = new AbortController();
      const hanging = server.call(
        'hang',
        {},
        { signal: abort.signal, asker: clock('hang', pauses) },
      );
      await server.call('ask', { requests: [form()] }, { asker: clock('ask', pauses) });
      expect(person.asked[0]?.cause).toEqual({
        kind: 'one-of',
        calls: [
          { id: 'hang', name: 'asker__hang' },
          { id: 'ask', name: 'asker__ask' },
        ],
      });
      expect(pauses).toEqual([
        'hang stands for a person',
        'ask stands for a person',
        'hang goes on',
        'ask goes on',
      ]);
      abort.abort();
      await hanging;
    },
  );

  verifies(
    'asks:clocks-stand',
    'a call that ends while others are asked about has its clocks back at once',
    async () => {
      const pauses: string[] = [];
      const answer = deferred<void>();
      const person = new Person(async () => {
        await answer.promise;
        return { action: 'decline' };
      });
      await using server = await asker('legacy', person.offer);
      const abort = new AbortController();
      const { signal } = abort;
      const hanging = server.call('hang', {}, { signal, asker: clock('hang', pauses) });
      const requests = [form()];
      const asking = server.call('ask', { requests }, { asker: clock('ask', pauses) });
      await eventually('the question', () => person.open === 1);
      abort.abort();
      await hanging;
      expect(pauses.slice(2)).toEqual(['hang goes on']);
      expect(person.signals[0]?.aborted).toBe(false);
      answer.resolve();
      await asking;
      expect(pauses.slice(2)).toEqual(['hang goes on', 'ask goes on']);
    },
  );

  verifies('asks:bounded', 'asked while no call is in flight, nobody is troubled', async () => {
    const person = new Person();
    const env = { ASK_ON_LIST: JSON.stringify([form(), sampling(), ROOTS_LIST]) };
    const offers = {
      ...person.offer,
      ...sampler(() => Promise.resolve('')),
      roots: { kind: 'offered', by: [] } as const,
    };
    await using server = await asker('legacy', offers, env);
    const replies = (): number => server.wire().filter(({ event }) => event === 'reply').length;
    await eventually('all replies', () => replies() === 3);
    expect(JSON.parse(textOf(await server.call('tell')))).toMatchObject([
      { code: -1, message: expect.stringContaining('no call') as string },
      { code: -1, message: expect.stringContaining('no call') as string },
      // The config may be asked at any time.
      { roots: [] },
    ]);
    expect(person.asked).toEqual([]);
  });

  verifies('asks:only-offered', 'refused what was not offered, it is told why', async () => {
    await using server = await asker('legacy');
    expect(await ask(server, 'legacy', [form(), sampling(), ROOTS_LIST])).toEqual([
      { code: -32_601, message: 'nobody can be asked in this test' },
      { code: -32_601, message: 'sampling is off in this test' },
      { code: -32_601, message: 'there are no roots in this test' },
    ]);
  });

  test.each([
    ['tool', { kind: 'tool-error' }],
    ['protocol', { kind: 'failed', code: 'server-error' }],
  ])('that fails for it (%s) leaves it to the host to say why', async (fail, expected) => {
    await using server = await asker('legacy');
    const outcome = await server.call('ask', { requests: [form()], fail });
    expect(outcome).toMatchObject(expected);
    const text = outcomeText(outcome, 'ask');
    expect(text).toContain('the client will not');
    expect(text).toContain('refused what the server asked for: nobody can be asked in this test');
    // A call that can do without is as good as any.
    expect(await ask(server, 'legacy', [form()])).toEqual([
      { code: -32_601, message: 'nobody can be asked in this test' },
    ]);
  });

  verifies(
    'asks:bounded',
    'of a thousand questions at once eight are put, and the connection goes on',
    async () => {
      const answer = deferred<void>();
      const person = new Person(async () => {
        await answer.promise;
        return { action: 'decline' };
      });
      await using server = await asker('legacy', person.offer);
      const requests = Array.from({ length: 1_000 }, () => form());
      const abort = new AbortController();
      const hanging = server.call('hang', {}, { signal: abort.signal });
      expect(await server.call('ask', { requests, wait: false })).toMatchObject({ kind: 'ok' });
      await eventually('the questions', () => person.asked.length > 0);
      expect(person.asked).toHaveLength(8);
      expect(server.noticeCodes()).toContain('ask-flood');
      answer.resolve();
      await eventually('their end', () => person.open === 0);
      expect(await ask(server, 'legacy', [form()])).toEqual([{ action: 'decline' }]);
      abort.abort();
      await hanging;
    },
  );

  test('a question that is taken back is put away, and gets no answer', async () => {
    const person = new Person(never);
    await using server = await asker('legacy', person.offer);
    const taken = { ...form(), cancel: true };
    const outcome = await server.call('ask', { requests: [taken] });
    expect(textOf(outcome)).toContain('taken back');
    expect(person.signals.map((signal) => signal.aborted)).toEqual([true]);
    await server.call('tell');
    expect(server.wire().filter(({ event }) => event === 'reply')).toEqual([]);
  });
});

describe('a server of the modern era', () => {
  verifies(
    'asks:round-is-no-send',
    'state and answers go back as they are, in one call',
    async () => {
      const person = new Person();
      await using server = await asker('modern', person.offer);
      const rounds = [
        { requests: { ['__proto__']: form(), 'ä "key"': form() } },
        // Only later: nothing to answer.
        {},
        { requests: { last: form() } },
      ];
      const outcome = await server.call('ask', {
        rounds: JSON.parse(JSON.stringify(rounds)) as Json,
      });
      const yes = { action: 'accept', content: { a: 'yes' } };
      expect(JSON.parse(textOf(outcome))).toEqual([
        { 'ä "key"': yes, ['__proto__']: yes },
        { last: yes },
      ]);
      const sent = server.wire().filter(({ event }) => event === 'tools/call');
      expect(new Set(sent.map(({ id }) => id)).size).toBe(4);
      expect(person.asked).toHaveLength(3);
    },
  );

  verifies(
    'asks:round-is-no-send',
    'a call that breaks off after a round may have run, sent again or not',
    async () => {
      const answer = deferred<void>();
      const person = new Person(async () => {
        await answer.promise;
        return { action: 'decline' };
      });
      await using dying = await asker('modern', person.offer);
      // Its second round is never answered.
      const rounds = [{ requests: { k: form() } }, { exit: 'silently' }];
      const outcome = dying.call('ask', { rounds });
      await eventually('the question', () => person.asked.length === 1);
      answer.resolve();
      expect(await outcome).toMatchObject({
        kind: 'failed',
        code: 'connection-lost',
        ran: 'unknown',
      });

      // Its second round is refused: by itself, such an error says that nothing has run.
      await using refusing = await asker('modern', person.offer);
      const error = { code: -32_700, message: 'no' };
      expect(await refusing.call('ask', { rounds: [{ error }] })).toMatchObject({ ran: 'no' });
      expect(
        await refusing.call('ask', { rounds: [{ requests: { k: form() } }, { error }] }),
      ).toMatchObject({ kind: 'failed', code: 'server-error', ran: 'unknown' });

      // Its second round is never sent.
      await using gone = await asker('modern', person.offer);
      expect(
        await gone.call('ask', { rounds: [{ requests: { k: form() }, exit: true }] }),
      ).toMatchObject({ kind: 'failed', code: 'connection-lost', ran: 'unknown' });
      expect(gone.wire().filter(({ event }) => event === 'tools/call')).toHaveLength(1);
    },
  );

  verifies(
    'asks:only-offered',
    'a server that asks without leave fails its call, which says why',
    async () => {
      await using server = await asker('modern');
      const outcome = await server.call('ask', { rounds: [{ requests: { k: form() } }] });
      expect(outcome).toMatchObject({
        kind: 'failed',
        code: 'input-refused',
        ran: 'unknown',
        message: expect.stringContaining('nobody can be asked in this test') as string,
      });
    },
  );

  test.each([
    ['nothing at all', [{ requestState: null }]],
    ['what nobody knows', [{ requests: { k: { method: 'tools/list' } } }]],
    ['no request', [{ requests: { k: 7 } }]],
    [
      'too many things',
      [{ requests: Object.fromEntries('abcdefghi'.split('').map((k) => [k, form()])) }],
    ],
    ['too large a state', [{ requests: { k: form() }, requestState: 'x'.repeat(1_000_001) }]],
    ['again and again', Array.from({ length: 11 }, () => ({ requests: { k: ROOTS_LIST } }))],
  ])('one that asks for %s fails its call only', async (_, rounds) => {
    await using server = await asker('modern', {
      ...new Person().offer,
      roots: { kind: 'offered', by: [] },
    });
    const outcome = await server.call('ask', { rounds: rounds as unknown as Json });
    expect(outcome.kind).toBe('failed');
    expect(outcome.ran).not.toBe('no');
    expect(await server.call('tell')).toMatchObject({ kind: 'ok' });
  });

  test('requests of its own are not answered: the era has none', async () => {
    const env = { ASK_ON_LIST: JSON.stringify([form()]) };
    const person = new Person();
    await using server = await asker('modern', person.offer, env);
    await ask(server, 'modern', [form()]);
    expect(server.wire().filter(({ event }) => event === 'reply')).toEqual([]);
    expect(person.asked).toHaveLength(1);
  });
});
