import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ToolCall } from '../../src/call/call.ts';
import { CallAssembler } from '../../src/model/assemble.ts';

/** The `tool_calls` of the pieces of one message. */
type Pieces = readonly (readonly unknown[])[];

/** What comes out, as a batch sees it: the calls in order, revisions applied. */
function assemble(pieces: Pieces): ToolCall[] {
  const assembler = new CallAssembler();
  const calls: ToolCall[] = [];
  const events = [...pieces.flatMap((piece) => assembler.push(piece)), ...assembler.finish()];
  for (const event of events) {
    if (event.kind === 'tool-call') calls.push(event.call);
    else calls[event.index] = event.call;
  }
  return calls;
}

/** What was handed out by each piece, and last what by the end. */
function timeline(pieces: Pieces): string[][] {
  const assembler = new CallAssembler();
  const told = (events: ReturnType<CallAssembler['push']>): string[] =>
    events.map((event) =>
      event.kind === 'tool-call'
        ? `${event.call.name}${event.call.arguments as string}`
        : `revise ${String(event.index)}: ${event.call.arguments as string}`,
    );
  return [...pieces.map((piece) => told(assembler.push(piece))), told(assembler.finish())];
}

const begin = (index: number | undefined, id: string | undefined, name: string): object => ({
  ...(index === undefined ? {} : { index }),
  ...(id === undefined ? {} : { id }),
  type: 'function',
  function: { name, arguments: '' },
});
const more = (index: number, text: string): object => ({ index, function: { arguments: text } });
const whole = (
  [index, id, name]: readonly [number | undefined, string | undefined, string],
  args: unknown = '{"n":1}',
): object => ({
  ...(index === undefined ? {} : { index }),
  ...(id === undefined ? {} : { id }),
  type: 'function',
  function: { name, arguments: args },
});

describe('calls as providers stream them', () => {
  const two = [
    { id: 'a', name: 'x', arguments: '{"n":1}' },
    { id: 'b', name: 'y', arguments: '{"n":2}' },
  ];
  const without = (...ids: string[]): object[] =>
    two.map(({ id, ...call }) => (ids.includes(id) ? call : { id, ...call }));

  test.each<[string, Pieces, readonly object[]]>([
    [
      'fragments with an index (OpenAI)',
      [
        [begin(0, 'a', 'x')],
        [more(0, '{"n"')],
        [more(0, ':1}')],
        [begin(1, 'b', 'y')],
        [more(1, '{"n":2}')],
      ],
      two,
    ],
    [
      'indexes from 1',
      [[begin(1, 'a', 'x')], [more(1, '{"n":1}')], [begin(2, 'b', 'y')], [more(2, '{"n":2}')]],
      two,
    ],
    [
      'whole calls, all at index 0, told apart by id',
      [[whole([0, 'a', 'x'])], [whole([0, 'b', 'y'], '{"n":2}')]],
      two,
    ],
    [
      'whole calls in one piece, all at index 0',
      [[whole([0, 'a', 'x']), whole([0, 'b', 'y'], '{"n":2}')]],
      two,
    ],
    [
      'whole calls without an index',
      [[whole([undefined, 'a', 'x'])], [whole([undefined, 'b', 'y'], '{"n":2}')]],
      two,
    ],
    [
      'whole calls without index and id',
      [[whole([undefined, undefined, 'x'])], [whole([undefined, undefined, 'y'], '{"n":2}')]],
      without('a', 'b'),
    ],
    [
      'fragments at index 0, with an id where a call begins',
      [
        [begin(0, 'a', 'x')],
        [more(0, '{"n":')],
        [more(0, '1}')],
        [begin(0, 'b', 'y')],
        [more(0, '{"n":2}')],
      ],
      two,
    ],
    [
      'fragments at index 0, with a name where a call begins, without ids',
      [
        [begin(0, undefined, 'x')],
        [more(0, '{"n":1}')],
        [begin(0, undefined, 'y')],
        [more(0, '{"n":2}')],
      ],
      without('a', 'b'),
    ],
    [
      'fragments without an index, the id in each',
      [
        [begin(undefined, 'a', 'x')],
        [{ id: 'a', function: { arguments: '{"n":1}' } }],
        [begin(undefined, 'b', 'y')],
        [{ id: 'b', function: { arguments: '{"n":2}' } }],
      ],
      two,
    ],
    [
      'empty or null ids and names in later fragments',
      [
        [begin(0, 'a', 'x')],
        [{ index: 0, id: '', function: { name: '', arguments: '{"n":1}' } }],
        [begin(1, 'b', 'y')],
        [{ index: 1, id: null, function: { name: null, arguments: '{"n":2}' } }],
      ],
      two,
    ],
    [
      'the full name and id repeated in every fragment',
      [
        [whole([0, 'a', 'x'], '{"n"')],
        [whole([0, 'a', 'x'], ':1}')],
        [whole([1, 'b', 'y'], '{"n":2')],
        [whole([1, 'b', 'y'], '}')],
      ],
      two,
    ],
    [
      'a new id in every fragment',
      [
        [begin(0, 'a', 'x')],
        [{ index: 0, id: 'r1', function: { arguments: '{"n":' } }],
        [{ index: 0, id: 'r2', function: { arguments: '1}' } }],
        [begin(1, 'b', 'y')],
        [{ index: 1, id: 'r3', function: { arguments: '{"n":2}' } }],
      ],
      two,
    ],
    [
      'interleaved by index',
      [
        [begin(0, 'a', 'x'), begin(1, 'b', 'y')],
        [more(1, '{"n"'), more(0, '{"n":')],
        [more(0, '1}')],
        [more(1, ':2}')],
      ],
      two,
    ],
    [
      'interleaved by id, all at index 0',
      [
        [begin(0, 'a', 'x')],
        [begin(0, 'b', 'y')],
        [{ index: 0, id: 'a', function: { arguments: '{"n":1}' } }],
        [{ index: 0, id: 'b', function: { arguments: '{"n":2}' } }],
      ],
      two,
    ],
    [
      'interleaved by id, without an index',
      [
        [begin(undefined, 'a', 'x'), begin(undefined, 'b', 'y')],
        [{ id: 'a', function: { arguments: '{"n":' } }],
        [{ id: 'b', function: { arguments: '{"n":2}' } }],
        [{ id: 'a', function: { arguments: '1}' } }],
      ],
      two,
    ],
    [
      'ids that come after the name',
      [
        [begin(0, undefined, 'x')],
        [{ index: 0, id: 'a' }],
        [more(0, '{"n":1}')],
        [begin(1, undefined, 'y')],
        [{ index: 1, id: 'b', function: { arguments: '{"n":2}' } }],
      ],
      two,
    ],
    [
      'names that come late',
      [
        [{ index: 0, id: 'a' }],
        [more(0, '{"n":1}')],
        [{ index: 0, function: { name: 'x' } }],
        [whole([1, 'b', 'y'], '{"n":2}')],
      ],
      two,
    ],
    [
      'arguments as an object',
      [[whole([0, 'a', 'x'], { n: 1 })], [whole([1, 'b', 'y'], { n: 2 })]],
      two,
    ],
    [
      'flat entries',
      [
        [{ index: 0, id: 'a', name: 'x', arguments: '{"n":1}' }],
        [{ index: 1, id: 'b', name: 'y', arguments: { n: 2 } }],
      ],
      two,
    ],
    [
      'a placeholder before the real arguments',
      [
        [whole([0, 'a', 'x'], '{}')],
        [more(0, '{"n":')],
        [more(0, '1}')],
        [whole([1, 'b', 'y'], {})],
        [more(1, '{"n":2}')],
      ],
      two,
    ],
    [
      'a whole call sent again at the end',
      [
        [begin(0, 'a', 'x')],
        [more(0, '{"n":1}')],
        [whole([0, 'a', 'x'])],
        [whole([1, 'b', 'y'], '{"n":2}')],
      ],
      two,
    ],
    [
      'junk between the fragments',
      [
        [null, 3, 'x', {}, { index: 0, type: 'function' }],
        [whole([0, 'a', 'x'])],
        [{ index: 1, id: '', function: { name: '', arguments: '' } }],
        [whole([1, 'b', 'y'], '{"n":2}')],
      ],
      two,
    ],
  ])('%s', (_, pieces, expected) => {
    expect(assemble(pieces)).toEqual(expected);
  });

  test('an id that comes when its call is out already makes no other call', () => {
    const pieces = [
      [whole([0, undefined, 'x'])],
      [{ index: 0, id: 'late', function: { name: 'x', arguments: '' } }],
    ];
    expect(assemble(pieces)).toEqual([{ name: 'x', arguments: '{"n":1}' }]);
  });

  test('two calls with one id stay two, at different indexes, with different names or in one piece', () => {
    const ids = (pieces: Pieces): unknown[] => assemble(pieces).map((call) => call.id);
    expect(ids([[whole([0, 'a', 'x'])], [whole([1, 'a', 'x'])]])).toEqual(['a', 'a']);
    expect(ids([[whole([0, 'a', 'x'])], [whole([0, 'a', 'y'])]])).toEqual(['a', 'a']);
    expect(ids([[whole([0, 'a', 'x']), whole([0, 'a', 'x'])]])).toEqual(['a', 'a']);
  });

  test('two identical calls stay two', () => {
    expect(assemble([[whole([0, 'a', 'x'])], [whole([0, 'b', 'x'])]])).toHaveLength(2);
    expect(assemble([[whole([0, undefined, 'x'])], [whole([0, undefined, 'x'])]])).toHaveLength(2);
    expect(
      assemble([[whole([undefined, undefined, 'x']), whole([undefined, undefined, 'x'])]]),
    ).toHaveLength(2);
    const begun = [[begin(0, undefined, 'x')], [more(0, '{"n":1}')]];
    expect(assemble([...begun, ...begun])).toHaveLength(2);
  });

  test('arguments that are absent, empty or null are an empty text', () => {
    const pieces = [
      [{ index: 0, id: 'a', function: { name: 'x' } }],
      [whole([1, 'b', 'x'], '')],
      [whole([2, 'c', 'x'], null)],
    ];
    expect(assemble(pieces).map((call) => call.arguments)).toEqual(['', '', '']);
  });

  test('bad arguments are handed out as they were sent', () => {
    const texts = ['{"n":', '[1]', '"x"', '{"n":1}}', 'null', '7'];
    const calls = assemble(texts.map((text, at) => [whole([at, String(at), 'x'], text)]));
    expect(calls.map((call) => call.arguments)).toEqual(texts);
  });

  test('a call that never got a name is handed out for the batch to refuse', () => {
    expect(assemble([[more(0, '{}')]])).toEqual([{ name: '', arguments: '{}' }]);
  });
});

describe('when calls are handed out', () => {
  test('each as soon as its arguments are a whole object', () => {
    expect(
      timeline([
        [begin(0, 'a', 'x')],
        [more(0, '{"n":1')],
        [more(0, '}')],
        [begin(1, 'b', 'y')],
        [more(1, '{"n":2}')],
      ]),
    ).toEqual([[], [], ['x{"n":1}'], [], ['y{"n":2}'], []]);
  });

  test('not before the calls in front of it (A1)', () => {
    expect(
      timeline([
        [begin(0, 'a', 'x'), begin(1, 'b', 'y')],
        [more(1, '{"n":2}')],
        [more(0, '{"n":1}')],
      ]),
    ).toEqual([[], [], ['x{"n":1}', 'y{"n":2}'], []]);
  });

  test('at the end only, when the arguments are no whole object', () => {
    expect(timeline([[whole([0, 'a', 'x'], '{"n":')], [whole([1, 'b', 'y'], '')]])).toEqual([
      [],
      [],
      ['x{"n":', 'y'],
    ]);
  });

  test('an empty object waits for what follows, since it may be a placeholder', () => {
    expect(timeline([[whole([0, 'a', 'x'], '{}')], [whole([1, 'b', 'y'], '{}')]])).toEqual([
      [],
      ['x{}'],
      ['y{}'],
    ]);
  });

  test('a call that reads differently later is revised (A2)', () => {
    expect(
      timeline([
        [whole([0, 'a', 'x'])],
        [whole([1, 'b', 'y'])],
        [whole([0, 'a', 'x'], '{"n":9}')],
        [more(1, '{"n"')],
        [more(1, ':8}')],
      ]),
    ).toEqual([['x{"n":1}'], ['y{"n":1}'], ['revise 0: {"n":9}'], [], ['revise 1: {"n":8}'], []]);
  });

  test('a call that turns out broken is revised at the end', () => {
    expect(timeline([[whole([0, 'a', 'x'])], [more(0, '}')]])).toEqual([
      ['x{"n":1}'],
      [],
      ['revise 0: {"n":1}}'],
    ]);
  });

  test('a call that is sent again unchanged is not revised', () => {
    expect(timeline([[whole([0, 'a', 'x'])], [whole([0, 'a', 'x'])]])).toEqual([
      ['x{"n":1}'],
      [],
      [],
    ]);
  });
});

interface Sent {
  readonly id: string;
  readonly name: string;
  readonly text: string;
}

/** How a provider writes the fragments of call `at`: `texts` is the argument text in pieces. */
type Style = (call: Sent, at: number, texts: readonly string[]) => object[];

const opened = (
  call: Sent,
  texts: readonly string[],
  fields: { first: object; later: object },
): object[] => [
  { ...fields.first, function: { name: call.name, arguments: '' } },
  ...texts.map((text) => ({ ...fields.later, function: { arguments: text } })),
];

const STYLES: Readonly<Record<string, Style>> = {
  'by index': (call, at, texts) =>
    opened(call, texts, { first: { index: at, id: call.id }, later: { index: at } }),
  'by index from 1, without ids': (call, at, texts) =>
    opened(call, texts, { first: { index: at + 1 }, later: { index: at + 1 } }),
  'at index 0, id first': (call, _, texts) =>
    opened(call, texts, { first: { index: 0, id: call.id }, later: { index: 0 } }),
  'at index 0, id always': (call, _, texts) =>
    opened(call, texts, { first: { index: 0, id: call.id }, later: { index: 0, id: call.id } }),
  'at index 0, without ids': (call, _, texts) =>
    opened(call, texts, { first: { index: 0 }, later: { index: 0 } }),
  'without index, id first': (call, _, texts) =>
    opened(call, texts, { first: { id: call.id }, later: {} }),
  'without index and id': (call, _, texts) => opened(call, texts, { first: {}, later: {} }),
  'by index, a new id each time': (call, at, texts) =>
    opened(call, texts, { first: { index: at, id: call.id }, later: { index: at } }).map(
      (entry, piece) =>
        Object.assign(entry, { id: piece === 0 ? call.id : `${call.id}-${String(piece)}` }),
    ),
  'everything in every fragment': (call, at, texts) =>
    texts.map((text) => ({
      index: at,
      id: call.id,
      function: { name: call.name, arguments: text },
    })),
  'name in every fragment, at index 0, without ids': (call, _, texts) =>
    texts.map((text) => ({ index: 0, function: { name: call.name, arguments: text } })),
  'whole, at index 0, without ids': (call) => [
    { index: 0, function: { name: call.name, arguments: call.text } },
  ],
  'whole, as an object, without index': (call) => [
    { id: call.id, function: { name: call.name, arguments: JSON.parse(call.text) as object } },
  ],
};

const sentCalls = fc.array(
  fc.record({
    // Few names and arguments, so that identical neighbours are common.
    name: fc.constantFrom('x', 'y', 'look_up'),
    text: fc.oneof(
      fc.constantFrom('{"n":1}', '{}', '{"a":"}{\\"","b":[{}]}'),
      fc
        .dictionary(fc.string(), fc.jsonValue())
        .map((value) => JSON.stringify(value))
        .filter((text) => JSON.stringify(JSON.parse(text)) === text),
    ),
  }),
  { maxLength: 6 },
);

describe.each(Object.entries(STYLES))('any calls, cut anywhere, %s', (label, style) => {
  const keepsIds = !label.includes('without ids') && !label.includes('without index and id');

  test('come out as they went in', () => {
    fc.assert(
      fc.property(sentCalls, fc.infiniteStream(fc.nat(6)), (calls, sizes) => {
        const sent = calls.map((call, at) => ({ ...call, id: `id-${String(at)}` }));
        const pieces = sent
          .flatMap((call, at) => style(call, at, cut(call.text, sizes)))
          .map((entry) => [entry]);
        expect(assemble(pieces)).toEqual(
          sent.map(({ id, name, text }) =>
            keepsIds ? { id, name, arguments: text } : { name, arguments: text },
          ),
        );
      }),
    );
  });
});

test('any calls, interleaved by index, come out as they went in, in order and without a revision', () => {
  fc.assert(
    fc.property(sentCalls, fc.infiniteStream(fc.nat(6)), (calls, sizes) => {
      const sent = calls.map((call, at) => ({ ...call, id: `id-${String(at)}` }));
      const queues = sent.map((call, at) => STYLES['by index']!(call, at, cut(call.text, sizes)));
      const starts = queues.map((queue) => queue.shift());
      const pieces: object[][] = [starts.filter((entry) => entry !== undefined)];
      while (queues.some((queue) => queue.length > 0)) {
        const waiting = queues.filter((queue) => queue.length > 0);
        const entry = waiting[(sizes.next().value ?? 0) % waiting.length]?.shift();
        if (entry !== undefined) pieces.push([entry]);
      }
      const told = timeline(pieces).flat();
      expect(told).toEqual(sent.map((call) => `${call.name}${call.text}`));
    }),
  );
});

function cut(text: string, sizes: Iterator<number>): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < text.length;) {
    const size = 1 + Number(sizes.next().value ?? 0);
    pieces.push(text.slice(at, at + size));
    at += size;
  }
  return pieces;
}
