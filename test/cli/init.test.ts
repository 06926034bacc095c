import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Workplace } from './workplace.ts';

describe('init', () => {
  test('writes a config that works at once, trusted and without a network', async () => {
    await using place = new Workplace();
    const { code, stdout, stderr } = await place.runBare(['init']);
    expect(stdout).toMatch(
      /mcp\.config\.json is written, and trusted, for you wrote it yourself\./,
    );
    expect(stdout).toContain('\n  mcp-fanout doctor\n');
    expect(stderr).toBe('');
    expect(code).toBe(0);

    const doctor = await place.runBare(['doctor', '--json']);
    expect(JSON.parse(doctor.stdout)).toMatchObject({
      config: { path: place.configPath, notices: [] },
      servers: [{ name: 'workspace', state: 'ready', problems: [] }],
      ok: true,
    });
    expect(doctor.code).toBe(0);

    place.write('hello.txt', 'Hello.');
    const called = await place.runBare(['call', 'workspace__read_file', '{"path": "hello.txt"}']);
    expect(called.stdout).toContain('Hello.');
  });

  test('the question that it suggests is one for the offline planner, in any folder', async () => {
    await using place = new Workplace();
    const { stdout } = await place.runBare(['init']);
    const [, prompt = ''] = /mcp-fanout run "([^"]+)"/.exec(stdout)!;
    const asked = await place.runBare(['run', prompt]);
    expect(asked.stdout).toContain('mcp.config.json');
    expect(asked.code).toBe(0);
  });

  test('names a schema that is there, for editors', async () => {
    await using place = new Workplace();
    await place.runBare(['init']);
    const [, address = ''] = /"\$schema": "([^"]+)"/.exec(readFileSync(place.configPath, 'utf8'))!;
    expect(JSON.parse(readFileSync(new URL(address), 'utf8'))).toMatchObject({ type: 'object' });
  });

  test('what its comments suggest is right, too', async () => {
    await using place = new Workplace();
    await place.runBare(['init']);
    const text = readFileSync(place.configPath, 'utf8');
    place.write('mcp.config.json', text.replaceAll('// ,', ','));
    const { stdout } = await place.run(['doctor', '--json', '--server', 'workspace']);
    expect(JSON.parse(stdout)).toMatchObject({
      config: { notices: [] },
      model: { address: 'http://localhost:11434/v1' },
      ok: true,
    });
  });

  test('never overwrites a config, whatever it is', async () => {
    await using place = new Workplace();
    place.write('mcp.config.json', 'precious');
    const { code, stdout, stderr } = await place.runBare(['init']);
    expect(stderr).toContain(`error: ${place.configPath} is there already, and is left as it is`);
    expect(stderr).toContain('--force');
    expect(readFileSync(place.configPath, 'utf8')).toBe('precious');
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  test('does not write through a link that leads nowhere', async () => {
    await using place = new Workplace();
    symlinkSync(join(place.folder, 'elsewhere'), place.configPath);
    expect((await place.runBare(['init'])).code).toBe(2);
    expect(readdirSync(place.folder)).not.toContain('elsewhere');
  });

  test('--force keeps the one before as a backup, each time another', async () => {
    await using place = new Workplace();
    place.write('mcp.config.json', 'first');
    const once = await place.runBare(['init', '--force', '--json']);
    const path = place.configPath;
    expect(JSON.parse(once.stdout)).toEqual({ path, trusted: true, backup: `${path}.backup` });
    place.write('mcp.config.json', 'second');
    await place.runBare(['init', '--force']);
    expect(readFileSync(`${path}.backup`, 'utf8')).toBe('first');
    expect(readFileSync(`${path}.backup-2`, 'utf8')).toBe('second');
    expect(readdirSync(place.folder).filter((name) => name.startsWith('mcp.config'))).toHaveLength(
      3,
    );
    expect((await place.runBare(['tools'])).code).toBe(0);
  });

  test('--force without a config there writes one, and keeps nothing', async () => {
    await using place = new Workplace();
    const { code, stdout } = await place.runBare(['init', '--force', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ backup: null });
    expect(code).toBe(0);
  });

  test('--user writes one’s own config, over the files of wherever one is', async () => {
    await using place = new Workplace();
    const { code, stdout } = await place.runBare(['init', '--user', '--json']);
    const path = join(place.folder, 'config', 'mcp-fanout', 'mcp.config.json');
    expect(JSON.parse(stdout)).toMatchObject({ path });
    expect(code).toBe(0);
    place.write('hello.txt', 'Hello.');
    const args = ['call', 'workspace__read_file', '{"path": "hello.txt"}'];
    const called = await place.runBare(args, { env: { PWD: place.folder } });
    expect(called.stdout).toContain('Hello.');
  });

  test('says so when another config comes first', async () => {
    await using place = new Workplace();
    await place.runBare(['init', '--user']);
    const { stdout } = await place.runBare(['init']);
    expect(stdout).toMatch(
      /Without --config, .*config\/mcp-fanout\/mcp\.config\.json comes first\./,
    );
    expect(stdout).toContain(`mcp-fanout doctor --config ${place.configPath}`);
  });

  test('the place is named once, and can be written', async () => {
    await using place = new Workplace();
    const twice = await place.runBare(['init', '--user', '--config', 'x.json']);
    expect(twice.stderr).toContain('named twice');
    expect(twice.code).toBe(2);
    mkdirSync(join(place.folder, 'sub'));
    const named = await place.runBare(['init', '--config', 'sub/x.json']);
    expect(named.stdout).toContain(
      `mcp-fanout doctor --config ${join(place.folder, 'sub', 'x.json')}`,
    );
    const nowhere = await place.runBare(['init', '--config', 'none/x.json']);
    expect(nowhere.stderr).toMatch(/error: cannot write .*none\/x\.json: /);
    expect(nowhere.code).toBe(2);
  });
});
