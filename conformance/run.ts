/**
 * Runs the official conformance suite's client scenarios against the host, and writes the table in docs/conformance.md.
 *
 *     npm run conformance [-- --only TEXT]
 *
 * `--only`: just the scenarios whose name holds TEXT; nothing is written. Exit codes: 0 every scenario is green or explained, 1 otherwise.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { documentOf } from './document.ts';
import { explanationOf } from './explanations.ts';
import { verdictOf, type Result } from './result.ts';

/** From dist/conformance/, where this runs. */
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MODULES = join(ROOT, 'conformance', 'node_modules');
/** The suite does not start on Node 20, which the client under test runs on. */
const SUITE_NODE = join(MODULES, '.bin', 'node');
const CLIENT = `${process.execPath} ${fileURLToPath(new URL('./client.js', import.meta.url))}`;
const SCENARIO_MS = 60_000;
const DOCUMENT = join(ROOT, 'docs', 'conformance.md');

/** A version of the suite. The newest release knows no protocol newer than 2025-11-25, the newest pre-release does. */
interface Suite {
  readonly folder: string;
  /** Protocol versions to run each scenario at; the suite chooses for scenarios that have neither. */
  readonly protocols: readonly string[];
}

const SUITES: readonly Suite[] = [
  { folder: '@modelcontextprotocol/conformance', protocols: [] },
  { folder: 'conformance-next', protocols: ['2025-11-25', '2026-07-28'] },
];

/** What a scenario leaves in its folder. */
interface Check {
  readonly id: string;
  readonly status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO';
  readonly description: string;
  readonly errorMessage?: string;
}

if (!existsSync(SUITE_NODE)) {
  process.stderr.write('conformance: the suite is not installed: npm ci --prefix conformance\n');
  process.exit(2);
}
const { only } = parseArgs({ options: { only: { type: 'string' } } }).values;
const results: Result[] = [];
for (const suite of SUITES) results.push(...(await runSuite(suite)));
if (only === undefined) writeFileSync(DOCUMENT, documentOf(results));
// What is not green wants an explanation, and what has one must not be green.
const isBad = results.some(
  (result) => (verdictOf(result) === 'green') === (explanationOf(result) !== undefined),
);
if (isBad) process.exitCode = 1;

async function runSuite(suite: Suite): Promise<readonly Result[]> {
  const version = versionOf(suite);
  const list = await suiteOutput(suite, ['list', '--client']);
  const done: Result[] = [];
  for (const [, scenario = '', versions = ''] of list.matchAll(/^ {2}- (\S+) \[(.*)\]$/gmu)) {
    if (only !== undefined && !scenario.includes(only)) continue;
    const wanted = suite.protocols.filter((protocol) => versions.split(',').includes(protocol));
    for (const protocol of wanted.length > 0 ? wanted : [undefined]) {
      const result = await runScenario(suite, version, { scenario, protocol });
      done.push(result);
      const explained = explanationOf(result) === undefined ? '' : ' (explained)';
      const verdict = `${verdictOf(result)}${explained}`;
      const name = `${version} ${scenario}${protocol === undefined ? '' : ` at ${protocol}`}`;
      process.stderr.write(`${name}: ${verdict}\n`);
      for (const fault of result.faults) process.stderr.write(`  ${fault}\n`);
    }
  }
  return done;
}

async function runScenario(
  suite: Suite,
  version: string,
  { scenario, protocol }: Pick<Result, 'scenario' | 'protocol'>,
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'conformance-'));
  try {
    const args = ['client', '--command', CLIENT, '--scenario', scenario, '-o', folder];
    args.push('--timeout', String(SCENARIO_MS));
    if (protocol !== undefined) args.push('--spec-version', protocol);
    const output = await suiteOutput(suite, args);
    const checks = readChecks(folder);
    const count = (wanted: Check['status']): number =>
      checks.filter(({ status }) => status === wanted).length;
    const faults = checks
      .filter(({ status }) => status === 'FAILURE' || status === 'WARNING')
      .map(({ id, status, description, errorMessage }) => {
        const words = errorMessage === undefined ? description : `${description} (${errorMessage})`;
        return `${status === 'WARNING' ? 'warning: ' : ''}${id}: ${words}`;
      });
    // The client's own end counts, too.
    const isWell = output.includes('OVERALL: PASSED');
    if (!isWell && faults.length === 0) faults.push('the client failed');
    const [passed, skipped] = [count('SUCCESS'), count('SKIPPED')];
    return { suite: version, scenario, protocol, passed, skipped, faults };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readChecks(folder: string): readonly Check[] {
  const name = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((path) =>
    path.endsWith('checks.json'),
  );
  if (name === undefined) return [];
  return JSON.parse(readFileSync(join(folder, name), 'utf8')) as readonly Check[];
}

function versionOf({ folder }: Suite): string {
  const text = readFileSync(join(MODULES, folder, 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** What the suite says. */
async function suiteOutput({ folder }: Suite, args: readonly string[]): Promise<string> {
  const child = spawn(SUITE_NODE, [join(MODULES, folder, 'dist', 'index.js'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const collect = (chunk: Buffer): void => {
    output += chunk.toString();
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  await once(child, 'close');
  return output;
}
