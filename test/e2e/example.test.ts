import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { VERSION } from '../../src/host/version.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string): string => readFileSync(`${root}/${file}`, 'utf8');

test('the example of the README runs as it stands, through the package’s own name', async () => {
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['dist/examples/batch.js'],
    { cwd: root },
  );
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^\d+ tools on 3 servers$/mu);
  expect(stdout).toMatch(/^customers__get_customer .* 1 content block/mu);
  expect(stdout).toMatch(/^workspace__read_file .* \d content block/mu);
  expect(stdout).toMatch(/^workspace__no_such_tool .* invalid: there is no tool named/mu);
});

test('the README shows the example that the tests run', () => {
  const code = read('examples/batch.ts').replace(/^\/\*\*[\s\S]*?\*\/\n/u, '');
  expect(read('README.md')).toContain(code.trim());
});

test('the version that servers see is the package’s', () => {
  expect(VERSION).toBe((JSON.parse(read('package.json')) as { version: string }).version);
});
