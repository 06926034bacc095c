import { describe, expect, test } from 'vitest';
import { REQUIREMENTS } from './requirements.ts';
import { citationsIn, guarantees, reportText, sources } from './support/requirements-report.ts';

const all = await guarantees();

describe('every guarantee', () => {
  test.each(all)('$id is proved by a test', ({ tests }) => {
    expect(tests).not.toEqual([]);
  });

  test('belongs to an invariant that stands in the sources, or to a section of the contract', () => {
    for (const { invariant, text } of Object.values(REQUIREMENTS)) {
      expect(invariant).toMatch(/^([A-Z]\d+(, [A-Z]\d+)*|[a-z][a-z -]+)$/u);
      expect(text).toMatch(/\.$/u);
    }
  });
});

test('a citation is found with its title however the call is laid out, and not in a word that only ends like it', () => {
  const source = [
    "verifies('a:b', 'it’s a title', run);",
    "  verifies(\n    'c:d',\n    'with \\'quotes\\', and a comma',\n    async () => {",
    "verifies('e:f', `${row.title}: of a table`, () => run(row));",
    "verifies('g:h', title, run);",
    "falsifies('x:y', 'no', run);",
  ].join('\n');
  expect(citationsIn(source)).toEqual([
    { id: 'a:b', title: 'it’s a title' },
    { id: 'c:d', title: "with \\'quotes\\', and a comma" },
    { id: 'e:f', title: '${row.title}: of a table' },
    { id: 'g:h', title: 'title' },
  ]);
});

test('`npm run requirements` tells each guarantee with its tests, and which have none', () => {
  const proved = {
    id: 'a:proved',
    invariant: 'B2',
    text: 'It holds.',
    tests: [{ file: 'test/a.test.ts', title: 'holds' }],
  };
  const unproved = { id: 'a:hope', invariant: 'B3', text: 'It should hold.', tests: [] };
  expect(reportText([proved])).toBe(
    'a:proved (B2)\n  It holds.\n    test/a.test.ts · holds\n\nguarantees: 1, none without a test; tests: 1\n',
  );
  expect(reportText([proved, unproved])).toMatch(
    /a:hope \(B3\)\n {2}It should hold\.\n {4}NO TEST\n\n1 of 2 guarantees have no test: a:hope\n$/u,
  );
});

test('each invariant stands in pipeline.ts, is cited where it is kept, and is proved', async () => {
  const files = await sources('src', '.ts');
  const path = 'src/batch/pipeline.ts';
  const pipeline = files.get(path) ?? '';
  const elsewhere = [...files].flatMap(([file, source]) => (file === path ? [] : [source]));
  const proved = new Set(
    all.filter(({ tests }) => tests.length > 0).map(({ invariant }) => invariant),
  );
  for (let number = 1; number <= 8; number += 1) {
    const invariant = `B${number}`;
    expect(pipeline).toContain(` * - ${invariant}. `);
    const kept = elsewhere.filter((source) => new RegExp(`\\b${invariant}\\b`, 'u').test(source));
    expect(kept).not.toEqual([]);
    expect(proved).toContain(invariant);
  }
});
