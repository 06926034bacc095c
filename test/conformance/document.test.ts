import { describe, expect, test } from 'vitest';
import { documentOf } from '../../conformance/document.ts';
import { EXPLANATIONS, explanationOf } from '../../conformance/explanations.ts';
import { verdictOf, type Result } from '../../conformance/result.ts';

const green: Result = {
  suite: '9.9.9',
  scenario: 'tools_call',
  protocol: '2025-11-25',
  passed: 3,
  skipped: 0,
  faults: [],
};
const red: Result = { ...green, scenario: 'sse-retry', faults: ['too early'] };
const idle: Result = { ...green, scenario: 'auth/dpop', passed: 0, skipped: 2 };

describe('the result of a scenario', () => {
  test('is green only if something passed and nothing failed', () => {
    expect([green, red, idle].map(verdictOf)).toEqual(['green', 'red', 'idle']);
  });

  test('is explained for the version of the suite that the explanation is of', () => {
    const scenario = 'auth/2025-03-26-oauth-metadata-backcompat';
    expect(explanationOf({ ...red, scenario, suite: '0.1.16' })?.text).toContain('RFC 8414');
    expect(explanationOf({ ...red, scenario, suite: '9.9.9' })).toBeUndefined();
    expect(explanationOf(idle)?.scenarios).toContain('auth/dpop');
    expect(explanationOf(green)).toBeUndefined();
  });

  test('has one explanation at most', () => {
    const all = EXPLANATIONS.flatMap(({ scenarios }) => scenarios);
    expect(new Set(all).size).toBe(all.length);
  });
});

describe('the document', () => {
  const lines = documentOf([green, { ...green, protocol: '2026-07-28' }, red, idle]).split('\n');

  test('has a row for each scenario, and a column for each suite and protocol', () => {
    expect(lines).toContain('| scenario | 9.9.9, 2025-11-25 | 9.9.9, 2026-07-28 |');
    expect(lines).toContain('| `tools_call` | ✓ | ✓ |');
    expect(lines).toContain('| `sse-retry` | ✗ |  |');
    expect(lines).toContain('| `auth/dpop` | ○ |  |');
  });

  test('counts', () => {
    const text = lines.join('\n');
    expect(text).toContain('**2 of 4 runs green**, 1 red, 1 idle');
    expect(text).toContain('9 checks passed, 2 were skipped by the suite, 1 failed');
  });

  test('says why something is not green, or that nobody has said so yet', () => {
    expect(lines.some((line) => line.startsWith('- `auth/dpop`, `auth/dpop-nonce`: '))).toBe(true);
    expect(lines).toContain('- `sse-retry` is **not explained yet**: too early');
  });
});
