/** The `typescript` server on a real project: this repository. */
import { expect, test } from 'vitest';
import { openSession } from './typescript-session.ts';

interface Symbols {
  readonly path: string;
  readonly type: string;
  readonly calls: number;
  readonly called_in: readonly { readonly path: string }[];
}

test('what is the type of runBatch, and where is it called?', async () => {
  await using session = await openSession(process.cwd());
  const [types, references] = await Promise.all([
    session.call('type_of', { symbol: 'runBatch' }),
    session.call('find_references', { symbol: 'runBatch' }),
  ]);
  const [type] = types.data['symbols'] as Symbols[];
  expect(type?.path).toBe('src/batch/run-batch.ts');
  expect(type?.type).toMatch(/^function runBatch\(.*\): Promise<BatchReport>$/);
  const [found] = references.data['symbols'] as Symbols[];
  expect(found?.path).toBe('src/batch/run-batch.ts');
  expect(found?.calls).toBeGreaterThan(0);
  const files = found?.called_in.map(({ path }) => path) ?? [];
  expect(files[0]).toMatch(/^src\/host\//);
  expect(files).toContain('test/support/scripted-host.ts');
  expect(references.text).toMatch(
    /^function runBatch, src\/batch\/run-batch\.ts:\d+:\d+\n {2}Called in /,
  );
});
