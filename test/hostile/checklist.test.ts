import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { DEMANDS, type RowId } from './checklist.ts';

/** The rows that the tables and tests of this folder name. */
const named = new Set(
  readdirSync(import.meta.dirname)
    .filter((name) => name.endsWith('.ts') && !name.startsWith('checklist'))
    .flatMap((name) => [
      ...readFileSync(`${import.meta.dirname}/${name}`, 'utf8').matchAll(/'((?:B1|II|V)-\d\d)\b/gu),
    ])
    .map(([, id]) => id),
);

describe('every row of the checklist', () => {
  test.each(Object.keys(DEMANDS) as RowId[])('%s is proved here, or it is said why not', (id) => {
    expect(named.has(id)).toBe(DEMANDS[id].not === undefined);
  });
});
