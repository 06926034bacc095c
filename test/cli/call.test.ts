import { describe, expect, test } from 'vitest';
import { deskPlace, Workplace } from './workplace.ts';

const READ = ['call', 'desk__read', '{"id": "a"}'];

describe('call', () => {
  test('runs the calls at the same time and prints each with its server’s own text', async () => {
    await using place = deskPlace();
    // Each of the two waits for the other.
    const { code, stdout, stderr } = await place.run([
      'call',
      'desk__meet',
      '{"id": "a", "guests": 2}',
      'desk__meet',
      '{"id": "b", "guests": 2}',
    ]);
    expect(stdout.replaceAll(/· (?:<1|\d+) ms/g, '· N ms')).toBe(
      '# desk__meet · ok · N ms\nmet a\n\n# desk__meet · ok · N ms\nmet b\n',
    );
    expect(stderr).toMatch(/^start desk meet$/m);
    expect(stderr).toMatch(/^end desk meet ok (?:<1|\d+) ms$/m);
    expect(stderr).toMatch(/^2 calls · \d+\.\d\d s wall · \d+\.\d\d s one by one( · \d+\.\dx)?$/m);
    expect(code).toBe(0);
  });

  test('--json gives exactly the documented shape', async () => {
    await using place = deskPlace();
    const { code, stdout } = await place.run([...READ, 'desk__nothing', '{}', '--json']);
    const ms = expect.any(Number);
    expect(JSON.parse(stdout)).toStrictEqual({
      results: [
        {
          id: expect.any(String),
          name: 'desk__read',
          server: 'desk',
          tool: 'read',
          arguments: { id: 'a' },
          access: 'read',
          accessRule: 'annotation:readOnlyHint',
          outcome: { kind: 'ok', ran: 'yes', content: [{ type: 'text', text: 'read a' }] },
          queuedMs: ms,
          startedMs: ms,
          endedMs: ms,
          attempts: 1,
        },
        {
          id: expect.any(String),
          name: 'desk__nothing',
          server: null,
          tool: null,
          arguments: {},
          access: null,
          accessRule: null,
          outcome: {
            kind: 'invalid',
            ran: 'no',
            code: 'unknown-tool',
            message: expect.stringContaining('desk__nothing'),
          },
          queuedMs: ms,
          startedMs: ms,
          endedMs: ms,
          attempts: 0,
        },
      ],
      wallMs: ms,
      sumMs: ms,
      longestMs: ms,
      speedup: ms,
    });
    expect(stdout.trimEnd()).not.toContain('\n');
    expect(code).toBe(1);
  });

  test('exits with 1 when a tool says that it failed', async () => {
    await using place = deskPlace();
    const { code, stdout } = await place.run(['call', 'desk__fail', '{}']);
    expect(stdout).toContain('Error from desk__fail: no such record');
    expect(code).toBe(1);
  });

  test('takes the caller as the one who decides: only deny is enforced', async () => {
    await using place = new Workplace();
    place.config({ desk: place.desk() }, { policy: { deny: ['desk__re*'] } });
    const { code, stdout } = await place.run([
      'call',
      'desk__set_value',
      '{"id": "w"}',
      'desk__read',
      '{"id": "r"}',
      '--json',
    ]);
    const { results } = JSON.parse(stdout) as { results: { outcome: object }[] };
    expect(results[0]!.outcome).toMatchObject({ kind: 'ok' });
    expect(results[1]!.outcome).toMatchObject({ kind: 'denied', ran: 'no' });
    expect(place.journal()).toEqual(['start set_value w', 'end set_value w']);
    expect(code).toBe(1);
  });

  test('--no-parallel runs one call at a time, in order', async () => {
    await using place = deskPlace();
    const calls = ['a', 'b', 'c'].flatMap((id) => ['desk__read', JSON.stringify({ id })]);
    const { code } = await place.run(['call', '--no-parallel', ...calls]);
    expect(place.journal()).toEqual([
      'start read a',
      'end read a',
      'start read b',
      'end read b',
      'start read c',
      'end read c',
    ]);
    expect(code).toBe(0);
  });

  test('--parallel never makes every call of a server exclude the others', async () => {
    await using place = deskPlace();
    const args = [...READ, 'desk__read', '{"id": "b"}', '--parallel', 'never', '--json'];
    const { stdout } = await place.run(args);
    const { results } = JSON.parse(stdout) as { results: { accessRule: string }[] };
    expect(results.map(({ accessRule }) => accessRule)).toEqual([
      'config:parallel=never',
      'config:parallel=never',
    ]);
    expect(place.journal()).toEqual(['start read a', 'end read a', 'start read b', 'end read b']);
  });

  test('starts only the servers that the names need', async () => {
    await using place = new Workplace();
    place.config({ desk: place.desk(), other: place.desk('other') });
    await place.run(READ);
    expect(place.journal()).toHaveLength(2);
    expect(place.started('other')).toBe(false);
  });

  test('suggests the nearest tool for a name that no server has', async () => {
    await using place = deskPlace();
    const { code, stdout } = await place.run(['call', 'desc__read', '{}']);
    expect(stdout).toContain('Did you mean desk__read');
    expect(code).toBe(1);
  });

  test('names the servers that are there for a name that is like none', async () => {
    await using place = deskPlace();
    const { code, stdout } = await place.run(['call', 'warehouse__stock', '{}']);
    expect(stdout).toContain('No server has its prefix; the servers are desk.');
    expect(code).toBe(1);
  });

  test('says of a name whose server --server leaves out that it does, and starts nothing', async () => {
    await using place = new Workplace();
    place.config({ desk: place.desk(), other: place.desk('other') });
    const { code, stderr } = await place.run([...READ, '--server', 'other']);
    expect(stderr).toContain('--server leaves out server "desk", which "desk__read" belongs to');
    expect(place.started('other')).toBe(false);
    expect(code).toBe(2);
  });

  test('exits with 3 when no server that it needs can be reached, and still answers every call', async () => {
    await using place = new Workplace();
    place.config({ desk: place.desk('journal', ['--mode', 'exit']) });
    const { code, stdout, stderr } = await place.run([...READ, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      results: [{ outcome: { kind: 'failed', ran: 'no' } }],
    });
    expect(stderr).toMatch(/desk: not available: [\s\S]*code 7[\s\S]*the database is locked/);
    expect(stderr).toContain('error: no server could be reached: tried desk');
    expect(code).toBe(3);
  });

  test('makes hostile text harmless only where it is shown: a pipe gets it as it is', async () => {
    await using place = deskPlace();
    const { stdout } = await place.run(['call', 'desk__hostile', '{}']);
    expect(stdout).toContain('before\u001b[2Jafter\u202e');
  });
});

describe('call --batch', () => {
  const LINES =
    '{"name": "desk__read", "arguments": {"id": "a"}}\n{"name": "desk__read", "arguments": {"id": "b"}}\n';

  test('reads a file', async () => {
    await using place = deskPlace();
    place.write('calls.ndjson', LINES);
    const { code, stdout } = await place.run(['call', '--batch', 'calls.ndjson']);
    expect(stdout).toMatch(/read a\n[\s\S]*read b\n/);
    expect(code).toBe(0);
  });

  test('reads stdin, and keeps the ids of a model’s message', async () => {
    await using place = deskPlace();
    const call = {
      id: 'call_9',
      type: 'function',
      function: { name: 'desk__read', arguments: '{"id": "a"}' },
    };
    const message = { role: 'assistant', content: null, tool_calls: [call] };
    const input = JSON.stringify(message);
    const { code, stdout } = await place.run(['call', '--batch', '-', '--json'], { input });
    expect(JSON.parse(stdout)).toMatchObject({
      results: [{ id: 'call_9', arguments: { id: 'a' } }],
    });
    expect(code).toBe(0);
  });

  test('answers a model’s broken arguments per call', async () => {
    await using place = deskPlace();
    const input = JSON.stringify([
      { name: 'desk__read', arguments: '{"id": "a"' },
      { name: 'desk__read', arguments: { id: 'b' } },
    ]);
    const { code, stdout } = await place.run(['call', '--batch', '-', '--json'], { input });
    const { results } = JSON.parse(stdout) as { results: { outcome: { kind: string } }[] };
    expect(results.map(({ outcome }) => outcome.kind)).toEqual(['invalid', 'ok']);
    expect(code).toBe(1);
  });

  test('runs an empty batch without starting anything', async () => {
    await using place = deskPlace();
    const { code, stdout } = await place.run(['call', '--batch', '-', '--json'], { input: '[]' });
    expect(JSON.parse(stdout)).toEqual({
      results: [],
      wallMs: expect.any(Number),
      sumMs: 0,
      longestMs: 0,
      speedup: 1,
    });
    expect(code).toBe(0);
  });

  test.each([
    [['--batch', 'none.json'], 'cannot read none.json: there is no such file'],
    [['--batch', 'calls.json'], 'line 2 of calls.json is not valid JSON'],
    [['--batch', 'calls.json', 'desk__read', '{}'], 'calls are given twice'],
    [['desk__read'], '"desk__read" has no arguments behind it'],
    [['desk__read', '{oops}'], 'argument 2, the arguments of "desk__read", is not valid JSON'],
    [[], 'no call is given'],
  ])('%j is bad usage, and nothing is started', async (args, message) => {
    await using place = deskPlace();
    place.write('calls.json', '{"name": "desk__read"}\n{"name": \n');
    const { code, stdout, stderr } = await place.run(['call', ...args]);
    expect(stderr).toContain(`error: ${message}`);
    expect(stdout).toBe('');
    expect(code).toBe(2);
    expect(place.started()).toBe(false);
  });
});
