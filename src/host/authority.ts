import { describe } from '../base/errors.ts';
import type { Call } from '../call/call.ts';
import type { Scope, Verdict } from '../call/scope.ts';
import { decide, deniedBy, type Policy } from '../config/policy.ts';

/** A call that a person is asked about. */
export interface ApprovalRequest {
  readonly id: string;
  /** Exposed name. */
  readonly name: string;
  readonly server: string;
  readonly tool: string;
  readonly arguments: Call['arguments'];
}

/** Asks a person. Resolves to whether the call may run; a rejection denies it. The signal aborts when the question is moot. */
export type Approve = (request: ApprovalRequest, signal: AbortSignal) => Promise<boolean>;

export type Authorize = (call: Call, scope: Scope) => Verdict | Promise<Verdict>;

/** For callers who decide themselves (`call`, `serve`, `host.runBatch`): only `deny` is enforced. */
export function denyOnly(policy: Policy): Authorize {
  return ({ tool }) => {
    const glob = deniedBy(tool.exposed, policy);
    return glob === undefined
      ? { kind: 'allow', rule: 'caller' }
      : denied(tool.exposed, `deny:${glob}`);
  };
}

/** For a model's calls: the whole policy; `approve` is asked where the policy says so, and without it those calls are denied. */
export function fullPolicy(policy: Policy, approve: Approve | undefined): Authorize {
  return (call, scope) => {
    const { tool } = call;
    const { kind, rule } = decide(tool.exposed, tool, policy);
    if (kind === 'allow') return { kind: 'allow', rule };
    if (kind === 'deny') return denied(tool.exposed, rule);
    if (approve === undefined) return unasked(tool.exposed, rule);
    return ask(call, scope, approve);
  };
}

function unasked(name: string, rule: string): Verdict {
  const why = rule === 'default' ? 'is not declared read-only' : `must be asked for (${rule})`;
  const message = `${name} ${why}, and nobody can be asked here; it was not run. The user can allow it with --allow '${name}', or policy.allow in the config.`;
  return { kind: 'deny', rule: 'not-approved', message };
}

async function ask(call: Call, scope: Scope, approve: Approve): Promise<Verdict> {
  const { exposed, server, name } = call.tool;
  const request = { id: call.id, name: exposed, server, tool: name, arguments: call.arguments };
  try {
    const allowed = await approve(request, scope.signal);
    if (allowed) return { kind: 'allow', rule: 'approved' };
    return { kind: 'deny', rule: 'refused', message: `the user refused ${exposed}` };
  } catch (reason) {
    return {
      kind: 'deny',
      rule: 'refused',
      message: `the question about ${exposed} failed: ${describe(reason)}`,
    };
  }
}

function denied(name: string, rule: string): Verdict {
  return { kind: 'deny', rule: 'policy', message: `the user does not allow ${name} (${rule})` };
}
