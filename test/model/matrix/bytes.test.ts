// The follow-up turn as bytes, over both APIs, streaming and not.
import { describe, expect } from 'vitest';
import { verifies } from '../../support/verifies.ts';
import { MatrixHost } from './matrix-host.ts';
import { VARIANTS } from './variants.ts';

/** A batch of everything: text, an error, a picture, a call without an id, a bad one, and three whose end the test decides. */
const CALLS = [
  { id: 'one', name: 'a__hold', arguments: '{"gate" : "1"}' },
  { id: 'two', name: 'b__shot', arguments: { gate: '2' } },
  { id: '', name: 'a__fail', arguments: {} },
  { id: 'two', name: 'a__shot', arguments: { gate: '3' } },
  { id: 'four', name: 'a__nothing', arguments: '{"cut": ' },
];

const LABELS = { 1: 'a.hold(1)', 2: 'b.shot(2)', 3: 'a.shot(3)' } as const;

describe.each(VARIANTS)('over $name', (variant) => {
  verifies('turn:same-bytes', 'whoever ends first', async () => {
    const bodies: string[] = [];
    for (const order of [
      [1, 2, 3],
      [3, 2, 1],
      [2, 3, 1],
    ] as const) {
      await using matrix = await MatrixHost.with(variant, CALLS);
      const run = matrix.run();
      // All are under way before the first may end.
      for (const gate of order) await matrix.floor.heard(`${LABELS[gate]} start`);
      for (const gate of order) {
        matrix.floor.open(String(gate));
        await matrix.floor.heard(`${LABELS[gate]} end`);
      }
      await run;
      bodies.push(matrix.endpoint.requests[1]?.text ?? '');
    }
    expect(bodies[0]).toContain('passed 1');
    expect(new Set(bodies).size).toBe(1);
  });

  verifies('turn:raw-arguments', 'whole, odd, cut off or absent', async () => {
    const written = ['{"gate" : "1"}', '', '{"cut": ', '[1,  2]', '{ }', '{"a":1.0,"a":1e2}'];
    await using matrix = await MatrixHost.with(
      variant,
      written.map((text, at) => ({ id: `c${String(at)}`, name: 'a__get', arguments: text })),
    );
    await matrix.run();
    expect(matrix.followUp().calls.map((call) => call.arguments)).toEqual(written);
  });

  verifies(
    'turn:attachments',
    'a picture comes beside its call, labelled, and all text is there',
    async () => {
      await using matrix = await MatrixHost.with(variant, [
        { id: 'p', name: 'b__shot', arguments: { gate: '2' } },
        { id: 'q', name: 'a__get', arguments: { key: 'x' } },
      ]);
      matrix.floor.open('2');
      await matrix.run();
      expect(matrix.told()).toEqual(['a picture\n[image image/png, 4 bytes, attachment 1]', 'x=0']);
      const url = 'data:image/png;base64,iVBORw==';
      const request = matrix.endpoint.requests[1];
      if (variant.api === 'chat') {
        expect(request?.body.messages.at(-1)).toEqual({
          role: 'user',
          content: [
            { type: 'text', text: 'Attachment 1 of the result of call p (b__shot):' },
            { type: 'image_url', image_url: { url } },
          ],
        });
      } else {
        expect(request?.asked.input.at(-2)).toMatchObject({
          call_id: 'p',
          output: [{}, { text: 'Attachment 1:' }, { type: 'input_image', image_url: url }],
        });
      }
    },
  );
});
