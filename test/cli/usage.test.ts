import { describe, expect, test } from 'vitest';
import { DEFAULT_MODEL } from '../../src/config/host-config.ts';
import { deskPlace, Workplace } from './workplace.ts';
import { VERSION } from '../../src/host/version.ts';

describe('the command line', () => {
  test('tells its version', async () => {
    await using place = new Workplace();
    expect(await place.runBare(['--version'])).toEqual({
      code: 0,
      stdout: `${VERSION}\n`,
      stderr: '',
    });
  });

  test.each(['run', 'call', 'tools', 'doctor', 'init', 'trust', 'trace'])(
    '%s --help ends with two examples',
    async (command) => {
      await using place = new Workplace();
      const { code, stdout, stderr } = await place.runBare([command, '--help']);
      const examples = stdout.slice(stdout.indexOf('Examples:\n')).trimEnd().split('\n').slice(1);
      expect(examples).toHaveLength(2);
      for (const example of examples) expect(example).toContain(`mcp-fanout ${command}`);
      for (const flag of ['--config', '--json', '--log-level', '--no-color']) {
        expect(stdout).toContain(flag);
      }
      // Taken everywhere, and shown where servers are started.
      const startsServers = ['run', 'call', 'tools', 'doctor'].includes(command);
      expect(stdout.includes('--server <name>')).toBe(startsServers);
      expect(stderr).toBe('');
      expect(code).toBe(0);
    },
  );

  test.each([
    [['rum', 'x'], "unknown command 'rum'", 'Did you mean run?'],
    [['tools', '--jsno'], "unknown option '--jsno'", 'Did you mean --json?'],
    [['tools', '--log-level', 'loud'], "'loud' is invalid", 'Allowed choices are trace'],
    [['doctor', 'a'], 'too many arguments', ''],
    [['--config', 'x', 'tools'], "unknown option '--config'", 'options stand after the command'],
    [['tools', '--config'], "'--config <path>' argument missing", ''],
  ])('%j is told what would be right, and exits with 2', async (args, words, hint) => {
    await using place = new Workplace();
    const { code, stdout, stderr } = await place.runBare(args);
    expect(stderr).toContain(words);
    expect(stderr).toContain(hint);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  test('run --help names the model that is asked where none is named', async () => {
    await using place = new Workplace();
    const { stdout } = await place.runBare(['run', '--help']);
    expect(stdout.replace(/\s+/gu, ' ')).toContain(`or else ${DEFAULT_MODEL})`);
  });

  test('without a command it shows its help on stderr, and exits with 2', async () => {
    await using place = new Workplace();
    const { code, stdout, stderr } = await place.runBare([]);
    expect(stderr).toContain('Usage: mcp-fanout');
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});

describe('the config', () => {
  test('with a mistake is told with file, line and column, and exits with 2', async () => {
    await using place = new Workplace();
    place.write('mcp.config.json', '{\n  "mcpServers": {\n    "a": {"command" "x"}\n  }\n}');
    const { code, stderr } = await place.run(['tools']);
    expect(stderr).toMatch(/^error: .*mcp\.config\.json:3:\d+: /m);
    expect(stderr).not.toMatch(/^ +at /m);
    expect(code).toBe(2);
  });

  test('that is not there is told by name', async () => {
    await using place = new Workplace();
    const { code, stderr } = await place.run(['tools']);
    expect(stderr).toContain(`cannot read the config ${place.configPath}: there is no such file`);
    expect(code).toBe(2);
  });

  test('with an unknown key is told the nearest known one, and goes on', async () => {
    await using place = new Workplace();
    place.config({ desk: { ...place.desk(), prefx: 'd' } });
    const { code, stderr } = await place.run(['tools']);
    expect(stderr).toMatch(
      /! .*mcp\.config\.json:1:\d+: unknown key "prefx".*did you mean "prefix"\?/,
    );
    expect(code).toBe(0);
  });

  test('that was only found starts nothing where nobody can be asked, and names the two ways on', async () => {
    await using place = deskPlace();
    const { code, stdout, stderr } = await place.runBare(['tools']);
    expect(stderr).toContain('mcp-fanout trust');
    expect(stderr).toContain(`--config ${place.configPath}`);
    expect(stdout).toBe('');
    expect(code).toBe(2);
    expect(place.started()).toBe(false);
  });

  test('--log-level debug shows where an error came from', async () => {
    await using place = new Workplace();
    const { stderr } = await place.run(['tools', '--log-level', 'debug']);
    expect(stderr).toMatch(/^ +at /m);
  });
});

describe('trust', () => {
  test('shows what the config starts and asks for --yes where nobody can be asked', async () => {
    await using place = deskPlace();
    const { code, stderr } = await place.runBare(['trust']);
    expect(stderr).toMatch(/desk: starts .*desk\.mjs --journal/);
    expect(stderr).toContain('--yes');
    expect(code).toBe(2);
    expect(place.started()).toBe(false);
  });

  test('--yes remembers it, and then it is used where it is found', async () => {
    await using place = deskPlace();
    const trusted = await place.runBare(['trust', '--yes']);
    expect(trusted.stdout).toBe(`${place.configPath} is trusted now\n`);
    expect(trusted.code).toBe(0);
    expect((await place.runBare(['tools'])).code).toBe(0);
    const again = await place.runBare(['trust', '--json']);
    expect(JSON.parse(again.stdout)).toEqual({
      path: place.configPath,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      trusted: true,
    });
    expect(again.code).toBe(0);
  });

  test('ends with the config’s next change', async () => {
    await using place = deskPlace();
    await place.runBare(['trust', '--yes']);
    place.config({ desk: place.desk(), more: place.desk('more') });
    expect((await place.runBare(['tools'])).code).toBe(2);
    expect(place.started('more')).toBe(false);
  });
});
