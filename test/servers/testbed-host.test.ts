import { expect, test } from 'vitest';
import { openHost } from '../../src/index.ts';
import { scratch, SERVER as GIT } from './git-session.ts';
import { SERVER as TESTBED } from './testbed-session.ts';

// The bundled servers as the host sees them: what their annotations say decides what overlaps.

function testbed(...args: string[]): { command: string; args: string[] } {
  return { command: process.execPath, args: [TESTBED, ...args] };
}

test.each(['legacy', 'dual', 'modern'])(
  'a host keeps all increments of a %s testbed, because they are declared as writes',
  async (era) => {
    await using host = await openHost({ mcpServers: { testbed: testbed('--era', era) } });
    const increments = Array.from({ length: 6 }, () => ({
      name: 'testbed__counter_increment',
      arguments: { delay_ms: 20 },
    }));
    const calls = await host.runBatch([...increments, { name: 'testbed__counter_get' }]);
    expect(calls.map(({ access, outcome }) => [access, outcome.kind])).toEqual([
      ...increments.map(() => ['write', 'ok']),
      ['read', 'ok'],
    ]);
    expect(calls.at(-1)?.outcome).toMatchObject({ structuredContent: { value: 6 } });
  },
);

test('one that is told to let everything overlap loses some', async () => {
  await using host = await openHost({
    mcpServers: { testbed: { ...testbed(), parallel: 'always' } },
  });
  const increments = Array.from({ length: 6 }, () => ({
    name: 'testbed__counter_increment',
    arguments: { delay_ms: 300 },
  }));
  await host.runBatch(increments);
  const [get] = await host.runBatch([{ name: 'testbed__counter_get' }]);
  const outcome = get?.outcome;
  const data = outcome?.kind === 'ok' ? outcome.structuredContent : undefined;
  const value = Number((data as { value?: number } | undefined)?.value);
  expect(value).toBeGreaterThan(0);
  expect(value).toBeLessThan(6);
});

test('a batch over both servers: reads of the repository around a commit see it or not, as they stand', async () => {
  await using folder = await scratch({ 'a.txt': 'a\n' });
  await folder.write({ 'b.txt': 'b\n' });
  await using host = await openHost({
    mcpServers: {
      git: { command: process.execPath, args: [GIT, '--repo', folder.repo], env: folder.env },
      testbed: testbed(),
    },
  });
  const status = { name: 'git__status' };
  const commit = { name: 'git__commit', arguments: { message: 'Add b', paths: ['b.txt'] } };
  const echo = { name: 'testbed__echo', arguments: { text: 'beside' } };
  const calls = await host.runBatch([status, echo, commit, status]);
  expect(calls.map(({ outcome }) => outcome)).toMatchObject([
    { kind: 'ok', structuredContent: { clean: false, untracked: ['b.txt'] } },
    { kind: 'ok', structuredContent: { text: 'beside' } },
    { kind: 'ok', structuredContent: { subject: 'Add b' } },
    { kind: 'ok', structuredContent: { clean: true } },
  ]);
});
