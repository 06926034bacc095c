import type { JsonObject } from '../base/json.ts';
import type { Claim } from '../base/locks.ts';
import { defect } from '../call/defect.ts';
import type { Outcome } from '../call/outcome.ts';
import type { Tool } from '../call/tool.ts';
import { claimsOf } from '../catalogue/claims.ts';
import { admitArguments, unknownTool } from './admit.ts';
import type { Entry } from './entry.ts';
import type { Route, Router } from './router.ts';

/** What is to be done with a call, as things are. */
export type Plan =
  | { readonly kind: 'refuse'; readonly outcome: Outcome }
  /** Its server has not settled. */
  | { readonly kind: 'wait'; readonly route: Extract<Route, { readonly kind: 'pending' }> }
  | {
      readonly kind: 'run';
      readonly tool: Tool;
      readonly arguments: JsonObject;
      readonly claims: readonly Claim[];
    };

/** Routes and admits a call, and notes in its entry what is known of it by then. Never throws (B1). */
export function planCall(entry: Entry, router: Router): Plan {
  try {
    return planByRoute(entry, router.route(entry.call.name));
  } catch (reason) {
    return { kind: 'refuse', outcome: defect(reason, 0) };
  }
}

function planByRoute(entry: Entry, route: Route): Plan {
  switch (route.kind) {
    case 'unknown':
      // Where a server was waited for in vain, too: the name is nobody's.
      entry.server = undefined;
      return { kind: 'refuse', outcome: unknownTool(entry.call.name, route) };
    case 'unavailable': {
      entry.server = route.server;
      const { reason: message } = route;
      const outcome = { kind: 'failed', code: 'server-unavailable', message, ran: 'no' } as const;
      return { kind: 'refuse', outcome };
    }
    case 'pending':
      entry.server = route.server;
      return { kind: 'wait', route };
    case 'tool':
      return planByTool(entry, route.tool);
  }
}

function planByTool(entry: Entry, tool: Tool): Plan {
  entry.server = tool.server;
  entry.tool = tool;
  const admission = admitArguments(entry.call, tool);
  entry.arguments = admission.arguments;
  if (admission.kind === 'refused') return { kind: 'refuse', outcome: admission.outcome };
  const { arguments: args } = admission;
  return { kind: 'run', tool, arguments: args, claims: claimsOf(tool, args) };
}
