// Catalogues that endpoints refuse, row by row of the measured matrix.
import { describe, expect, test } from 'vitest';
import { MatrixHost, outcomesOf } from './matrix-host.ts';
import { VARIANTS } from './variants.ts';

const LONG = `read_${'very_'.repeat(15)}old`;

describe.each(VARIANTS)('over $name', (variant) => {
  test('one tool name on two servers is two tools', async () => {
    await using matrix = await MatrixHost.with(variant, [
      { name: 'a__get', arguments: { key: 'of a' } },
      { name: 'b__get', arguments: { key: 'of b' } },
    ]);
    expect(outcomesOf(await matrix.run())).toEqual(['ok', 'ok']);
    expect([matrix.a.received, matrix.b.received]).toEqual([
      [['get', { key: 'of a' }]],
      [['get', { key: 'of b' }]],
    ]);
  });

  test.each(['files.read/a', LONG])(
    'a name that no endpoint takes is made one: %s',
    async (name) => {
      await using matrix = await MatrixHost.open(variant, {
        tools: [name, 'get'],
        steps: [
          (request) => {
            const [exposed = ''] = variant.toolNames(request);
            return variant.message({ calls: [{ name: exposed, arguments: { key: 'x' } }] });
          },
          variant.message({ text: 'Done.' }),
        ],
      });
      expect(outcomesOf(await matrix.run())).toEqual(['ok']);
      expect(matrix.a.received).toEqual([[name, { key: 'x' }]]);
      for (const shown of variant.toolNames(matrix.endpoint.requests[0]))
        expect(shown).toMatch(/^[A-Za-z0-9_-]{1,64}$/u);
      expect(matrix.followUp().calls[0]?.name).toBe(
        variant.toolNames(matrix.endpoint.requests[0])[0],
      );
    },
  );

  test('of 330 tools an endpoint sees no more than it takes, and the others can be found and called', async () => {
    const tools = Array.from({ length: 330 }, (_, at) => `tool_${String(at).padStart(3, '0')}`);
    await using matrix = await MatrixHost.open(variant, {
      tools,
      steps: [
        variant.message({ calls: [{ name: 'search_tools', arguments: { query: 'tool_329' } }] }),
        variant.message({ calls: [{ name: 'a__tool_329', arguments: { key: 'x' } }] }),
        variant.message({ text: 'Done.' }),
      ],
    });
    const result = await matrix.run();
    expect([outcomesOf(result), outcomesOf(result, 1)]).toEqual([['ok'], ['ok']]);
    expect(matrix.a.received).toEqual([['tool_329', { key: 'x' }]]);
    for (const request of matrix.endpoint.requests) {
      const shown = variant.toolNames(request);
      expect(shown.length).toBeLessThanOrEqual(128);
      expect(shown).toContain('search_tools');
    }
    expect(variant.toolNames(matrix.endpoint.requests[0])).not.toContain('a__tool_329');
    expect(variant.toolNames(matrix.endpoint.requests[1])).toContain('a__tool_329');
  });
});
