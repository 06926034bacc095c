import { execFile } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

/* What is published, as somebody else has it: packed, unpacked elsewhere, without a network. */

const ROOT = join(import.meta.dirname, '..', '..');
const run = promisify(execFile);
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  readonly version: string;
  readonly bin: Readonly<Record<'mcp-fanout', string>>;
  readonly dependencies: Readonly<Record<string, string>>;
};

let folder: string;
let installed: string;
let files: readonly string[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'packed-'));
  // A project of its own, whatever lies above it.
  writeFileSync(join(folder, 'package.json'), '{}');
  installed = join(folder, 'node_modules', 'mcp-fanout');
  const pack = ['pack', '--json', '--ignore-scripts', '--dry-run'];
  const { stdout } = await run('npm', pack, { cwd: ROOT, maxBuffer: 16 * 1024 * 1024 });
  const [packed] = JSON.parse(stdout) as readonly { readonly files: { readonly path: string }[] }[];
  files = (packed?.files ?? []).map(({ path }) => path);
  for (const file of files) {
    mkdirSync(dirname(join(installed, file)), { recursive: true });
    cpSync(join(ROOT, file), join(installed, file));
  }
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Runs the installed command in the folder. Resolves to its stdout. */
async function command(...args: readonly string[]): Promise<string> {
  const { MCP_FANOUT_TEST, PATH } = process.env;
  const own = { HOME: folder, XDG_CACHE_HOME: join(folder, 'cache') };
  const { stdout } = await run(
    process.execPath,
    [join(installed, manifest.bin['mcp-fanout']), ...args],
    { cwd: folder, env: { PATH, MCP_FANOUT_TEST, ...own } },
  );
  return stdout;
}

test('the command needs no other package', async () => {
  expect(await command('--version')).toBe(`${manifest.version}\n`);
  const server = join(ROOT, 'test/support/servers/raw.mjs');
  const config = JSON.stringify({
    mcpServers: { one: { command: process.execPath, args: [server, 'good'] } },
  });
  const path = join(folder, 'one.json');
  writeFileSync(path, config);
  expect(await command('call', 'one__echo', '{"text":"from afar"}', '--config', path)).toContain(
    'from afar',
  );
});

test('the command of a fresh build can be run by its name, as a link to it does', () => {
  expect(statSync(join(ROOT, 'dist/cli/main.cjs')).mode & 0o111).toBe(0o111);
});

test('what it is made of is named, with the licences', () => {
  const notices = readFileSync(join(installed, 'dist/cli/THIRD-PARTY-LICENSES.txt'), 'utf8');
  const packages = ['@modelcontextprotocol/client', 'zod', 'commander', 'undici', 'openai'];
  // The bundler's own helpers are in it, too.
  for (const name of [...packages, 'rolldown']) {
    expect(notices).toMatch(new RegExp(`^${name} \\d`, 'mu'));
  }
});

test('with its dependencies, the first config and the library work, too', async () => {
  for (const name of Object.keys(manifest.dependencies)) {
    const link = join(folder, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', name), link);
  }
  await command('init');
  expect(await command('tools')).toContain('workspace__read_file');
  const script = `import { openHost } from 'mcp-fanout';
    const host = await openHost('mcp.config.json');
    console.log(host.tools().length > 0);
    await host.close();`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], {
    cwd: folder,
  });
  expect(stdout).toBe('true\n');
});
