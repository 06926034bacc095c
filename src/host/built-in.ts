import type { JsonObject } from '../base/json.ts';
import { chain, type Caller } from '../call/link.ts';
import { exposedName, serverId, toolName } from '../call/names.ts';
import type { Outcome } from '../call/outcome.ts';
import { stopped } from '../call/scope.ts';
import type { Tool } from '../call/tool.ts';
import { observe } from '../links/observe.ts';

/** What a built-in tool says of itself. */
export interface BuiltInWords {
  /** One of `RESERVED_NAMES`: no server's tool ever gets it. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** By name; no others are taken. */
  readonly arguments: Readonly<Record<string, JsonObject>>;
  /** The one that must be given. */
  readonly required: string;
}

/** A tool of the host's own: a read that conflicts with nothing. */
export function builtInTool(words: BuiltInWords): Tool {
  const { name, title, description, required } = words;
  return {
    server: serverId('mcp-fanout'),
    name: toolName(name),
    exposed: exposedName(name),
    title,
    description,
    inputSchema: {
      type: 'object',
      properties: words.arguments,
      required: [required],
      additionalProperties: false,
    },
    outputSchema: undefined,
    access: 'read',
    accessRule: 'built-in',
    declaredReadOnly: true,
    declaredIdempotent: true,
    declaredBy: 'config',
    resource: '\u0000mcp-fanout',
    keys: [],
    claims: false,
  };
}

/** The chain of a built-in tool, without a lock or a slot (B4). `answer` gets arguments that fit the tool's schema. */
export function builtInChain(answer: (args: JsonObject) => Promise<Outcome>): Caller {
  return chain([observe()], async (call, scope) => {
    if (scope.cancellation !== undefined) return stopped(scope.cancellation, 'no');
    scope.markSent();
    return answer(call.arguments);
  });
}

/** What a built-in tool answers. */
export type TextOutcome = Extract<Outcome, { kind: 'ok' | 'tool-error' }>;

export function success(...texts: readonly string[]): TextOutcome {
  return { kind: 'ok', ran: 'yes', content: texts.map((text) => ({ type: 'text', text })) };
}

export function failure(text: string): TextOutcome {
  return { kind: 'tool-error', ran: 'yes', content: [{ type: 'text', text }] };
}
