// What models emit, row by row of the measured matrix: one test a row, over both APIs, streaming and not.
import { describe, expect, test } from 'vitest';
import { MatrixHost, outcomesOf } from './matrix-host.ts';
import { VARIANTS } from './variants.ts';

const get = (key: string, id?: string) => ({
  ...(id === undefined ? {} : { id }),
  name: 'a__get',
  arguments: { key },
});

describe.each(VARIANTS)('over $name', (variant) => {
  test('arguments that are cut off reach no server, and the model learns where', async () => {
    const cut = '{ "key": "x", "value": ';
    await using matrix = await MatrixHost.with(variant, [
      { name: 'a__set', arguments: cut },
      { name: 'b__get', arguments: { key: 'y' } },
    ]);
    const result = await matrix.run();
    expect(result).toMatchObject({ answer: 'Done.', stopReason: 'stop' });
    expect(outcomesOf(result)).toEqual(['invalid', 'ok']);
    expect(matrix.a.received).toEqual([]);
    expect(matrix.followUp().calls[0]?.arguments).toBe(cut);
    expect(matrix.told()[0]).toMatch(/not valid JSON: they end too early, at character 23/u);
    expect(matrix.told()[1]).toBe('y=0');
  });

  test('empty arguments are none, and stay empty in the history', async () => {
    await using matrix = await MatrixHost.with(variant, [{ name: 'a__get', arguments: '' }]);
    expect(outcomesOf(await matrix.run())).toEqual(['ok']);
    expect(matrix.a.received).toEqual([['get', {}]]);
    expect(matrix.followUp().calls[0]?.arguments).toBe('');
  });

  test('arguments that are no object reach no server', async () => {
    await using matrix = await MatrixHost.with(variant, [
      { name: 'a__get', arguments: '["x"]' },
      { name: 'a__get', arguments: '7' },
      get('x'),
    ]);
    expect(outcomesOf(await matrix.run())).toEqual(['invalid', 'invalid', 'ok']);
    expect(matrix.a.received).toEqual([['get', { key: 'x' }]]);
    expect(matrix.followUp().calls.map((call) => call.arguments)).toEqual([
      '["x"]',
      '7',
      '{"key":"x"}',
    ]);
    expect(matrix.told()[0]).toMatch(/must be one JSON object/u);
  });

  test('arguments stay in the history as the model wrote them', async () => {
    const written = '{ "key" :\n "\\u0078" , "z": 1.0, "a": 1e2 }';
    await using matrix = await MatrixHost.with(variant, [{ name: 'a__get', arguments: written }]);
    expect(outcomesOf(await matrix.run())).toEqual(['ok']);
    expect(matrix.a.received).toEqual([['get', { key: 'x', z: 1, a: 100 }]]);
    expect(matrix.followUp().calls[0]?.arguments).toBe(written);
  });

  test('an unknown tool is answered with what was probably meant; its siblings run', async () => {
    await using matrix = await MatrixHost.with(variant, [
      { name: 'a__gett', arguments: {} },
      get('x'),
      { name: '', arguments: {} },
    ]);
    expect(outcomesOf(await matrix.run())).toEqual(['invalid', 'ok', 'invalid']);
    expect(matrix.told()[0]).toMatch(/no tool named "a__gett".*a__get/u);
    expect(matrix.told()[1]).toBe('x=0');
  });

  test('a repeated call id is replaced, in history and answer alike; both calls run', async () => {
    await using matrix = await MatrixHost.with(variant, [get('x', 'same'), get('y', 'same')]);
    expect(outcomesOf(await matrix.run())).toEqual(['ok', 'ok']);
    const { calls, results } = matrix.followUp();
    expect(new Set(calls.map(({ id }) => id)).size).toBe(2);
    expect(results.map(({ id }) => id)).toEqual(calls.map(({ id }) => id));
    expect(matrix.told()).toEqual(['x=0', 'y=0']);
  });

  test('a call id of an earlier message is replaced, too', async () => {
    const calls = [get('x', 'call_0')];
    await using matrix = await MatrixHost.open(variant, {
      steps: [
        variant.message({ calls }),
        variant.message({ calls }),
        variant.message({ text: 'Done.' }),
      ],
    });
    const result = await matrix.run();
    expect([outcomesOf(result), outcomesOf(result, 1)]).toEqual([['ok'], ['ok']]);
    const [first, second] = [matrix.followUp(1), matrix.followUp(2)];
    expect(first.calls[0]?.id).toBe('call_0');
    expect(second.calls[0]?.id).not.toBe('call_0');
    expect(second.results[0]?.id).toBe(second.calls[0]?.id);
  });

  test('a call without an id gets none that an earlier message has', async () => {
    await using matrix = await MatrixHost.open(variant, {
      steps: [
        variant.message({ calls: [get('x', 'call_2_0')] }),
        variant.message({ calls: [get('y', '')] }),
        variant.message({ text: 'Done.' }),
      ],
    });
    await matrix.run();
    const [first, second] = [matrix.followUp(1), matrix.followUp(2)];
    expect(first.calls[0]?.id).toBe('call_2_0');
    expect(second.calls[0]?.id).toMatch(/^call_2_0_/u);
    expect(second.results[0]?.id).toBe(second.calls[0]?.id);
  });

  test('the same read twice is sent once and answered twice; the same write runs twice', async () => {
    const write = { name: 'a__increment', arguments: { key: 'x' } };
    await using matrix = await MatrixHost.with(variant, [
      { name: 'b__get', arguments: { key: 'x' } },
      { name: 'b__get', arguments: { key: 'x' } },
      write,
      write,
    ]);
    expect(outcomesOf(await matrix.run())).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(matrix.b.received).toHaveLength(1);
    expect(matrix.told()).toEqual(['x=0', 'x=0', '1', '2']);
  });

  test('a message that is cut off runs no write, and asks for nothing more', async () => {
    await using matrix = await MatrixHost.open(variant, {
      steps: [
        variant.message({
          calls: [
            { name: 'a__set', arguments: { key: 'x', value: 1 } },
            { name: 'a__set', arguments: { key: 'y', value: 1 } },
          ],
          cut: true,
        }),
      ],
    });
    const result = await matrix.run();
    expect(result.stopReason).toBe('length');
    expect(result.turns[0]?.calls.map(({ outcome }) => outcome)).toMatchObject([
      { kind: 'cancelled', code: 'truncated', ran: 'no' },
      { kind: 'cancelled', code: 'truncated', ran: 'no' },
    ]);
    expect(matrix.a.received).toEqual([]);
    expect(result.messages.at(-1)).toMatchObject({ kind: 'tool-results', results: [{}, {}] });
  });

  test.each(['allAtIndexZero', 'interleaved'] as const)(
    'calls that are streamed badly stay two: %s',
    async (badly) => {
      const calls = [
        get('x', 'one'),
        { id: 'two', name: 'b__get', arguments: { key: 'long key' } },
      ];
      await using matrix = await MatrixHost.open(variant, {
        steps: [variant[badly](calls), variant.message({ text: 'Done.' })],
      });
      expect(outcomesOf(await matrix.run())).toEqual(['ok', 'ok']);
      expect([matrix.a.received, matrix.b.received]).toEqual([
        [['get', { key: 'x' }]],
        [['get', { key: 'long key' }]],
      ]);
      expect(matrix.followUp().calls).toEqual([
        { id: 'one', name: 'a__get', arguments: '{"key":"x"}' },
        { id: 'two', name: 'b__get', arguments: '{"key":"long key"}' },
      ]);
      expect(matrix.told()).toEqual(['x=0', 'long key=0']);
    },
  );
});
