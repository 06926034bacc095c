import { describe, expect, test } from 'vitest';
import { traceText } from '../../src/record/trace-text.ts';
import { PLAIN } from '../../src/record/paint.ts';
import {
  end,
  queue,
  readLinesAsTrace,
  readText,
  sent,
  START,
  traceFileText,
  wait,
  type Line,
} from './trace-lines.ts';

const REPORT = { wallMs: 100, sumMs: 200, longestMs: 100, speedup: 2 };
const batch = (lines: readonly Line[]): readonly Line[] => [
  { kind: 'batch-start', batch: 1, time: 10 },
  ...lines.map((line) => ({ time: 20, ...line })),
  { kind: 'batch-end', batch: 1, report: REPORT, time: 110 },
];
const text = async (lines: readonly Line[], width = 100): Promise<string> =>
  traceText(await readLinesAsTrace(lines), { width, paint: PLAIN });

describe('a trace, read back', () => {
  test.each([
    ['order', 'an earlier call of its batch (order)'],
    ['model', 'the end of the model’s message (model)'],
    ['approval', 'a person’s answer (approval)'],
    ['shared', 'an equal read under way (shared)'],
    ['lock', 'another batch (lock)'],
    ['backoff', 'its next try (retry)'],
    ['slot', 'a free slot (slot)'],
    ['rate', 'the rate limit (rate)'],
    ['connect', 'its server (connect)'],
    ['answer', 'a person’s answer to its server (answer)'],
  ])('says that a call waited for %s', async (reason, words) => {
    const lines = [queue('a', 0), ...wait('a', reason, [5, 35]), sent('a', 1, 35), end('a', 0)];
    expect(await text(batch(lines))).toContain(`    waited 30 ms for ${words}\n`);
  });

  test('shows each try, and the waits between them together', async () => {
    const lines = [
      queue('a', 0),
      sent('a', 1, 0),
      ...wait('a', 'backoff', [20, 40]),
      sent('a', 2, 40),
      ...wait('a', 'backoff', [50, 80]),
      sent('a', 3, 80),
      end('a', 0, { attempts: 3 }),
    ];
    const { turns } = await readLinesAsTrace(batch(lines));
    expect(turns[0]!.batch!.calls[0]!.sends).toEqual([
      { attempt: 1, startMs: 0, endMs: 20 },
      { attempt: 2, startMs: 40, endMs: 50 },
      { attempt: 3, startMs: 80, endMs: 100 },
    ]);
    const shown = await text(batch(lines), 70);
    expect(shown).toContain('waited 50 ms for its next try (retry, 2 times)');
    expect(shown).toContain('sent 3 times: at <1 ms (20 ms), at 40 ms (10 ms), at 80 ms (20 ms)');
    // Of ten columns that stand for 100 ms each tries' own are solid.
    expect(/desk {2}a {2}(?<bar>.*?) {2,}\d/u.exec(shown)!.groups!['bar']).toMatch(/^█+·+█+·+█+$/);
  });

  test('says which results went into which turn, and which went nowhere', async () => {
    const shown = await text([
      { kind: 'turn-start', turn: 1, time: 5 },
      ...batch([
        queue('a', 0),
        sent('a', 1, 0),
        end('a', 0),
        queue('b', 1),
        sent('b', 1, 0),
        end('b', 1),
      ]),
      { kind: 'turn-end', turn: 1, calls: 2, finish: 'tool-calls', time: 120 },
      { kind: 'turn-start', turn: 2, time: 121 },
      ...batch([queue('c', 0), sent('c', 1, 0), end('c', 0)]).map((line) =>
        'batch' in line ? { ...line, batch: 2, time: 130 } : line,
      ),
      { kind: 'turn-end', turn: 2, calls: 1, finish: 'tool-calls', time: 140 },
    ]);
    expect(shown).toMatch(/^turn 1 · the model began after 0\.01 s · called 2 tools · /m);
    expect(shown).toContain('→ all 2 results went into turn 2, in call order\n');
    expect(shown).toContain('→ no later turn has seen the results\n');
    expect(shown).toMatch(/^3 calls · .* · 2 batches$/m);
  });

  test('without a model each batch stands for itself, also those that overlap', async () => {
    const { kind, turns } = await readLinesAsTrace([
      { kind: 'batch-start', batch: 1 },
      { kind: 'batch-start', batch: 2 },
      { ...queue('b', 0), batch: 2 },
      queue('a', 0),
      { ...end('b', 0), batch: 2 },
      end('a', 0),
      { kind: 'batch-end', batch: 2, report: REPORT },
      { kind: 'batch-end', batch: 1, report: REPORT },
    ]);
    expect(kind).toBe('call');
    expect(turns.map((turn) => turn.batch!.calls.map(({ id }) => id))).toEqual([['a'], ['b']]);
    expect(turns.map(({ resultsInto }) => resultsInto)).toEqual([null, null]);
  });

  test('a call that never ended is shown as far as it came', async () => {
    const shown = await text([
      { kind: 'batch-start', batch: 1 },
      queue('a', 0),
      sent('a', 1, 10),
      queue('b', 1),
      { kind: 'call-wait-start', batch: 1, id: 'b', reason: 'order', at: 20 },
      { ...end('c', 2), time: 90 },
    ]);
    expect(shown).toMatch(/desk +a .*– {2}running$/m);
    expect(shown).toMatch(/desk +b .*– {2}waiting$/m);
    expect(shown).toContain('for an earlier call of its batch (order), and still did');
    expect(shown).toContain('it never ended');
    expect(shown).toContain('the recording ends before the run did');
  });

  test('a revised call begins anew', async () => {
    const lines = [
      queue('a', 0),
      sent('a', 1, 0),
      { kind: 'call-revise', batch: 1, id: 'a', index: 0, at: 30 },
      sent('a', 1, 40),
      end('a', 0, { startedMs: 40 }),
    ];
    const { turns } = await readLinesAsTrace(batch(lines));
    expect(turns[0]!.batch!.calls[0]).toMatchObject({ revisions: 1, startedMs: 40, attempts: 1 });
    expect(await text(batch(lines))).toContain('rewritten by the model: 1 time');
  });

  test('texts of servers cannot move the cursor', async () => {
    const outcome = { kind: 'failed', ran: 'no', code: 'x', message: 'a\u001B[2Jb\nc' };
    const shown = await text(batch([queue('a', 0), end('a', 0, { tool: 'a\u001B[31m', outcome })]));
    // oxlint-disable-next-line no-control-regex -- control characters are what this is about
    expect(shown).not.toMatch(/[\u0000-\u0009\u000B-\u001F]/);
  });
});

describe('a file that', () => {
  const GOOD = traceFileText([START, { kind: 'batch-start', batch: 1 }, queue('a', 0)]);

  test('breaks off in the middle of its last line is read up to that line', async () => {
    const whole = await readText(GOOD);
    expect(whole.tornLine).toBeNull();
    // Wherever it breaks off, a byte of a character included.
    for (const cut of [1, 2, 20, 60]) {
      const torn = await readText(Buffer.from(GOOD.replace('desk__a', 'dé')).subarray(0, -cut));
      expect(torn.tornLine).toBe(cut === 1 ? null : 3);
    }
    const trace = await readText(GOOD.slice(0, -20));
    expect(traceText(trace, { width: 80, paint: PLAIN })).toContain(
      'line 3, the last one, breaks off in the middle and is left out',
    );
  });

  test.each([
    [
      'is damaged before its end',
      GOOD.replace('"batch-start"', 'batch-start'),
      /x\.jsonl:2: .*not JSON/,
    ],
    [
      'has an event that is none',
      GOOD.replace('"index":0', '"index":"0"'),
      /x\.jsonl:3: .*call-queue.*index/,
    ],
    ['has a line without a kind', `${GOOD}{"a": 1}\n`, /x\.jsonl:4: .*no "kind"/],
    ['is JSON of another sort', '{"mcpServers": {}}\n', /x\.jsonl:1: this is no trace/],
    ['is no text', Buffer.from([0xff, 0xfe, 0, 1, 10, 2]), /x\.jsonl:1: this is no trace/],
    [
      'is written by a newer version',
      traceFileText([{ ...START, format: 2 }]),
      /format 2, and this version reads 1/,
    ],
    // Longer than what is read at once.
    [
      'is damaged long before its end',
      `${GOOD}{\n${`${JSON.stringify({ kind: 'x', text: 'y'.repeat(1000) })}\n`.repeat(1000)}`,
      /x\.jsonl:4: .*not JSON/,
    ],
    ['is empty', '', /is empty: nothing was recorded/],
  ])('%s is refused with the number of the line', async (_name, content, words) => {
    await expect(readText(content)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringMatching(words),
    });
  });

  test('holds events that this version does not know is read all the same', async () => {
    const trace = await readText(`${GOOD}{"level":30,"time":1,"kind":"weather-change"}\n`);
    expect(trace.turns[0]!.batch!.calls).toHaveLength(1);
  });

  test('holds more than a picture shows costs no more memory than that picture', async () => {
    const big = 'x'.repeat(200_000);
    const lines = Array.from({ length: 21_000 }, (_, index) => queue(`c${String(index)}`, index));
    const outcome = { kind: 'ok', ran: 'yes', content: [{ type: 'text', text: big }] };
    const trace = await readLinesAsTrace([
      { kind: 'batch-start', batch: 1 },
      ...lines,
      end('c0', 0, { arguments: { big }, outcome }),
    ]);
    const [call] = trace.turns[0]!.batch!.calls;
    expect(trace.turns[0]!.batch!.calls).toHaveLength(20_000);
    expect(trace.omitted).toMatchObject({ calls: 1000 });
    expect(call!.arguments).toMatch(/^.{16384}… \(200010 characters\)$/);
  });
});
