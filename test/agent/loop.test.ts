import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { Conversation } from '../../src/agent/conversation.ts';
import { runAgent, type AgentOptions, type TurnEvent } from '../../src/agent/loop.ts';
import type { RunResult } from '../../src/agent/run-result.ts';
import { BATCH_NOTE } from '../../src/agent/system-note.ts';
import { deferred } from '../../src/base/deferred.ts';
import { HostError } from '../../src/base/errors.ts';
import type {
  BatchInput,
  BatchItem,
  RunBatch,
  RunBatchOptions,
} from '../../src/call/batch-item.ts';
import type { BatchReport, CallRecord, ToolCall } from '../../src/call/call.ts';
import { callId } from '../../src/call/names.ts';
import { ChatCompletionsModel } from '../../src/model/chat-completions.ts';
import type { Message } from '../../src/model/message.ts';
import type { Model, ModelEvent, ModelRequest } from '../../src/model/model.ts';
import { fakeTool } from '../support/fake-tools.ts';
import {
  breakOff,
  callParts,
  delta,
  finished,
  message,
  refusal,
  scriptedEndpoint,
  stream,
} from '../support/scripted-endpoint.ts';

const TOOLS = [fakeTool('look')];

/** A model that says what the script has for each turn. A function may wait. */
type Line = ModelEvent | Error | (() => Promise<void> | void);

class ScriptedModel implements Model {
  readonly name = 'scripted';
  readonly requests: ModelRequest[] = [];
  readonly #turns: (readonly Line[])[];

  constructor(...turns: readonly (readonly Line[])[]) {
    this.#turns = [...turns];
  }

  async *respond(request: ModelRequest): AsyncGenerator<ModelEvent> {
    this.requests.push(request);
    const lines = this.#turns.shift();
    if (lines === undefined) throw new Error('the script has no more turns');
    for (const line of lines) {
      if (typeof line === 'function') await line();
      else if (line instanceof Error) throw line;
      else yield line;
    }
  }
}

const says = (text: string): ModelEvent => ({ kind: 'text-delta', text });
const calls = (id: string, args = '{}'): ModelEvent => ({
  kind: 'tool-call',
  call: { id, name: 'fake__look', arguments: args },
});
const ends = (reason: Extract<ModelEvent, { kind: 'finish' }>['reason']): ModelEvent => ({
  kind: 'finish',
  reason,
});

interface SeenBatch {
  readonly items: BatchItem[];
  readonly options: RunBatchOptions;
}

/** An executor that answers each call with its id, as `run-batch` does it: whole batches only; what is cancelled or truncated says so. */
class FakeExecutor {
  readonly batches: SeenBatch[] = [];
  /** Runs after each item. */
  onItem: (item: BatchItem) => void = () => undefined;

  readonly run: RunBatch = async (input: BatchInput, options) => {
    const batch: SeenBatch = { items: [], options };
    this.batches.push(batch);
    const found: ToolCall[] = [];
    let complete = false;
    for await (const item of input as AsyncIterable<BatchItem>) {
      batch.items.push(item);
      if (item.kind === 'end') complete = item.complete;
      else if (item.kind === 'call') found.push(item.call);
      else found[item.index] = item.call;
      this.onItem(item);
      if (options.signal?.aborted === true) break;
    }
    return report(
      found.map(({ id, ...call }, index) => {
        const isOwn = id !== undefined && options.isTaken?.(id) !== true;
        const ran = complete && options.signal?.aborted !== true;
        return record(isOwn ? { id, ...call } : call, index, ran);
      }),
    );
  };
}

function record(call: ToolCall, index: number, ran: boolean): CallRecord {
  return {
    id: callId(call.id ?? `fresh-${String(index)}`),
    name: call.name,
    server: 'fake',
    tool: 'look',
    arguments: {},
    access: 'read',
    accessRule: 'default',
    outcome: ran
      ? {
          kind: 'ok',
          ran: 'yes',
          content: [{ type: 'text', text: `result of ${String(call.id)}` }],
        }
      : { kind: 'cancelled', ran: 'no', code: 'truncated', message: 'cut off' },
    queuedMs: 0,
    startedMs: 0,
    endedMs: 1,
    attempts: ran ? 1 : 0,
  };
}

function report(results: readonly CallRecord[]): BatchReport {
  return { results, wallMs: 5, sumMs: 10, longestMs: 4, speedup: 2 };
}

function run(model: Model, options: Partial<AgentOptions> = {}): Promise<RunResult> {
  return runAgent({
    model,
    tools: () => TOOLS,
    runBatch: new FakeExecutor().run,
    prompt: 'Do it.',
    ...options,
  });
}

/** Every call answered exactly once, in one follow-up right behind its message, in call order. */
function expectValid(messages: readonly Message[]): void {
  const ids: string[] = [];
  for (const [at, message_] of messages.entries()) {
    if (message_.kind !== 'assistant' || message_.calls.length === 0) continue;
    const next = messages[at + 1];
    const answered = next?.kind === 'tool-results' ? next.results.map(({ id }) => id) : [];
    expect(answered).toEqual(message_.calls.map(({ id }) => id));
    ids.push(...answered);
  }
  expect(new Set(ids).size).toBe(ids.length);
  const followUps = messages.filter(({ kind }) => kind === 'tool-results').length;
  const asked = messages.filter((one) => one.kind === 'assistant' && one.calls.length > 0).length;
  expect(followUps).toBe(asked);
}

describe('a run', () => {
  test('asks, runs the batch, hands over one follow-up in call order, and ends when the model stops', async () => {
    const model = new ScriptedModel(
      [says('Let me '), says('look.'), calls('a'), calls('b'), ends('tool-calls')],
      [says('Done.'), ends('stop')],
    );
    const executor = new FakeExecutor();
    const result = await run(model, { runBatch: executor.run });
    expect(result).toMatchObject({
      answer: 'Done.',
      model: 'scripted',
      stopReason: 'stop',
      usage: null,
      turns: [
        {
          text: 'Let me look.',
          calls: [{ id: 'a' }, { id: 'b' }],
          wallMs: 5,
          sumMs: 10,
          longestMs: 4,
          speedup: 2,
        },
        { text: 'Done.', calls: [], wallMs: 0, sumMs: 0, longestMs: 0, speedup: 1 },
      ],
    });
    expect(result).not.toHaveProperty('error');
    expect(executor.batches).toHaveLength(1);
    expect(executor.batches[0]?.items.map(({ kind }) => kind)).toEqual(['call', 'call', 'end']);
    expect(executor.batches[0]?.items.at(-1)).toEqual({ kind: 'end', complete: true });
    expect(model.requests[1]?.messages.slice(1)).toEqual([
      { kind: 'user', text: 'Do it.' },
      {
        kind: 'assistant',
        text: 'Let me look.',
        calls: [
          { id: 'a', name: 'fake__look', arguments: '{}' },
          { id: 'b', name: 'fake__look', arguments: '{}' },
        ],
      },
      {
        kind: 'tool-results',
        results: result.turns[0]?.calls.map(({ id, name, outcome }) => ({ id, name, outcome })),
      },
    ]);
    expectValid(result.messages);
    expect(result.messages.at(-1)).toEqual({ kind: 'assistant', text: 'Done.', calls: [] });
  });

  test('hands a call to the executor while the model still writes the next one', async () => {
    const taken = deferred<void>();
    const executor = new FakeExecutor();
    executor.onItem = () => {
      taken.resolve();
    };
    // The second call is written only once the first one is with the executor.
    const model = new ScriptedModel(
      [calls('a'), () => taken.promise, calls('b'), ends('tool-calls')],
      [ends('stop')],
    );
    const result = await run(model, { runBatch: executor.run });
    expect(result.turns[0]?.calls.map(({ id }) => id)).toEqual(['a', 'b']);
  });

  test('passes revisions on, and keeps the last version in history', async () => {
    const revised: ModelEvent = {
      kind: 'tool-call-revise',
      index: 0,
      call: { id: 'a', name: 'fake__look', arguments: '{"n":2}' },
    };
    const model = new ScriptedModel(
      [calls('a', '{"n":1}'), revised, ends('tool-calls')],
      [ends('stop')],
    );
    const executor = new FakeExecutor();
    const result = await run(model, { runBatch: executor.run });
    expect(executor.batches[0]?.items[1]).toEqual({ kind: 'revise', index: 0, call: revised.call });
    expect(result.messages[2]).toMatchObject({ calls: [{ arguments: '{"n":2}' }] });
  });

  test('without calls runs no batch', async () => {
    const executor = new FakeExecutor();
    const result = await run(new ScriptedModel([says('Hi.'), ends('stop')]), {
      runBatch: executor.run,
    });
    expect(executor.batches).toEqual([]);
    expect(result.answer).toBe('Hi.');
  });

  test('asks for the tools anew for each message', async () => {
    const model = new ScriptedModel([calls('a'), ends('tool-calls')], [ends('stop')]);
    const lists = [TOOLS, [...TOOLS, fakeTool('more')]];
    await run(model, { tools: () => lists.shift() ?? [] });
    expect(model.requests.map(({ tools }) => tools.length)).toEqual([1, 2]);
  });

  test('tells its turns and its text', async () => {
    const model = new ScriptedModel(
      [says('Let me '), says('look.'), calls('a'), ends('tool-calls')],
      [says('Done.'), ends('stop')],
    );
    const events: TurnEvent[] = [];
    await run(model, { onEvent: (event) => events.push(event) });
    expect(events).toEqual([
      { kind: 'turn-start', turn: 1 },
      { kind: 'text-delta', turn: 1, text: 'Let me ' },
      { kind: 'text-delta', turn: 1, text: 'look.' },
      { kind: 'turn-end', turn: 1, calls: 1, finish: 'tool-calls' },
      { kind: 'turn-start', turn: 2 },
      { kind: 'text-delta', turn: 2, text: 'Done.' },
      { kind: 'turn-end', turn: 2, calls: 0, finish: 'stop' },
    ]);
  });

  test('adds up what the endpoint counted', async () => {
    const usage: ModelEvent = {
      kind: 'usage',
      usage: { inputTokens: 3, outputTokens: 2, cachedInputTokens: 1 },
    };
    const model = new ScriptedModel([calls('a'), usage, ends('tool-calls')], [usage, ends('stop')]);
    expect((await run(model)).usage).toEqual({
      inputTokens: 6,
      outputTokens: 4,
      cachedInputTokens: 2,
    });
  });

  test('gives a call whose id was used in an earlier message another one, in history and answer alike', async () => {
    const model = new ScriptedModel(
      [calls('call_0'), ends('tool-calls')],
      [calls('call_0'), ends('tool-calls')],
      [ends('stop')],
    );
    const { messages, turns } = await run(model);
    expect(turns.map((turn) => turn.calls[0]?.id)).toEqual(['call_0', 'fresh-0', undefined]);
    expectValid(messages);
  });

  test('keeps argument text as the model wrote it', async () => {
    const text = '{ "broken": ';
    const model = new ScriptedModel([calls('a', text), ends('tool-calls')], [ends('stop')]);
    expect((await run(model)).messages[2]).toMatchObject({ calls: [{ arguments: text }] });
  });

  test('goes on with a conversation', async () => {
    const conversation = new Conversation();
    await run(new ScriptedModel([says('One.'), ends('stop')]), { conversation });
    const model = new ScriptedModel([says('Two.'), ends('stop')]);
    const result = await run(model, { conversation, prompt: 'And?' });
    expect(result.messages.map(({ kind }) => kind)).toEqual([
      'system',
      'user',
      'assistant',
      'user',
      'assistant',
    ]);
  });
});

describe('the system note', () => {
  test('encourages batches', async () => {
    const { messages } = await run(new ScriptedModel([ends('stop')]));
    expect(messages[0]).toEqual({ kind: 'system', text: BATCH_NOTE });
  });

  test.each([{ batchHint: false }, { parallel: false }])('is left out with %o', async (options) => {
    const { messages } = await run(new ScriptedModel([ends('stop')]), options);
    expect(messages).toEqual([{ kind: 'user', text: 'Do it.' }]);
  });
});

test.each([true, false])('with parallel: %s model and executor are told so', async (parallel) => {
  const executor = new FakeExecutor();
  const model = new ScriptedModel([calls('a'), ends('tool-calls')], [ends('stop')]);
  await run(model, { runBatch: executor.run, parallel });
  expect(model.requests[0]?.parallelToolCalls).toBe(parallel);
  expect(executor.batches[0]?.options.oneByOne).toBe(!parallel);
});

describe('a run ends', () => {
  test.each(['length', 'content-filter'] as const)(
    'with %s when the message was cut off, and its batch is truncated',
    async (reason) => {
      const executor = new FakeExecutor();
      const model = new ScriptedModel([says('x'), calls('a'), ends(reason)]);
      const result = await run(model, { runBatch: executor.run });
      expect(result.stopReason).toBe(reason);
      expect(executor.batches[0]?.items.at(-1)).toEqual({ kind: 'end', complete: false });
      expect(result.turns[0]?.calls[0]?.outcome).toMatchObject({ code: 'truncated' });
      expectValid(result.messages);
    },
  );

  test.each([
    ['stop', true],
    ['length', false],
  ] as const)('with %s, and the message goes back as it came: %s', async (reason, goesBack) => {
    const output = { origin: 'm', items: [{ item: { type: 'message' } }] };
    const model = new ScriptedModel([says('x'), { kind: 'output', output }, ends(reason)]);
    const { messages } = await run(model);
    expect(messages.at(-1)).toEqual({
      kind: 'assistant',
      text: 'x',
      calls: [],
      ...(goesBack ? { output } : {}),
    });
  });

  test('with max-turns, after the calls of the last message were run', async () => {
    const turn = (id: string): Line[] => [calls(id), ends('tool-calls')];
    const model = new ScriptedModel(turn('a'), turn('b'), turn('c'));
    const result = await run(model, { maxTurns: 2 });
    expect(result.stopReason).toBe('max-turns');
    expect(result.turns.map(({ calls: found }) => found[0]?.outcome.kind)).toEqual(['ok', 'ok']);
    expect(model.requests).toHaveLength(2);
    expectValid(result.messages);
  });

  test('with stop when the last message allowed has no calls', async () => {
    const result = await run(new ScriptedModel([says('x'), ends('stop')]), { maxTurns: 1 });
    expect(result.stopReason).toBe('stop');
  });

  test.each([0, -1, Number.NaN])('at once with a usage error for maxTurns %d', async (maxTurns) => {
    await expect(run(new ScriptedModel(), { maxTurns })).rejects.toMatchObject({ code: 'usage' });
  });

  test.each<[string, readonly Line[]]>([
    ['the model breaks off', [says('x'), calls('a'), new HostError('model', 'gone')]],
    ['the model throws something', [says('x'), calls('a'), new Error('oops')]],
    ['the message has no end', [says('x'), calls('a')]],
    [
      'the model revises what it never said',
      [says('x'), calls('a'), { kind: 'tool-call-revise', index: 3, call: { name: 'x' } }],
    ],
  ])('with model-error when %s, and what was done is kept', async (_, lines) => {
    const executor = new FakeExecutor();
    const result = await run(new ScriptedModel(lines), { runBatch: executor.run });
    expect(result.stopReason).toBe('model-error');
    expect(result.error).toBeInstanceOf(HostError);
    expect(result.error?.code).toBe('model');
    expect(result.answer).toBe('x');
    expect(result.turns[0]?.calls).toHaveLength(1);
    expect(executor.batches[0]?.items.at(-1)).toEqual({ kind: 'end', complete: false });
    expectValid(result.messages);
  });

  test('with interrupted before it began', async () => {
    const model = new ScriptedModel();
    const result = await run(model, { signal: AbortSignal.abort() });
    expect(result).toMatchObject({ stopReason: 'interrupted', turns: [], answer: '' });
    expect(model.requests).toEqual([]);
  });

  test('with interrupted while the model writes, though the model does not listen', async () => {
    const abort = new AbortController();
    const executor = new FakeExecutor();
    const model = new ScriptedModel([
      says('x'),
      calls('a'),
      () => {
        abort.abort(new HostError('aborted', 'Ctrl-C'));
        return new Promise<never>(() => undefined);
      },
    ]);
    const result = await run(model, { runBatch: executor.run, signal: abort.signal });
    expect(result).toMatchObject({ stopReason: 'interrupted', answer: 'x' });
    expect(executor.batches[0]?.options.signal).toBe(abort.signal);
    expect(result.turns[0]?.calls).toHaveLength(1);
    expectValid(result.messages);
  });

  test('with interrupted while the calls run', async () => {
    const abort = new AbortController();
    const model = new ScriptedModel([calls('a'), calls('b'), ends('tool-calls')]);
    const runBatch: RunBatch = async (input, options) => {
      const result = await new FakeExecutor().run(input, {});
      abort.abort(new HostError('aborted', 'Ctrl-C'));
      expect(options.signal?.aborted).toBe(true);
      return result;
    };
    const result = await run(model, { runBatch, signal: abort.signal });
    expect(result.stopReason).toBe('interrupted');
    expect(result.turns).toHaveLength(1);
    expectValid(result.messages);
  });

  test('with every call answered though the batch was stopped before the message was', async () => {
    const executor = new FakeExecutor();
    const stopped = deferred<void>();
    const runBatch: RunBatch = async (input, options) => {
      const iterator = (input as AsyncIterable<BatchItem>)[Symbol.asyncIterator]();
      await iterator.next();
      await iterator.return?.();
      stopped.resolve();
      return report([record({ id: 'a', name: 'fake__look' }, 0, options.signal !== undefined)]);
    };
    const model = new ScriptedModel(
      [calls('a'), () => stopped.promise, calls('b'), calls('b'), calls('a'), ends('tool-calls')],
      [ends('stop')],
    );
    const result = await run(model, { runBatch });
    expect(executor.batches).toEqual([]);
    expect(result.turns[0]?.calls.map(({ outcome }) => outcome.kind)).toEqual([
      'ok',
      'cancelled',
      'cancelled',
      'cancelled',
    ]);
    expectValid(result.messages);
  });

  test('with what the executor rejects with, and a valid conversation', async () => {
    const conversation = new Conversation();
    const model = new ScriptedModel([calls('a'), () => turnOfTheLoop(), ends('tool-calls')]);
    const runBatch: RunBatch = () => Promise.reject(new HostError('closed', 'the host is closed'));
    await expect(run(model, { runBatch, conversation })).rejects.toMatchObject({ code: 'closed' });
    expectValid(conversation.messages);
    expect(conversation.messages.at(-1)).toMatchObject({ kind: 'tool-results' });
  });
});

describe('with a real endpoint', () => {
  test('the follow-up has one tool message for each call, in call order, and the same bytes whatever the order in which results came', async () => {
    const followUps: string[] = [];
    for (const order of [
      [0, 1, 2],
      [2, 0, 1],
      [1, 2, 0],
    ]) {
      await using endpoint = await scriptedEndpoint([
        message({
          text: 'Looking.',
          calls: [
            { id: 'x', name: 'fake__look', arguments: { n: 1 } },
            { id: 'x', name: 'fake__look', arguments: { n: 1 } },
            { id: 'y', name: 'fake__look', arguments: { n: 2 } },
          ],
        }),
        message({ text: 'Done.' }),
      ]);
      const runBatch = finishingInOrder(order);
      const model = new ChatCompletionsModel({
        baseURL: endpoint.url,
        apiKey: undefined,
        model: 'm',
      });
      const result = await run(model, { runBatch });
      expect(result.answer).toBe('Done.');
      expect(endpoint.messages(1).slice(2)).toEqual([
        {
          role: 'assistant',
          content: 'Looking.',
          tool_calls: ['0-x', '1-x', '2-y'].map((id, at) => ({
            id,
            type: 'function',
            function: { name: 'fake__look', arguments: at === 2 ? '{"n":2}' : '{"n":1}' },
          })),
        },
        { role: 'tool', tool_call_id: '0-x', content: 'text 0' },
        { role: 'tool', tool_call_id: '1-x', content: 'text 1' },
        { role: 'tool', tool_call_id: '2-y', content: 'text 2' },
      ]);
      followUps.push(endpoint.requests[1]?.text ?? '');
    }
    expect(new Set(followUps).size).toBe(1);
  });

  test('a stream that breaks off ends with model-error, its first call answered, no call twice', async () => {
    await using endpoint = await scriptedEndpoint([
      stream([
        delta({ content: 'Well, ' }),
        ...callParts({ name: 'fake__look', arguments: { n: 1 } }, 0),
        ...callParts({ name: 'fake__look', arguments: '{"n":' }, 1),
        breakOff(),
      ]),
    ]);
    const executor = new FakeExecutor();
    const model = new ChatCompletionsModel({
      baseURL: endpoint.url,
      apiKey: undefined,
      model: 'm',
    });
    const result = await run(model, { runBatch: executor.run });
    expect(result).toMatchObject({ stopReason: 'model-error', answer: 'Well, ' });
    expect(result.error?.message).toContain(endpoint.url);
    expect(executor.batches[0]?.items).toEqual([
      { kind: 'call', call: { id: 'call_1', name: 'fake__look', arguments: '{"n":1}' } },
      { kind: 'end', complete: false },
    ]);
    expectValid(result.messages);
  });

  test('a cut-off message has all its calls, and ends truncated', async () => {
    await using endpoint = await scriptedEndpoint([
      stream([...callParts({ name: 'fake__look', arguments: '{"n":' }, 0), finished('length')]),
    ]);
    const executor = new FakeExecutor();
    const model = new ChatCompletionsModel({
      baseURL: endpoint.url,
      apiKey: undefined,
      model: 'm',
    });
    const result = await run(model, { runBatch: executor.run });
    expect(result.stopReason).toBe('length');
    expect(executor.batches[0]?.items.at(-1)).toEqual({ kind: 'end', complete: false });
    expect(result.turns[0]?.calls).toHaveLength(1);
  });

  test('an error after a good turn keeps the turn', async () => {
    await using endpoint = await scriptedEndpoint([
      message({ calls: [{ name: 'fake__look' }] }),
      refusal(401, 'expired'),
    ]);
    const model = new ChatCompletionsModel({
      baseURL: endpoint.url,
      apiKey: undefined,
      model: 'm',
    });
    const result = await run(model);
    expect(result).toMatchObject({
      stopReason: 'model-error',
      error: { details: { status: 401 } },
    });
    expect(result.turns[0]?.calls[0]?.outcome.kind).toBe('ok');
    expectValid(result.messages);
  });
});

/** Three calls whose outcomes come in the given order; the records are in call order all the same. */
function finishingInOrder(order: readonly number[]): RunBatch {
  return async (input) => {
    const found: ToolCall[] = [];
    for await (const item of input as AsyncIterable<BatchItem>)
      if (item.kind === 'call') found.push(item.call);
    const results: CallRecord[] = [];
    for (const index of order) {
      await turnOfTheLoop();
      const call = found[index] as ToolCall;
      results[index] = {
        ...record({ ...call, id: `${String(index)}-${String(call.id)}` }, index, true),
        outcome: {
          kind: 'ok',
          ran: 'yes',
          content: [{ type: 'text', text: `text ${String(index)}` }],
        },
        endedMs: order.indexOf(index),
      };
    }
    return report(results);
  };
}
