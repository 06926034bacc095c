import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { REQUIREMENTS, type RequirementId } from './requirements.ts';

const ROOT = join(import.meta.dirname, '..');

async function sources(folder: string, ending: string): Promise<ReadonlyMap<string, string>> {
  const names = await readdir(join(ROOT, folder), { recursive: true });
  const paths = names.filter((name) => name.endsWith(ending)).map((name) => join(folder, name));
  return new Map(
    await Promise.all(
      paths.map(async (path) => [path, await readFile(join(ROOT, path), 'utf8')] as const),
    ),
  );
}

/** The ids that a test file cites, as many times as it does. Unknown ids are type errors. */
function cited(source: string): readonly string[] {
  return [...source.matchAll(/\bverifies\(\s*'([^']+)'/gu)].map(([, id]) => id ?? '');
}

const tests = await sources('test', '.test.ts');
// Not this file: it only has examples.
const citations = [...tests].flatMap(([path, source]) =>
  path.endsWith('requirements.test.ts') ? [] : cited(source),
);

describe('every guarantee', () => {
  const ids = Object.keys(REQUIREMENTS) as RequirementId[];

  test.each(ids)('%s is proved by a test', (id) => {
    expect(citations).toContain(id);
  });

  test('belongs to an invariant of the pipeline, or to a section of the contract', () => {
    for (const { invariant, text } of Object.values(REQUIREMENTS)) {
      expect(invariant).toMatch(/^(B[1-8]|[a-z][a-z ]+)$/u);
      expect(text).toMatch(/\.$/u);
    }
  });
});

test('a citation is found however the call is laid out, and not in a word that only ends like it', () => {
  expect(cited("verifies('a:b', 'title', run);\n  verifies(\n    'c:d',")).toEqual(['a:b', 'c:d']);
  expect(cited("falsifies('a:b')")).toEqual([]);
});

test('each invariant stands in pipeline.ts, is cited where it is kept, and is proved', async () => {
  const files = await sources('src', '.ts');
  const pipeline = files.get(join('src', 'batch', 'pipeline.ts')) ?? '';
  const elsewhere = [...files]
    .filter(([path]) => !path.endsWith('pipeline.ts'))
    .map(([, source]) => source);
  const proved = new Set(
    citations.map((id) => REQUIREMENTS[id as RequirementId].invariant as string),
  );
  for (let number = 1; number <= 8; number += 1) {
    const invariant = `B${number}`;
    expect(pipeline).toContain(` * - ${invariant}. `);
    const kept = elsewhere.filter((source) => new RegExp(`\\b${invariant}\\b`, 'u').test(source));
    expect(kept).not.toEqual([]);
    expect(proved).toContain(invariant);
  }
});
