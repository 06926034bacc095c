import { describe, expect, test } from 'vitest';
import { deskPlace, Workplace } from './workplace.ts';

describe('tools', () => {
  test('lists every tool with its server, its access class and rule, and what is declared', async () => {
    await using place = deskPlace();
    const { code, stdout } = await place.run(['tools']);
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ {2,}/));
    expect(rows[0]).toEqual(['NAME', 'SERVER', 'ACCESS', 'DECLARED', 'DESCRIPTION']);
    expect(rows[1]).toEqual([
      'desk__read',
      'desk',
      'read annotation:readOnlyHint',
      'read-only',
      'Reads a value. Really.',
    ]);
    expect(rows[3]).toEqual(['desk__set_value', 'desk', 'write verb:set', '-', 'Sets a value.']);
    expect(code).toBe(0);
  });

  test('ranks them with a query', async () => {
    await using place = deskPlace();
    const { stdout } = await place.run(['tools', 'wait for guests', '--json']);
    const { tools } = JSON.parse(stdout) as { tools: { name: string }[] };
    expect(tools[0]!.name).toBe('desk__meet');
    expect(tools.length).toBeLessThan(7);
  });

  test('takes a query of several words, and shows below each tool what it takes', async () => {
    await using place = deskPlace();
    const { code, stdout, stderr } = await place.run(['tools', 'wait', 'for', 'guests']);
    const [heading, ...lines] = stdout.split('\n');
    expect(heading).toMatch(/^NAME /);
    expect(lines[0]).toMatch(/^desk__meet /);
    expect(lines[1]).toBe('    id?: string, guests?: integer');
    expect(stderr).toBe('');
    expect(code).toBe(0);
    // What required arguments look like.
    expect((await place.run(['tools', 'reads'])).stdout).toContain('\n    id: string\n');
    // Of a whole catalogue it would be too much.
    expect((await place.run(['tools'])).stdout).not.toContain('id: string');
  });

  test('--json gives the catalogue and the state of every server', async () => {
    await using place = new Workplace();
    place.config({
      desk: place.desk(),
      broken: place.desk('broken', ['--mode', 'exit']),
      off: { command: 'x', disabled: true },
    });
    const { code, stdout } = await place.run(['tools', '--json']);
    const document = JSON.parse(stdout) as { tools: object[]; servers: object[] };
    expect(document.tools[0]).toStrictEqual({
      name: 'desk__read',
      server: 'desk',
      tool: 'read',
      access: 'read',
      accessRule: 'annotation:readOnlyHint',
      declared: { readOnly: true, idempotent: true },
      title: '',
      description: 'Reads a value.\nReally.',
      inputSchema: { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] },
    });
    expect(document.servers).toStrictEqual([
      { name: 'desk', state: 'ready' },
      { name: 'broken', state: 'failed', reason: expect.stringContaining('7') },
      { name: 'off', state: 'disabled', reason: 'disabled in the config' },
    ]);
    expect(code).toBe(0);
  });

  test('names the servers whose tools are missing, with the reason', async () => {
    await using place = new Workplace();
    place.config({
      desk: place.desk(),
      broken: place.desk('broken', ['--mode', 'exit']),
      odd: { command: 7 },
    });
    const { code, stdout, stderr } = await place.run(['tools']);
    expect(stdout).toContain('desk__read');
    expect(stderr).toMatch(/✗ broken: not available: [\s\S]*the database is locked/);
    expect(stderr).toMatch(/✗ odd: not available: .*mcp\.config\.json:1:\d+: .*command/);
    expect(stderr).toContain('tools of 2 of 3 servers are missing: broken (failed), odd (failed)');
    expect(code).toBe(0);
  });

  test('names each server that is missing once, and says what is not available', async () => {
    await using place = new Workplace();
    place.config({
      desk: place.desk(),
      missing: { command: 'no-such-command-here' },
      // Nothing can listen there.
      nowhere: { url: 'http://127.0.0.1:1/mcp' },
    });
    const { stderr } = await place.run(['tools']);
    expect(stderr).toContain('✗ missing: not available: cannot be started: the command');
    expect(stderr).toContain(
      '✗ nowhere: not available: http://127.0.0.1:1/mcp could not be reached',
    );
  });

  test('--server leaves out all others', async () => {
    await using place = new Workplace();
    place.config({ desk: place.desk(), other: place.desk('other') });
    const { stdout } = await place.run(['tools', '--server', 'desk', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ servers: [{ name: 'desk', state: 'ready' }] });
    expect(place.started('other')).toBe(false);
  });

  test('warns of more tools than endpoints take', async () => {
    await using place = new Workplace();
    place.config({ desk: place.desk('journal', ['--tools', '130']) });
    const { code, stderr } = await place.run(['tools']);
    expect(stderr).toMatch(/! 137 tools: most model endpoints take at most 128/);
    expect(code).toBe(0);
  });

  test('exits with 3 when no server can be reached', async () => {
    await using place = new Workplace();
    place.config({ broken: place.desk('journal', ['--mode', 'exit']) });
    const { code, stdout, stderr } = await place.run(['tools', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ tools: [], servers: [{ state: 'failed' }] });
    expect(stderr).toContain('error: no server could be reached: tried broken');
    expect(code).toBe(3);
  });

  test('claims to have tried none that is disabled', async () => {
    await using place = new Workplace();
    const off = { ...place.desk(), disabled: true };
    place.config({ off, broken: place.desk('journal', ['--mode', 'exit']) });
    const some = await place.run(['tools']);
    expect(some.stderr).toContain('error: no server could be reached: tried broken\n');
    place.config({ off });
    const none = await place.run(['tools']);
    expect(none.stderr).toContain(
      'no server could be reached: all in the config are disabled: off',
    );
    expect(none.code).toBe(3);
  });

  test.each([['tools'], ['tools', '--json'], ['doctor'], ['doctor', '--json']])(
    'tell a server’s last words without the secret that is in them (%j)',
    async (...args) => {
      await using place = new Workplace();
      const words = ['--last-words', 'wrong password ${env:DESK_WORD}'];
      place.config({ broken: place.desk('journal', ['--mode', 'exit', ...words]) });
      const env = { DESK_WORD: 'open-sesame-1' };
      const { stdout, stderr } = await place.run(args, { env });
      expect(stdout + stderr).toContain('wrong password [redacted]');
      expect(stdout + stderr).not.toContain('open-sesame');
    },
  );

  test.each([['tools'], ['run', 'Do it.'], ['doctor']])(
    'exits with 2 when the config names no server, and says how to get one (%s)',
    async (...args) => {
      await using place = new Workplace();
      const { code, stderr } = await place.config({}).run(args);
      expect(stderr).toContain(`error: ${place.configPath} names no server`);
      expect(stderr).toContain('mcp-fanout init');
      expect(code).toBe(2);
    },
  );

  test('warns of settings that name no tool, with the nearest that is there', async () => {
    await using place = new Workplace();
    place.config(
      { desk: { ...place.desk(), tools: { reed: { access: 'read' }, read: { access: 'read' } } } },
      { policy: { deny: ['desk__set_valu', 'desk__*'], allow: ['dek__read'] } },
    );
    const { stderr } = await place.run(['tools']);
    const warnings = stderr.split('\n').filter((line) => line.includes('matches no tool'));
    expect(warnings).toEqual([
      expect.stringMatching(
        /"deny".*"desk__set_valu" matches no tool.*nearest is "desk__set_value"/,
      ),
      expect.stringMatching(/"allow".*"dek__read" matches no tool.*nearest is "desk__read"/),
      expect.stringMatching(/desk: "tools": "reed" matches no tool.*nearest is "read"/),
    ]);
    // Of some of the servers only it cannot be told.
    const some = await place.run(['tools', '--server', 'desk']);
    expect(some.stderr).not.toContain('"policy"');
  });

  test('says nothing of globs as long as a server is missing, whose tools they may name', async () => {
    await using place = new Workplace();
    const dead = { command: 'no-such-command-here' };
    place.config({ desk: place.desk(), dead }, { policy: { deny: ['dead__drop'] } });
    const { stderr } = await place.run(['tools']);
    expect(stderr).not.toContain('matches no tool');
    // Where its entry is, though nothing is wrong with its form.
    expect(stderr).toContain(`its entry: ${place.configPath}:1`);
  });
});

test('of 20 servers one that never answers and one that cannot start keep nobody waiting', async () => {
  await using place = new Workplace();
  const good = Array.from(
    { length: 18 },
    (_, index) => [`good${index}`, place.desk(`good${index}`)] as const,
  );
  // The mute server has ten minutes: whoever waited for it would be seen. The patience is long enough for the slowest good one on a busy machine.
  const mute = { ...place.desk('mute', ['--mode', 'hang']), timeouts: { connectMs: 600_000 } };
  const broken = place.desk('broken', ['--mode', 'exit']);
  const limits = { patienceMs: 2500 };
  place.config({ ...Object.fromEntries(good), mute, broken }, { limits });

  const calls = good.flatMap(([name]) => [`${name}__read`, '{"id": "a"}']);
  const called = await place.run(['call', ...calls, 'broken__read', '{"id": "a"}', '--json']);
  const { results } = JSON.parse(called.stdout) as {
    results: { outcome: { kind: string; message?: string } }[];
  };
  expect(results.slice(0, 18).map(({ outcome }) => outcome.kind)).toEqual(good.map(() => 'ok'));
  expect(results[18]!.outcome.message).toMatch(/broken[\s\S]*code 7/);
  expect(called.code).toBe(1);

  const listed = await place.run(['tools', '--json']);
  const { tools, servers } = JSON.parse(listed.stdout) as { tools: object[]; servers: object[] };
  expect(tools).toHaveLength(18 * 7);
  expect(servers.slice(18)).toMatchObject([
    { name: 'mute', state: 'connecting' },
    { name: 'broken', state: 'failed' },
  ]);
  expect(listed.stderr).toMatch(
    /! mute: still connecting after .*; going on without it \(limits\.patienceMs /,
  );
  expect(listed.stderr).toMatch(/✗ broken: not available: [\s\S]*the database is locked/);
  expect(listed.code).toBe(0);
}, 60_000);
