import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Json } from '../../src/base/json.ts';
import type { CallRecord } from '../../src/call/call.ts';
import { callId } from '../../src/call/names.ts';
import type { Answer, ContentBlock, CutPart, Outcome } from '../../src/call/outcome.ts';
import { KeptResults, type ResultBounds } from '../../src/host/kept-results.ts';
import { answerText } from '../../src/model/content.ts';
import { ResultFolder } from '../../src/record/result-folder.ts';
import { folderWith } from '../config/folder.ts';
import { verifies } from '../support/verifies.ts';

const NO_BOUNDS: ResultBounds = {
  textBytes: Infinity,
  dataBytes: Infinity,
  batchTextBytes: Infinity,
  batchDataBytes: Infinity,
};

async function results(bounds: Partial<ResultBounds>, readable = true): Promise<KeptResults> {
  const root = join(await folderWith(), 'mcp-fanout', 'results');
  const folder = new ResultFolder({ root, onWarning: () => undefined });
  return new KeptResults(folder, { ...NO_BOUNDS, ...bounds }, { readable });
}

const text = (words: string): ContentBlock => ({ type: 'text', text: words });
const png = (bytes: number): ContentBlock => ({
  type: 'image',
  mimeType: 'image/png',
  data: Buffer.alloc(bytes, 1).toString('base64'),
});
const ok = (content: readonly ContentBlock[], structuredContent?: Json): Outcome => ({
  kind: 'ok',
  ran: 'yes',
  content,
  ...(structuredContent === undefined ? {} : { structuredContent }),
});

function record(outcome: Outcome, index: number): CallRecord {
  const times = { queuedMs: 0, startedMs: 0, endedMs: 1, attempts: 1 };
  const what = { name: 'a__b', server: 'a', tool: 'b', arguments: {}, access: null };
  return { id: callId(`c${String(index)}`), ...what, accessRule: null, outcome, ...times };
}

function answer(outcome: Outcome | undefined): Answer {
  if (outcome?.kind === 'ok' || outcome?.kind === 'tool-error') return outcome;
  throw new Error(`no answer: ${String(outcome?.kind)}`);
}

const cutOf = (outcome: Outcome | undefined): readonly CutPart[] => answer(outcome).cut ?? [];

const PLACE = { batch: 7, index: 2 };

describe('one result', () => {
  test('that fits stays the same object, whatever it is', async () => {
    const kept = await results({ textBytes: 10, dataBytes: 10 });
    const small = [
      ok([text('0123456789'), png(10)].slice(0, 1)),
      ok([png(10)].slice(0, 0), { a: 1 }),
      { kind: 'failed', ran: 'no', code: 'x', message: 'a long message about it' },
    ] as const satisfies readonly Outcome[];
    for (const outcome of small) expect(await kept.cap(outcome, PLACE)).toBe(outcome);
  });

  test('loses structured content that is too large to a file, and keeps the text that tells it', async () => {
    const kept = await results({ textBytes: 80 });
    const list = Array.from({ length: 30 }, (_, index) => index);
    const words = `30 numbers, one after the other: ${list.slice(0, 10).join(', ')} …`;
    const outcome = await kept.cap(ok([text(words)], { list }), PLACE);
    expect(answer(outcome).content).toEqual([text(words)]);
    expect(outcome).not.toHaveProperty('structuredContent');
    const [part] = cutOf(outcome);
    expect(part).toMatchObject({ part: 'structuredContent', shownBytes: 0 });
    expect(basename(part?.file ?? '')).toBe('r1-3-structured.json');
    expect(JSON.parse(await readFile(part?.file ?? '', 'utf8'))).toEqual({ list });
  });

  test('with structured content that its text does not tell is cut as both', async () => {
    const kept = await results({ textBytes: 20 });
    const list = Array.from({ length: 30 }, (_, index) => index);
    const outcome = await kept.cap(ok([text('30 numbers')], { list }), PLACE);
    expect(answer(outcome).content.slice(0, 2)).toEqual([text('30 numbers'), text('{"list":[')]);
    expect(outcome).not.toHaveProperty('structuredContent');
    const whole = await readFile(cutOf(outcome)[0]?.file ?? '', 'utf8');
    expect(whole).toBe(`30 numbers\n${JSON.stringify({ list })}`);
    expect(answerText(answer(outcome))).toMatch(
      /^30 numbers\n\{"list":\[\n\[cut: the first 20 of /u,
    );
  });

  test('of structured content alone is cut as the text that a model reads', async () => {
    const kept = await results({ textBytes: 8 });
    const outcome = await kept.cap(ok([], { list: [1, 2, 3] }), PLACE);
    expect(answer(outcome).content[0]).toEqual(text('{"list":'));
    expect(outcome).not.toHaveProperty('structuredContent');
    expect(await readFile(cutOf(outcome)[0]?.file ?? '', 'utf8')).toBe('{"list":[1,2,3]}');
  });

  test('loses of its images those that do not fit together, and its text tells of it', async () => {
    const kept = await results({ dataBytes: 100, textBytes: 1000 });
    const small = png(60);
    const outcome = await kept.cap(ok([text('two'), png(61), small]), PLACE);
    const [, note, image] = answer(outcome).content;
    expect(image).toBe(small);
    expect(note?.['text']).toMatch(/^\[image image\/png, 61 bytes\] \(too large .*r1-3-1\.png\)$/u);
  });

  test('whose kind of block is not known is kept as it came', async () => {
    const kept = await results({ dataBytes: 100 });
    const block = { type: 'hologram', rays: 'x'.repeat(200) };
    const outcome = await kept.cap(ok([block]), PLACE);
    const [part] = cutOf(outcome);
    expect(part?.part).toBe('hologram');
    expect(JSON.parse(await readFile(part?.file ?? '', 'utf8'))).toEqual(block);
  });

  test('of a call that the model revised takes the place of what was begun before', async () => {
    const kept = await results({ textBytes: 10 });
    const before = kept.cap(ok([text('x'.repeat(3_000_000))]), PLACE);
    const outcome = await kept.cap(ok([text('y'.repeat(30))]), PLACE);
    await before;
    expect(kept.texts.get('r1-3')).toMatchObject({ bytes: 30 });
    expect(await readFile(cutOf(outcome)[0]?.file ?? '', 'utf8')).toBe('y'.repeat(30));
  });

  test('has a file whose name no server’s words can change', async () => {
    const kept = await results({ dataBytes: 1 });
    for (const mimeType of [
      'image/../../x',
      'image/',
      7,
      'image/svg+xml',
      'image/sixteencharacters',
    ]) {
      const outcome = await kept.cap(ok([{ ...png(9), mimeType }]), PLACE);
      expect(basename(cutOf(outcome)[0]?.file ?? '')).toBe('r1-3-1.bin');
    }
  });
});

describe('the results of a batch', () => {
  const texts = [0, 1, 2].map((index) => `${String(index)} `.repeat(400 + index));

  verifies('results:bounded', 'are cut the same, byte for byte, whichever came first', async () => {
    const told: (readonly string[])[] = [];
    const orders = [
      [0, 1, 2],
      [2, 1, 0],
      [1, 2, 0],
    ];
    for (const order of orders) {
      const kept = await results({ textBytes: 500, batchTextBytes: 900 });
      const capped: Outcome[] = [];
      for (const index of order) {
        const outcome = ok([text(texts[index] ?? '')]);
        capped[index] = await kept.cap(outcome, { batch: 7, index });
      }
      const shared = await kept.share(7, capped.map(record));
      told.push(
        shared.map(({ outcome }) => answerText(answer(outcome)).replaceAll(/\/\S*\//gu, 'F/')),
      );
      expect([...kept.texts.keys()].toSorted()).toEqual(['r1-1', 'r1-2', 'r1-3']);
    }
    expect(told[0]?.[1]).toBe(
      `${(texts[1] ?? '').slice(0, 300)}\n[cut: the first 300 of 802 bytes are shown here. The whole is kept in F/r1-2.txt. read_result {"id":"r1-2","offset":300} reads on.]`,
    );
    expect(told[1]).toEqual(told[0]);
    expect(told[2]).toEqual(told[0]);
  });

  test('that were cut as they came, and fit then, stay as they are', async () => {
    const kept = await results({ textBytes: 50, batchTextBytes: 1000 });
    const capped = await kept.cap(ok([text('x'.repeat(100))]), { batch: 1, index: 0 });
    const records = [record(capped, 0), record(ok([text('y')]), 1)];
    const shared = await kept.share(1, records);
    expect(shared.map(({ outcome }) => outcome)).toEqual(records.map(({ outcome }) => outcome));
  });

  test('number their batches by those that were cut, not by the host’s', async () => {
    const kept = await results({ batchTextBytes: 10 });
    for (const batch of [12, 31]) {
      await kept.share(batch, [record(ok([text('small')]), 0)]);
      await kept.share(batch, [record(ok([text('x'.repeat(100))]), 0)]);
    }
    expect([...kept.texts.keys()]).toEqual(['r1-1', 'r2-1']);
  });

  test('hold the smallest images that fit together', async () => {
    const kept = await results({ batchDataBytes: 100 });
    const shared = await kept.share(
      1,
      [ok([png(60), text('a')]), ok([png(50)]), ok([png(40)])].map(record),
    );
    expect(shared.map(({ outcome }) => answer(outcome).content[0]?.type)).toEqual([
      'text',
      'image',
      'image',
    ]);
    expect(answer(shared[0]?.outcome).content[1]).toEqual(text('a'));
    expect(cutOf(shared[0]?.outcome)).toMatchObject([{ part: 'image', bytes: 60 }]);
  });

  test('that are one and the same, for two calls shared a read, lose an image only where it is one too many', async () => {
    const kept = await results({ batchDataBytes: 100 });
    const one = ok([png(60)]);
    const shared = await kept.share(1, [one, one].map(record));
    expect(shared.map(({ outcome }) => answer(outcome).content[0]?.type)).toEqual([
      'image',
      'text',
    ]);
  });

  test('that lose an image at first and their end later have a file for each', async () => {
    const kept = await results({ dataBytes: 50, textBytes: 400, batchTextBytes: 100 });
    const whole = ok([text('x'.repeat(200)), png(60)]);
    const capped = await kept.cap(whole, { batch: 1, index: 0 });
    const [shared] = await kept.share(1, [record(capped, 0)]);
    expect(cutOf(shared?.outcome).map(({ part, file }) => [part, basename(file ?? '')])).toEqual([
      ['image', 'r1-1-1.png'],
      ['text', 'r1-1.txt'],
    ]);
    const file = cutOf(shared?.outcome)[1]?.file ?? '';
    // What the image left behind is a part of the text.
    expect(await readFile(file, 'utf8')).toMatch(/^x{200}\n\[image image\/png, 60 bytes\] \(too/u);
  });

  test('say no word of read_result where nobody has it', async () => {
    const kept = await results({ textBytes: 10 }, false);
    const outcome = await kept.cap(ok([text('x'.repeat(11))]), PLACE);
    expect(answerText(answer(outcome))).not.toContain('read_result');
    expect(kept.texts.size).toBe(0);
  });
});
