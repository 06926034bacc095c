import { describe, expect, test } from 'vitest';
import { doctorText } from '../../src/cli/doctor-text.ts';
import { PLAIN } from '../../src/record/paint.ts';
import { deskPlace, Workplace } from './workplace.ts';

interface Report {
  readonly config: { readonly path: string; readonly notices: readonly { message: string }[] };
  readonly model: object;
  readonly servers: readonly {
    readonly name: string;
    readonly state: string;
    readonly problems: readonly { severity: string; what: string; mend: string }[];
  }[];
  readonly ok: boolean;
}

const MODERN = new URL('../support/servers/modern.mjs', import.meta.url).pathname;

describe('doctor', () => {
  test('--json gives exactly the documented shape, and exits with 0 when all is well', async () => {
    await using place = deskPlace();
    const { code, stdout } = await place.run(['doctor', '--json'], {
      env: {
        OPENAI_API_KEY: 'sk-secret-secret',
        OPENAI_BASE_URL: 'http://127.0.0.1:9/v1?k=hidden99',
      },
    });
    expect(JSON.parse(stdout)).toStrictEqual({
      config: { path: place.configPath, notices: [] },
      model: {
        name: 'gpt-5.1',
        address: 'http://127.0.0.1:9/v1',
        apiKeyEnv: 'OPENAI_API_KEY',
        hasKey: true,
        problems: [],
      },
      servers: [
        {
          name: 'desk',
          state: 'ready',
          era: 'legacy',
          protocolVersion: '2025-06-18',
          tools: 7,
          readyMs: expect.any(Number),
          problems: [],
        },
      ],
      ok: true,
    });
    expect(stdout).not.toMatch(/sk-secret|hidden99/);
    expect(code).toBe(0);
  });

  test('tells the two eras of the protocol apart', async () => {
    await using place = new Workplace();
    const modern = { ...place.desk(), args: [MODERN] };
    const { stdout } = await place.config({ desk: place.desk(), modern }).run(['doctor', '--json']);
    expect((JSON.parse(stdout) as Report).servers).toMatchObject([
      { name: 'desk', era: 'legacy' },
      { name: 'modern', era: 'modern', protocolVersion: '2026-07-28' },
    ]);
  });

  test('says of everything that is wrong what it is and how to mend it, and exits with 1', async () => {
    await using place = new Workplace();
    place.config({
      desk: { ...place.desk(), prefx: 'd' },
      broken: place.desk('broken', ['--mode', 'exit']),
      gone: { command: 'no-such-program' },
      homeless: { ...place.desk('homeless'), cwd: '/no/such/folder' },
      unset: {
        url: 'http://127.0.0.1:9/mcp',
        headers: { Authorization: 'Bearer ${env:DOCS_TOKEN}' },
      },
      refused: { url: 'http://127.0.0.1:9/mcp' },
      odd: { command: 7 },
      off: { command: 'x', disabled: true },
    });
    const { code, stdout, stderr } = await place.run(['doctor', '--json']);
    const { config, servers, ok } = JSON.parse(stdout) as Report;
    expect(config.notices).toMatchObject([
      {
        line: 1,
        column: expect.any(Number),
        message: expect.stringContaining('did you mean "prefix"?'),
      },
    ]);
    const troubles = servers.map(({ name, state, problems }) => [
      name,
      state,
      ...problems.flatMap(({ what, mend }) => [what, mend]),
    ]);
    const words = (...parts: RegExp[]): unknown[] =>
      parts.map((part) => expect.stringMatching(part) as unknown);
    expect(troubles).toEqual([
      ['desk', 'ready'],
      [
        'broken',
        'failed',
        ...words(/the database is locked/, /run it by itself.*cd .* && .*--mode exit/),
      ],
      ['gone', 'failed', ...words(/"no-such-program" was not found/, /which no-such-program/)],
      [
        'homeless',
        'failed',
        ...words(
          /working directory \/no\/such\/folder does not exist/,
          /^make the folder, or correct "cwd": \/no\/such\/folder\n/,
        ),
      ],
      [
        'unset',
        'failed',
        ...words(/DOCS_TOKEN is not set/, /export DOCS_TOKEN=.*\$\{DOCS_TOKEN:-/),
      ],
      ['refused', 'failed', ...words(/ECONNREFUSED/, /curl -i http:\/\/127\.0\.0\.1:9\/mcp/)],
      ['odd', 'failed', ...words(/mcp\.config\.json:1:\d+: .*command/, /correct its entry/)],
      ['off', 'disabled'],
    ]);
    expect(ok).toBe(false);
    // What the result tells is not told twice.
    expect(stderr).not.toContain('not available');
    expect(stderr).toMatch(/^✓ desk: ready after /m);
    expect(stderr).toMatch(/^✗ broken: failed$/m);
    expect(code).toBe(1);
  });

  test('for people it is a line a server, with its troubles below', async () => {
    await using place = new Workplace();
    place.config({ desk: place.desk(), broken: place.desk('broken', ['--mode', 'exit']) });
    const { stdout } = await place.run(['doctor']);
    expect(stdout).toMatch(/^✓ {2}config {2}.*mcp\.config\.json$/m);
    expect(stdout).toMatch(
      /^! {2}model {3}offline planner\n {4}! .*OPENAI_API_KEY.*\n {4}→ export /m,
    );
    expect(stdout).toMatch(
      /^✓ {2}desk {4}ready after .* · 7 tools · protocol 2025-06-18 \(legacy\)$/m,
    );
    expect(stdout).toMatch(/^✗ {2}broken {2}failed\n {4}✗ .*\n {4}→ run it by itself/m);
    expect(stdout).toMatch(/^2 servers: 1 ready, 1 failed · 1 error, 1 warning\n$/m);
  });

  test('does not call a model well that it has not called', async () => {
    await using place = deskPlace();
    const env = { OPENAI_BASE_URL: 'http://127.0.0.1:9/v1' };
    const { stdout } = await place.run(['doctor'], { env });
    expect(stdout).toMatch(
      /^1 server: 1 ready · the servers are well; the model was not called\n$/m,
    );
  });

  test('waits for a server as long as that server’s own limit, whatever the patience for others', async () => {
    await using place = new Workplace();
    const mute = { ...place.desk('mute', ['--mode', 'hang']), timeouts: { connectMs: 1500 } };
    place.config({ desk: place.desk(), mute }, { limits: { patienceMs: 0 } });
    const { stdout } = await place.run(['doctor', '--json']);
    const [, second] = (JSON.parse(stdout) as Report).servers;
    expect(second).toMatchObject({ state: 'failed' });
    expect(second!.problems[0]!.what).toContain('connectMs');
  });

  test('waits for servers that nobody else waits for', async () => {
    await using place = new Workplace();
    place.config({
      late: { ...place.desk(), start: 'background' },
      lazy: { ...place.desk('l'), start: 'lazy' },
    });
    const { code, stdout } = await place.run(['doctor', '--json']);
    expect((JSON.parse(stdout) as Report).servers).toMatchObject([
      { state: 'ready' },
      { state: 'ready' },
    ]);
    expect(code).toBe(0);
  });

  test('a settings mistake of the model fails the check, and nobody is called', async () => {
    await using place = new Workplace();
    place.config({ desk: place.desk() });
    const env = { OPENAI_BASE_URL: 'localhost:11434' };
    const { code, stdout } = await place.run(['doctor', '--json'], { env });
    expect(JSON.parse(stdout)).toMatchObject({
      model: {
        address: null,
        problems: [{ severity: 'error', mend: expect.stringContaining('"model"') }],
      },
      ok: false,
    });
    expect(code).toBe(1);
  });

  test('what a server writes to stdout beside its messages is a warning with advice', async () => {
    await using place = new Workplace();
    place.config({ desk: place.desk('journal', ['--chatty']) });
    const { code, stdout } = await place.run(['doctor', '--json']);
    expect((JSON.parse(stdout) as Report).servers[0]!.problems).toMatchObject([
      {
        severity: 'warning',
        what: expect.stringContaining('stdout'),
        mend: expect.stringContaining('stderr'),
      },
    ]);
    expect(code).toBe(0);
  });

  test('secrets are not in the report, even where a server shows them', async () => {
    await using place = new Workplace();
    const broken = place.desk('journal', ['--mode', 'exit', '--last-words', 'bad key 9f8e7d6c5b']);
    const env = { ...(broken as { env: object }).env, API_KEY: '9f8e7d6c5b' };
    const { stdout } = await place.config({ broken: { ...broken, env } }).run(['doctor']);
    expect(stdout).toContain('bad key [redacted]');
    expect(stdout).not.toContain('9f8e7d6c5b');
  });

  test('exits with 3 when no server can be reached, after the report', async () => {
    await using place = new Workplace();
    place.config({ broken: place.desk('journal', ['--mode', 'exit']) });
    const { code, stdout, stderr } = await place.run(['doctor', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ servers: [{ state: 'failed' }], ok: false });
    expect(stderr).toContain('error: no server could be reached: tried broken');
    expect(code).toBe(3);
  });

  test('interrupted, it tells what it knows', async () => {
    await using place = new Workplace();
    const mute = { ...place.desk('mute', ['--mode', 'hang']), timeouts: { connectMs: null } };
    place.config({ mute });
    const running = place.start(['doctor', '--json']);
    await place.written('hung', 'mute');
    running.child.kill('SIGINT');
    const { code, stdout } = await running.finished;
    expect((JSON.parse(stdout) as Report).servers[0]).toMatchObject({
      state: 'connecting',
      problems: [{ severity: 'error' }],
    });
    expect(code).toBe(130);
  });
});

test('the whole of a long reason is told, in rows that fit, and where the entry is of what is copied', () => {
  const what = Array.from({ length: 90 }, (_, index) => `word${String(index)}`).join(' ');
  const text = doctorText(
    {
      config: { path: '/home/c.json', notices: [] },
      model: { name: 'm', address: null, apiKeyEnv: 'K', hasKey: false, problems: [] },
      servers: [
        {
          name: 'git',
          state: 'failed',
          era: null,
          protocolVersion: null,
          tools: null,
          readyMs: null,
          problems: [{ severity: 'error', what, mend: 'node x.js\nits entry: /home/c.json:4' }],
        },
      ],
      ok: false,
    },
    { width: 60, paint: PLAIN },
  );
  const lines = text.split('\n');
  expect(lines.every((line) => line.length <= 60)).toBe(true);
  expect(text.replaceAll(/\s+/gu, ' ')).toContain(what);
  expect(lines).toContain('    → node x.js');
  expect(lines).toContain('      its entry: /home/c.json:4');
});
