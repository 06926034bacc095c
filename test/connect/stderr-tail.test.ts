import { expect, test } from 'vitest';
import { StderrTail } from '../../src/connect/stderr-tail.ts';

const tailOf = (text: string): StderrTail => {
  const tail = new StderrTail();
  tail.push(Buffer.from(text));
  return tail;
};

const MISSING = `node:internal/modules/cjs/loader:1210
  throw err;
  ^

Error: Cannot find module '/srv/nofile.js'
    at Module._resolveFilename (node:internal/modules/cjs/loader:1207:15)
    at Module._load (node:internal/modules/cjs/loader:1038:27)
    at node:internal/main/run_main_module:28:49 {
  code: 'MODULE_NOT_FOUND',
  requireStack: []
}

Node.js v20.20.2
`;

test('the last words name the error before its stack', () => {
  expect(tailOf(MISSING).lines()).toEqual([
    "Error: Cannot find module '/srv/nofile.js'",
    "  code: 'MODULE_NOT_FOUND',",
    '  requireStack: []',
    '}',
    'Node.js v20.20.2',
  ]);
});

test.each([
  'TypeError [ERR_X]: no',
  'fatal: no such place',
  'error[E0425]: no',
  'java.lang.IllegalStateException: no',
])('%j is recognised as an error', (head) => {
  const [first] = tailOf(`${head}\n${'  at x\n'.repeat(20)}`).lines();
  expect(first).toBe(head);
});

test('of several errors the last one counts, and none is told twice', () => {
  const tail = tailOf(`Error: first\n${'  at x\n'.repeat(9)}Error: second\n  at y\n`);
  expect(tail.lines()).toEqual(['  at x', '  at x', '  at x', 'Error: second', '  at y']);
});

test('without an error the last lines are the last words', () => {
  expect(tailOf('1\n2\n\n3\n4\n5\n6\n').lines()).toEqual(['2', '3', '4', '5', '6']);
});

test('a line is cut, however long it is', () => {
  const line = `Error: ${'x'.repeat(1_000)}`;
  expect(tailOf(line).lines()).toEqual([`${line.slice(0, 299)}…`]);
});
