import { homedir } from 'node:os';
import { resolve } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Endpoint } from '../../src/config/host-config.ts';
import { expand, expandEndpoint, hasVariables } from '../../src/config/variables.ts';

const directory = resolve('/project');
const env = {
  A: 'one',
  B: 'two',
  EMPTY: '',
  'ProgramFiles(x86)': 'C:\\x86',
  DOLLAR: '$A ${A} $$ $&',
};

describe('expand', () => {
  test.each([
    ['plain', 'plain'],
    ['${A}', 'one'],
    ['${env:A}', 'one'],
    ['<${A}-${env:B}${A}>', '<one-twoone>'],
    ['${EMPTY}', ''],
    ['${EMPTY:-other}', 'other'],
    ['${NOPE:-other}', 'other'],
    ['${env:NOPE:-other}', 'other'],
    ['${NOPE:-}', ''],
    ['${A:-other}', 'one'],
    ['${NOPE:-a:-b}', 'a:-b'],
    ['${NOPE:-https://x/?a=b&c}', 'https://x/?a=b&c'],
    ['${NOPE:-${A}}!', 'one!'],
    ['${NOPE:-<${ALSO:-${B}}>}', '<two>'],
    ['${A:-${NOPE}}', 'one'],
    ['${NOPE:-two\nlines}', 'two\nlines'],
    ['${env:ProgramFiles(x86)}', 'C:\\x86'],
    ['${workspaceFolder}/x', `${directory}/x`],
    ['${userHome}', homedir()],
    ['$A $$ ${ ${} ${1} ${{A}} ${@} $', '$A $$ ${ ${} ${1} ${{A}} ${@} $'],
    ['{A} %A% $(A)', '{A} %A% $(A)'],
  ])('%j becomes %j', (text, wanted) => {
    expect(expand(text, { env, directory })).toEqual({ kind: 'ok', text: wanted });
  });

  test('every variable that is not set is named', () => {
    const result = expand('${X} ${A} ${env:Y} ${X:-${Z}}', { env, directory });
    expect(result).toEqual({
      kind: 'failed',
      problems: ['X', 'Y', 'Z'].map((variable) => ({
        variable,
        unset: true,
        reason: `the environment variable ${variable} is not set`,
      })),
    });
  });

  test.each([
    ['${input:token}', 'inputs are not asked for: use ${env:NAME}'],
    ['${cmd: cat x}', 'no variable that is known here'],
    ['${file:/etc/x}', 'no variable that is known here'],
    ['${A:?must}', 'no variable that is known here'],
    ['${A-x}', 'no variable that is known here'],
    ['${env:}', 'no variable that is known here'],
    ['${A', 'never closed'],
    ['${A:-${B}', 'never closed'],
    ['${N:-'.repeat(20) + '}'.repeat(20), 'nests too deep'],
  ])('%j is never passed on as it is: it fails with a reason', (text, words) => {
    const result = expand(text, { env, directory });
    expect(result.kind).toBe('failed');
    if (result.kind !== 'failed') return;
    expect(result.problems).toHaveLength(1);
    expect(result.problems[0]?.unset).toBe(false);
    expect(result.problems[0]?.reason).toContain(words);
  });

  test('what every object inherits is not set in the environment', () => {
    for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
      expect(expand(`\${${name}}`, { env: process.env, directory }).kind).toBe('failed');
    }
  });

  test('any value is put in as it is, whatever it holds, and is not expanded again', () => {
    const values = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('${A}', '$A', '$&', '$1', '${env:B}', '}', '${', '$$', 'a\nb'),
    );
    fc.assert(
      fc.property(values, values, (value, other) => {
        const source = { env: { ...env, VALUE: value, OTHER: other }, directory };
        expect(expand('<${VALUE}|${env:OTHER}>', source)).toEqual({
          kind: 'ok',
          text: `<${value}|${other}>`,
        });
      }),
    );
  });

  test('text without a variable is unchanged, and nothing is looked up in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        fc.pre(!hasVariables(text));
        expect(expand(text, { env: {}, directory })).toEqual({ kind: 'ok', text });
      }),
    );
  });

  test('hostile text takes no more than linear time', () => {
    const started = performance.now();
    for (const piece of ['${A', '${A:-', '${', '${A}', '}']) {
      expand(piece.repeat(200_000), { env, directory });
    }
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});

const stdio = (fields: Partial<Endpoint & { kind: 'stdio' }>): Endpoint => ({
  kind: 'stdio',
  command: 'node',
  args: [],
  env: {},
  cwd: directory,
  ...fields,
});

describe('expandEndpoint', () => {
  test('expands command, args, env and cwd of a program, and changes nothing in place', () => {
    const endpoint = Object.freeze(
      stdio({ command: '${A}', args: ['${B}', 'x y'], env: { T: '${DOLLAR}' }, cwd: '${A}/sub' }),
    );
    expect(expandEndpoint(endpoint, { env, directory })).toEqual({
      kind: 'ok',
      endpoint: {
        kind: 'stdio',
        command: 'one',
        args: ['two', 'x y'],
        env: { T: '$A ${A} $$ $&' },
        cwd: resolve(directory, 'one/sub'),
      },
    });
    expect(endpoint).toMatchObject({ command: '${A}', env: { T: '${DOLLAR}' } });
  });

  test('expands url and headers', () => {
    const endpoint: Endpoint = {
      kind: 'http',
      url: 'https://${A}.example.com/mcp',
      headers: { Authorization: 'Bearer ${env:B}', Odd: '${DOLLAR}' },
    };
    expect(expandEndpoint(endpoint, { env, directory })).toEqual({
      kind: 'ok',
      endpoint: {
        kind: 'http',
        url: 'https://one.example.com/mcp',
        headers: { Authorization: 'Bearer two', Odd: '$A ${A} $$ $&' },
      },
    });
  });

  test.each([
    ['node', 'node'],
    ['./run.sh', resolve(directory, 'run.sh')],
    ['bin/server', resolve(directory, 'bin/server')],
    ['/usr/bin/node', resolve('/usr/bin/node')],
    ['${env:DIR}/server', resolve('/opt/server')],
  ])('the command %j becomes %j, whatever cwd is', (command, wanted) => {
    const source = { env: { DIR: resolve('/opt') }, directory };
    const result = expandEndpoint(stdio({ command, cwd: resolve('/elsewhere') }), source);
    expect(result).toMatchObject({ kind: 'ok', endpoint: { command: wanted } });
  });

  test('names every unset variable and where it is used', () => {
    const endpoint = stdio({ args: ['x', '--key=${KEY}'], env: { T: '${TOKEN}', U: '${TOKEN}' } });
    expect(expandEndpoint(endpoint, { env, directory })).toEqual({
      kind: 'failed',
      unset: ['KEY', 'TOKEN'],
      reason:
        'the environment variable KEY is not set (in args[1]); the environment variable TOKEN is not set (in env.T); the environment variable TOKEN is not set (in env.U)',
    });
  });

  test('an input of VS Code fails the server with what to write instead', () => {
    const endpoint: Endpoint = { kind: 'sse', url: 'https://x', headers: { A: '${input:key}' } };
    const result = expandEndpoint(endpoint, { env, directory });
    expect(result).toMatchObject({ kind: 'failed', unset: [] });
    expect(JSON.stringify(result)).toContain('use ${env:NAME} (in headers.A)');
  });

  const secret = 'tok-4711';
  const bad: readonly (readonly [string, Endpoint, string])[] = [
    ['a header with a line break', http('https://x', { A: '${V}' }), `${secret}\r\nB: 1`],
    [
      'a header with a line break after a "${"',
      http('https://x', { A: '${V}' }),
      `${secret}\${\nx`,
    ],
    ['a header in another script', http('https://x', { A: '${V}' }), `${secret}日本`],
    ['an address that is none', http('${V}', {}), secret],
    ['an address of another scheme', http('${V}', {}), `file:///${secret}`],
    ['an address with a password', http('https://${V}@x', {}), `u:${secret}`],
    ['an empty command', stdio({ command: '${V}' }), ''],
  ];
  test.each(bad)(
    '%s, after expansion, fails without showing the value',
    (_what, endpoint, value) => {
      const result = expandEndpoint(endpoint, { env: { V: value }, directory });
      expect(result).toMatchObject({ kind: 'failed', unset: [] });
      expect(JSON.stringify(result)).toContain('after its variables were expanded');
      expect(JSON.stringify(result)).not.toContain(secret);
    },
  );

  test('a line break at the end of a header is no fault: it is not sent', () => {
    const endpoint = http('https://x', { A: 'Bearer ${V}' });
    expect(expandEndpoint(endpoint, { env: { V: 'token\n' }, directory }).kind).toBe('ok');
  });
});

function http(url: string, headers: Readonly<Record<string, string>>): Endpoint {
  return { kind: 'http', url, headers };
}
