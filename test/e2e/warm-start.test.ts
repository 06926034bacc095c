import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Workplace } from '../cli/workplace.ts';
import { message, scriptedEndpoint } from '../support/scripted-endpoint.ts';
import { verifies } from '../support/verifies.ts';

const SERVERS = ['a', 'b'];

/** A workplace with desks that start when they are called, each with a journal of its name. */
function lazyPlace(args: readonly string[] = []): Workplace {
  const place = new Workplace();
  const entry = (name: string): object => ({ ...place.desk(name, args), start: 'lazy' });
  return place.config(Object.fromEntries(SERVERS.map((name) => [name, entry(name)])));
}

/** Which desks were started since this was last asked. */
function started(place: Workplace): readonly string[] {
  const names = SERVERS.filter((name) => place.started(name));
  for (const name of names) rmSync(join(place.folder, name));
  return names;
}

verifies(
  'warm:remembered',
  'doctor asks every server; tools lists what it found without starting any, says so, and asks anew with --live',
  async () => {
    await using place = lazyPlace();
    await place.run(['doctor']);
    expect(started(place)).toEqual(SERVERS);

    const { stdout, stderr, code } = await place.run(['tools']);
    expect(stdout).toMatch(/^a__read .*\n(?:.*\n)*b__read /mu);
    expect(stderr).toMatch(
      /^tools of 2 servers as remembered, at the earliest from \d{4}-\d\d-\d\d \d\d:\d\d UTC; --live asks them anew\n$/u,
    );
    expect(code).toBe(0);
    const document = JSON.parse((await place.run(['tools', '--json'])).stdout) as object;
    const remembered = expect.stringMatching(/^\d{4}-.*Z$/u) as string;
    expect(document).toMatchObject({
      servers: SERVERS.map((name) => ({ name, state: 'idle', remembered })),
    });
    expect(started(place)).toEqual([]);

    const live = await place.run(['tools', '--live']);
    expect(live).toEqual({ code: 0, stdout, stderr: '' });
    expect(started(place)).toEqual(SERVERS);
  },
);

verifies('warm:remembered', 'run and call start only the servers of the calls', async () => {
  await using place = lazyPlace();
  await place.run(['tools']);
  started(place);
  await using endpoint = await scriptedEndpoint([
    message({ calls: [{ name: 'b__read', arguments: { id: '7' } }] }),
    message({ text: 'It is 7.' }),
  ]);
  const env = { OPENAI_BASE_URL: endpoint.url };
  const run = await place.run(['run', 'what is 7?'], { env });
  expect(run).toMatchObject({ code: 0, stdout: 'It is 7.\n' });
  const names = endpoint.requests[0]?.body.tools?.map((tool) => tool.function.name);
  expect(names).toEqual(expect.arrayContaining(['a__read', 'b__read']));
  expect(started(place)).toEqual(['b']);

  const call = await place.run(['call', 'a__read', '{"id": "8"}']);
  expect(call).toMatchObject({ code: 0, stdout: expect.stringContaining('read 8') as string });
  expect(started(place)).toEqual(['a']);
});

verifies(
  'warm:no-secrets',
  'neither arguments nor what is in variables is remembered',
  async () => {
    await using place = lazyPlace(['--last-words', 'ARGUMENT-SECRET']);
    await place.run(['tools']);
    const folder = join(place.folder, '.cache', 'mcp-fanout', 'catalogues');
    const names = readdirSync(folder);
    expect(names).toHaveLength(SERVERS.length);
    for (const name of names) {
      const text = readFileSync(join(folder, name), 'utf8');
      expect(text).toContain('Sets a value.');
      for (const secret of ['ARGUMENT-SECRET', place.marker, place.folder, process.execPath]) {
        expect(`${name}${text}`).not.toContain(secret);
      }
    }
  },
);

test('a background server that hangs is told of, with no advice that would not help; nothing where its tools are remembered', async () => {
  await using place = new Workplace();
  const late = (mode: string): object => ({
    ...place.desk('late', ['--mode', mode]),
    start: 'background',
  });
  place.config({ a: place.desk('a'), late: late('hang') });
  const first = await place.run(['tools']);
  expect(first.code).toBe(0);
  expect(first.stderr).toMatch(
    /^! late: still connecting after .*; going on without it \(it is "background"\)$/mu,
  );
  expect(first.stdout).not.toContain('late__');

  place.config({ late: late('serve') });
  for (const remembered of [false, true]) {
    const { stdout, stderr, code } = await place.run(['tools']);
    expect(code).toBe(0);
    expect(stdout).toContain('late__read');
    expect(stderr.includes('as remembered')).toBe(remembered);
    expect(stderr).not.toContain('connecting');
  }
});
