import { readdir, readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { REQUIREMENTS } from '../requirements.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** A test that cites a guarantee. */
export interface Citation {
  readonly id: string;
  /** As it stands in the source: a test of a table has one title for all of its rows. */
  readonly title: string;
}

/** A guarantee and the tests that prove it. */
export interface Guarantee {
  readonly id: string;
  readonly invariant: string;
  readonly text: string;
  readonly tests: readonly { readonly file: string; readonly title: string }[];
}

/** Files below a folder of the repository by their path, `/` between its parts. */
export async function sources(
  folder: string,
  ending: string,
): Promise<ReadonlyMap<string, string>> {
  const names = await readdir(join(ROOT, folder), { recursive: true });
  const paths = names
    .filter((name) => name.endsWith(ending))
    .map((name) => posix.join(folder, name.replaceAll('\\', '/')))
    .sort();
  return new Map(
    await Promise.all(
      paths.map(async (path) => [path, await readFile(join(ROOT, path), 'utf8')] as const),
    ),
  );
}

/** The tests that a file's source declares by `verifies`, in order. That their ids exist is the compiler's business. */
export function citationsIn(source: string): readonly Citation[] {
  const declaration =
    /\bverifies\(\s*'(?<id>[^']+)',\s*(?<title>'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`|[^\s,]+)/gu;
  return [...source.matchAll(declaration)].map(({ groups }) => ({
    id: groups?.['id'] ?? '',
    title: (groups?.['title'] ?? '').replace(/^(['`])(.*)\1$/su, '$2'),
  }));
}

/** Every guarantee with its tests, as the sources say it. */
export async function guarantees(): Promise<readonly Guarantee[]> {
  const files = await sources('test', '.test.ts');
  const tests = [...files].flatMap(([file, source]) =>
    // That one has examples only.
    file === 'test/requirements.test.ts'
      ? []
      : citationsIn(source).map((citation) => ({ file, ...citation })),
  );
  return Object.entries(REQUIREMENTS).map(([id, { invariant, text }]) => ({
    id,
    invariant,
    text,
    tests: tests.filter((test) => test.id === id).map(({ file, title }) => ({ file, title })),
  }));
}

/** What `npm run requirements` prints: each guarantee, and below it its tests. */
export function reportText(all: readonly Guarantee[]): string {
  const blocks = all.map(({ id, invariant, text, tests }) =>
    [
      `${id} (${invariant})`,
      `  ${text}`,
      ...(tests.length === 0 ? ['    NO TEST'] : []),
      ...tests.map(({ file, title }) => `    ${file} · ${title}`),
    ].join('\n'),
  );
  const unproved = all.filter(({ tests }) => tests.length === 0).map(({ id }) => id);
  const count = all.reduce((sum, { tests }) => sum + tests.length, 0);
  const verdict =
    unproved.length === 0
      ? `guarantees: ${all.length}, none without a test; tests: ${count}`
      : `${unproved.length} of ${all.length} guarantees have no test: ${unproved.join(', ')}`;
  return `${[...blocks, verdict].join('\n\n')}\n`;
}
