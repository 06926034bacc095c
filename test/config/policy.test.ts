import { expect, test } from 'vitest';
import type { PolicyConfig } from '../../src/config/host-config.ts';
import {
  compilePolicy,
  decide,
  deniedBy,
  matchesNoName,
  type PolicyFacts,
} from '../../src/config/policy.ts';

const NONE: PolicyConfig = { allow: [], ask: [], deny: [], trustAnnotations: true };
const undeclared: PolicyFacts = { declaredReadOnly: false, declaredBy: 'nobody' };
const byServer: PolicyFacts = { declaredReadOnly: true, declaredBy: 'annotation' };
const byConfig: PolicyFacts = { declaredReadOnly: true, declaredBy: 'config' };

const ask = (config: Partial<PolicyConfig>, facts: PolicyFacts, name = 's__tool'): string => {
  const { kind, rule } = decide(name, facts, compilePolicy({ ...NONE, ...config }));
  return `${kind} ${rule}`;
};

test('without a rule only a declared read-only tool runs; a name gives no permission', () => {
  expect(ask({}, undeclared)).toBe('ask default');
  expect(ask({}, undeclared, 's__get_customer')).toBe('ask default');
  expect(ask({}, byServer)).toBe('allow declared:annotation');
  expect(ask({}, byConfig)).toBe('allow declared:config');
});

test('with trustAnnotations false a hint declares nothing, but config still does', () => {
  expect(ask({ trustAnnotations: false }, byServer)).toBe('ask default');
  expect(ask({ trustAnnotations: false }, byConfig)).toBe('allow declared:config');
});

test('access "write" in the config beats the hint, not the config\'s own declaration', () => {
  expect(ask({}, { ...byServer, configAccess: 'write' })).toBe('ask default');
  expect(ask({}, { ...byConfig, configAccess: 'write' })).toBe('allow declared:config');
  expect(ask({}, { ...byServer, configAccess: 'read' })).toBe('allow declared:annotation');
});

test('deny wins over everything', () => {
  const rules = { allow: ['*'], ask: ['s__tool'], deny: ['s__*'] };
  expect(ask(rules, byConfig)).toBe('deny deny:s__*');
  const policy = compilePolicy({ ...NONE, deny: ['s__*'] }, { allow: ['*'], ask: ['*'] });
  expect(decide('s__tool', byConfig, policy)).toEqual({ kind: 'deny', rule: 'deny:s__*' });
});

test('ask wins over allow and over declarations', () => {
  expect(ask({ allow: ['*'], ask: ['*tool'] }, undeclared)).toBe('ask ask:*tool');
  expect(ask({ ask: ['*tool'] }, byServer)).toBe('ask ask:*tool');
  expect(ask({ allow: ['*'], ask: ['*tool'] }, undeclared, 's__other')).toBe('allow allow:*');
});

test("a caller's allow wins over the config's ask, so that a flag allows all", () => {
  const policy = compilePolicy({ ...NONE, ask: ['*'] }, { allow: ['*'] });
  expect(decide('s__tool', undeclared, policy)).toEqual({ kind: 'allow', rule: 'allow:*' });
});

test("a caller's deny and the config's deny both hold", () => {
  const policy = compilePolicy({ ...NONE, deny: ['a__*'] }, { deny: ['b__*'] });
  expect(deniedBy('a__x', policy)).toBe('a__*');
  expect(deniedBy('b__x', policy)).toBe('b__*');
  expect(deniedBy('c__x', policy)).toBeUndefined();
});

test('a glob that is none is refused with a usage error, never skipped', () => {
  expect(() => compilePolicy(NONE, { deny: ['!x'] })).toThrow(
    expect.objectContaining({ code: 'usage' }),
  );
});

test('a glob with characters that no exposed name has is found out', () => {
  expect(['*', 'a__*', 'a-b__[cd]?', '{a,b}__x'].filter(matchesNoName)).toEqual([]);
  expect(['github.delete', 'a b', 'a/*'].filter(matchesNoName)).toHaveLength(3);
});
