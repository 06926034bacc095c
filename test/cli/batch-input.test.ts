import { describe, expect, test } from 'vitest';
import { callsFromArguments, callsFromBatch } from '../../src/cli/batch-input.ts';

const fromFile = (text: string) => callsFromBatch(text, 'calls.json');
const A = { name: 'a__x', arguments: { id: 1 } };
const B = { id: 'mine', name: 'b__y' };

describe('calls on the command line', () => {
  test('come in pairs of tool and JSON', () => {
    expect(callsFromArguments(['a__x', '{"id": 1}', 'b__y', '{}'])).toEqual([
      { name: 'a__x', arguments: { id: 1 } },
      { name: 'b__y', arguments: {} },
    ]);
  });

  test.each([
    [[], /no call is given/],
    [['a__x'], /"a__x" has no arguments behind it/],
    [['a__x', '{}', 'b__y'], /"b__y" has no arguments behind it/],
    [
      ['a__x', '{"id": 1'],
      /argument 2, the arguments of "a__x", is not valid JSON: .* character 9/,
    ],
    [['a__x', '{}', 'b__y', '{id: 1}'], /argument 4, the arguments of "b__y", .* at character 2/],
    [['a__x', '[1]'], /must be a JSON object such as .*, not an array/],
    [['a__x', '"text"'], /must be a JSON object .* not a string/],
    [['a__x', ' '], /is empty: write '\{\}' for none/],
  ])('%j is told what is wrong', (words, message) => {
    expect(() => callsFromArguments(words)).toThrow(message);
  });
});

describe('a batch file', () => {
  test('may be a JSON array', () => {
    expect(fromFile(JSON.stringify([A, B], null, 2))).toEqual([A, B]);
  });

  test('may have one call a line, with empty lines between', () => {
    expect(fromFile(`${JSON.stringify(A)}\n\n${JSON.stringify(B)}\r\n`)).toEqual([A, B]);
  });

  test('may be one call', () => {
    expect(fromFile(JSON.stringify(A))).toEqual([A]);
  });

  test('may hold no call', () => {
    expect(fromFile('[]')).toEqual([]);
  });

  const message = {
    role: 'assistant',
    content: null,
    tool_calls: [
      { id: 'call_1', type: 'function', function: { name: 'a__x', arguments: '{"id": 1}' } },
      { id: 'call_2', type: 'function', index: 1, function: { name: 'b__y', arguments: '{oops' } },
    ],
  };
  const calls = [
    { id: 'call_1', name: 'a__x', arguments: '{"id": 1}' },
    // What a model wrote is answered like a model's mistake, by the call's own outcome.
    { id: 'call_2', name: 'b__y', arguments: '{oops' },
  ];

  test('may be an assistant message', () => {
    expect(fromFile(JSON.stringify(message))).toEqual(calls);
  });

  test('may be the tool calls of one', () => {
    expect(fromFile(JSON.stringify(message.tool_calls))).toEqual(calls);
  });

  test('may be the chat completion that holds one', () => {
    const completion = { id: 'chatcmpl-1', choices: [{ index: 0, message }] };
    expect(fromFile(JSON.stringify(completion))).toEqual(calls);
  });

  test('may have arguments that are no object: that is for the call’s own outcome', () => {
    const text = '[{"name": "a__x", "arguments": [1]}, {"name": "a__x", "arguments": null}]';
    expect(fromFile(text)).toEqual([{ name: 'a__x', arguments: '[1]' }, { name: 'a__x' }]);
  });

  test.each([
    ['', /calls\.json is empty/],
    ['[{"name": "a"}', /calls\.json is not valid JSON: .* at character 15/],
    ['[\n  {"name": "a"},\n  {"name" "b"}\n]', /not valid JSON: .* at line 3, column 11/],
    ['{"name": "a"}\n{"name": "b"', /line 2 of calls\.json is not valid JSON: .* character 13/],
    ['{"name": "a"\n{"name": "b"}', /line 1 of calls\.json is not valid JSON/],
    ['{"name": "a"}\n7', /line 2 of calls\.json is a number/],
    ['[{"name": "a"}, 7]', /call 2 of calls\.json is a number/],
    ['[{"arguments": {}}]', /call 1 of calls\.json has no "name"/],
    ['[{"name": "a", "args": {}}]', /unknown key "args"; did you mean "arguments"\?/],
    ['[{"name": "a", "argumens": {}}]', /unknown key "argumens"; did you mean "arguments"\?/],
    ['[{"name": "a", "id": 7}]', /the "id" in call 1 of calls\.json is a number/],
    ['{"calls": []}', /holds an object: it must be a JSON array/],
    ['"text"', /holds a string/],
    ['{"choices": [{"message": {"content": "hi"}}]}', /has no "tool_calls"/],
    ['{"choices": [{}, {}]}', /several choices/],
  ])('%j is told what is wrong, and where', (text, complaint) => {
    expect(() => fromFile(text)).toThrow(complaint);
    expect(() => fromFile(text)).toThrow(expect.objectContaining({ code: 'usage' }));
  });

  test('cannot hide escapes in what is told about it', () => {
    expect(() => fromFile('[{"name": "a", "x\\u001b[2J": 1}]')).toThrow(/x\\\\x1b\[2J/);
  });
});
