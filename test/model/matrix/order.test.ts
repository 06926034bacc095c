// How a batch runs and comes back, row by row of the measured matrix.
import { describe, expect, test } from 'vitest';
import { MatrixHost, outcomesOf } from './matrix-host.ts';
import { VARIANTS } from './variants.ts';

describe.each(VARIANTS)('over $name', (variant) => {
  test('eight reads on two servers all run at once', async () => {
    // Each waits for all eight: were they not all under way, none would ever end.
    const calls = Array.from({ length: 8 }, (_, at) => ({
      name: at % 2 === 0 ? 'a__meet' : 'b__meet',
      arguments: { count: 8, at },
    }));
    await using matrix = await MatrixHost.with(variant, calls);
    expect(outcomesOf(await matrix.run())).toEqual(Array.from({ length: 8 }, () => 'ok'));
  });

  test('results come back in call order, though the last call ends first', async () => {
    const gates = ['one', 'two', 'three'];
    await using matrix = await MatrixHost.with(
      variant,
      gates.map((gate, at) => ({
        id: gate,
        name: at === 1 ? 'b__hold' : 'a__hold',
        arguments: { gate },
      })),
    );
    const run = matrix.run();
    for (const [at, gate] of [...gates.entries()].toReversed()) {
      const label = `${at === 1 ? 'b' : 'a'}.hold(${gate})`;
      await matrix.floor.heard(`${label} start`);
      matrix.floor.open(gate);
      await matrix.floor.heard(`${label} end`);
    }
    await run;
    expect(matrix.followUp().results).toEqual(
      gates.map((gate) => ({ id: gate, text: `passed ${gate}` })),
    );
  });

  test('five racing increments count to five', async () => {
    const increment = { name: 'a__increment', arguments: { key: 'x' } };
    await using matrix = await MatrixHost.with(
      variant,
      Array.from({ length: 5 }, () => increment),
    );
    await matrix.run();
    expect(matrix.a.records.get('x')).toBe(5);
    expect(matrix.told()).toEqual(['1', '2', '3', '4', '5']);
  });

  test('a write, two reads and a write run in that order, the reads together', async () => {
    await using matrix = await MatrixHost.with(variant, [
      { name: 'a__set', arguments: { key: 'x', value: 1 } },
      { name: 'a__meet', arguments: { count: 2, key: 'r1' } },
      { name: 'a__meet', arguments: { count: 2, key: 'r2' } },
      { name: 'a__set', arguments: { key: 'y', value: 2 } },
    ]);
    expect(outcomesOf(await matrix.run())).toEqual(['ok', 'ok', 'ok', 'ok']);
    const { journal } = matrix.floor;
    expect(journal.slice(0, 2)).toEqual(['a.set(x) start', 'a.set(x) end']);
    expect(journal.slice(2, 4).sort()).toEqual(['a.meet(r1) start', 'a.meet(r2) start']);
    expect(journal.slice(-2)).toEqual(['a.set(y) start', 'a.set(y) end']);
  });

  test('a slow write on one server holds up no other server, whose writes keep their order', async () => {
    await using matrix = await MatrixHost.with(variant, [
      { name: 'a__hold_write', arguments: { gate: 'slow' } },
      { name: 'b__increment', arguments: { key: 'x' } },
      { name: 'b__increment', arguments: { key: 'x' } },
      { name: 'b__get', arguments: { key: 'x' } },
    ]);
    const run = matrix.run();
    // All of b's have ended before a's may.
    await matrix.floor.heard('b.get(x) end');
    expect(matrix.floor.count('a.hold_write(slow) end')).toBe(0);
    matrix.floor.open('slow');
    expect(outcomesOf(await run)).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(matrix.told()).toEqual(['wrote slow', '1', '2', 'x=2']);
  });

  test('the model reads the server’s own text, without any wrapping', async () => {
    await using matrix = await MatrixHost.with(variant, [
      { name: 'a__get', arguments: { key: '"quoted" ünd\n' } },
    ]);
    await matrix.run();
    expect(matrix.told()).toEqual(['"quoted" ünd\n=0']);
  });

  test('the tokens of all turns are added up', async () => {
    await using matrix = await MatrixHost.with(variant, [
      { name: 'a__get', arguments: { key: 'x' } },
    ]);
    expect((await matrix.run()).usage).toEqual({
      inputTokens: 22,
      outputTokens: 14,
      cachedInputTokens: variant.api === 'chat' ? 0 : 4,
    });
  });

  test('with parallel calls off the endpoint is told so, and calls run one by one', async () => {
    await using matrix = await MatrixHost.with(variant, [
      { name: 'a__increment', arguments: { key: 'x' } },
      { name: 'b__get', arguments: { key: 'y' } },
      { name: 'a__get', arguments: { key: 'x' } },
    ]);
    await matrix.run({ parallel: false });
    expect(matrix.endpoint.requests.map(({ body }) => body.parallel_tool_calls)).toEqual([
      false,
      false,
    ]);
    expect(matrix.floor.journal).toEqual([
      'a.increment(x) start',
      'a.increment(x) end',
      'b.get(y) start',
      'b.get(y) end',
      'a.get(x) start',
      'a.get(x) end',
    ]);
  });
});
