import { describe, expect, test } from 'vitest';
import { Conversation } from '../../src/agent/conversation.ts';
import type { CallRecord, ToolCall } from '../../src/call/call.ts';
import { callId } from '../../src/call/names.ts';

const CALLS: readonly ToolCall[] = [
  { id: 'a', name: 'x', arguments: '{"n" :1}' },
  { id: 'a', name: 'x', arguments: { n: 2 } },
  { name: 'y' },
  { id: '', name: 'z', arguments: '{"cut' },
];

function record(id: string, name: string): CallRecord {
  return {
    id: callId(id),
    name,
    server: null,
    tool: null,
    arguments: {},
    access: null,
    accessRule: null,
    outcome: { kind: 'ok', ran: 'yes', content: [{ type: 'text', text: id }] },
    queuedMs: 0,
    startedMs: 0,
    endedMs: 0,
    attempts: 1,
  };
}

describe('a conversation', () => {
  test('takes a message and its follow-up in one step, under the ids that the calls were given', () => {
    const conversation = new Conversation();
    conversation.append('user', 'Go.');
    const results = ['a', 'fresh-1', 'fresh-2', 'fresh-3'].map((id, at) =>
      record(id, CALLS[at]?.name ?? ''),
    );
    conversation.appendTurn({ text: '', calls: CALLS, results });
    expect(conversation.messages.slice(1)).toEqual([
      {
        kind: 'assistant',
        text: '',
        calls: [
          { id: 'a', name: 'x', arguments: '{"n" :1}' },
          { id: 'fresh-1', name: 'x', arguments: '{"n":2}' },
          { id: 'fresh-2', name: 'y', arguments: '' },
          { id: 'fresh-3', name: 'z', arguments: '{"cut' },
        ],
      },
      {
        kind: 'tool-results',
        results: results.map(({ id, name, outcome }) => ({ id, name, outcome })),
      },
    ]);
  });

  test('answers calls that have no result, each once and under an id of its own', () => {
    const conversation = new Conversation();
    const results = conversation.appendTurn({
      text: '',
      calls: CALLS,
      results: [record('a', 'x')],
    });
    expect(results.map(({ outcome }) => outcome.kind)).toEqual([
      'ok',
      'cancelled',
      'cancelled',
      'cancelled',
    ]);
    expect(new Set(results.map(({ id }) => id)).size).toBe(4);
    expect(results.map((one) => one.arguments)).toEqual([{}, { n: 2 }, {}, '{"cut']);
  });

  test('goes on from messages, and knows their calls', () => {
    const first = new Conversation();
    first.appendTurn({ text: 'x', calls: CALLS.slice(0, 1), results: [record('a', 'x')] });
    const second = new Conversation(first.messages);
    expect(second.messages).toEqual(first.messages);
    expect([second.hasCall('a'), second.hasCall('b'), second.isEmpty]).toEqual([
      true,
      false,
      false,
    ]);
    const [answer] = second.appendTurn({ text: '', calls: CALLS.slice(0, 1), results: [] });
    expect(answer?.id).not.toBe('a');
  });

  test('keeps what an API wants back with the message it came with', () => {
    const conversation = new Conversation();
    const output = { origin: 'm', items: [{ item: { type: 'reasoning' } }] };
    conversation.appendTurn({ text: 'x', calls: [], results: [], output });
    expect(conversation.messages).toEqual([{ kind: 'assistant', text: 'x', calls: [], output }]);
  });

  test('leaves out a message that says nothing, and gives snapshots', () => {
    const conversation = new Conversation();
    const before = conversation.messages;
    conversation.appendTurn({ text: '', calls: [], results: [] });
    conversation.append('user', 'Go.');
    expect(before).toEqual([]);
    expect(conversation.messages).toHaveLength(1);
  });
});
