import type { Access, Tool } from '../call/tool.ts';
import { compileGlobs } from './globs.ts';
import type { PolicyConfig } from './host-config.ts';

/** Globs over exposed names that a caller adds to the config's: the flags `--allow` and `--deny`, or the library's `policy` option. */
export interface PolicyOverrides {
  readonly allow?: readonly string[];
  readonly ask?: readonly string[];
  readonly deny?: readonly string[];
}

/** A policy with its globs compiled; made once, asked for every call. */
export interface Policy {
  readonly trustAnnotations: boolean;
  /** First to last; the first rule with a glob that matches decides. */
  readonly rules: readonly {
    readonly kind: Decision['kind'];
    readonly match: (name: string) => string | undefined;
  }[];
}

/** What is known of a tool, as far as permission goes. A `Tool` fits. */
export type PolicyFacts = Pick<Tool, 'declaredReadOnly' | 'declaredBy'> & {
  /** What config says of the tool's access: `write` beats its server's read-only hint. */
  readonly configAccess?: Access;
};

/** Whether a call may go out, and the rule that said so: `deny:GLOB`, `ask:GLOB`, `allow:GLOB`, `declared:config`, `declared:annotation` or `default`. */
export interface Decision {
  readonly kind: 'allow' | 'ask' | 'deny';
  readonly rule: string;
}

/**
 * Compiles a config's policy with what a caller adds to it. The order of precedence: every `deny`; then the caller's `ask` and `allow`; then the
 * config's `ask` and `allow`; then the declarations. `ask` stands before `allow`, so that `"allow": ["*"], "ask": ["*delete*"]` means what it says; the
 * caller's `allow` stands before the config's `ask`, so that a flag can always answer what nobody is there to be asked.
 */
export function compilePolicy(config: PolicyConfig, overrides: PolicyOverrides = {}): Policy {
  const rule = (
    kind: Decision['kind'],
    globs: readonly string[] = [],
  ): Policy['rules'][number] => ({
    kind,
    match: compileGlobs(globs),
  });
  return {
    trustAnnotations: config.trustAnnotations,
    rules: [
      rule('deny', [...(overrides.deny ?? []), ...config.deny]),
      rule('ask', overrides.ask),
      rule('allow', overrides.allow),
      rule('ask', config.ask),
      rule('allow', config.allow),
    ],
  };
}

/** Whether the model may call a tool. `ask` means: ask a person, and refuse where there is none. */
export function decide(exposedName: string, facts: PolicyFacts, policy: Policy): Decision {
  for (const { kind, match } of policy.rules) {
    const glob = match(exposedName);
    if (glob !== undefined) return { kind, rule: `${kind}:${glob}` };
  }
  return isDeclared(facts, policy)
    ? { kind: 'allow', rule: `declared:${facts.declaredBy}` }
    : { kind: 'ask', rule: 'default' };
}

/** The glob that denies a tool; `undefined` if none does. All there is for callers who decide themselves: `call`, `serve`, `runBatch`. */
export function deniedBy(exposedName: string, policy: Policy): string | undefined {
  return policy.rules.find(({ kind }) => kind === 'deny')?.match(exposedName);
}

/** Whether a glob holds a character that no exposed name has, so that a typing error in it would go unnoticed. */
export function matchesNoName(glob: string): boolean {
  return /[^\w\-*?[\]{},\\^!]/u.test(glob);
}

function isDeclared(facts: PolicyFacts, policy: Policy): boolean {
  if (!facts.declaredReadOnly) return false;
  if (facts.declaredBy === 'config') return true;
  return (
    facts.declaredBy === 'annotation' && policy.trustAnnotations && facts.configAccess !== 'write'
  );
}
