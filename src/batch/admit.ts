import { parse, type ParseError } from 'jsonc-parser';
import { isJsonObject, nestsDeeperThan, type Json, type JsonObject } from '../base/json.ts';
import { compileSchema } from '../base/json-schema.ts';
import { visibleLine } from '../base/visible.ts';
import type { ToolCall } from '../call/call.ts';
import type { Outcome } from '../call/outcome.ts';
import type { Tool } from '../call/tool.ts';
import type { Route } from './router.ts';

/** Longest argument text, in characters: no tool call is meant to carry more, and every copy of it costs memory. */
const MAX_ARGUMENT_CHARS = 16 * 1024 * 1024;
/** Deepest nesting of arguments: beyond it, serialising them again could overflow the stack. */
const MAX_ARGUMENT_DEPTH = 128;
/** Longest broken text whose fault is looked for. */
const MAX_SEARCHED_CHARS = 1_000_000;
/** Schema violations told to the model at once. */
const MAX_TOLD = 5;

/** Arguments as a call will carry them, or the outcome that tells the model what was wrong and what would be right. */
export type Admission =
  | { readonly kind: 'admitted'; readonly arguments: JsonObject }
  | { readonly kind: 'refused'; readonly arguments: Json; readonly outcome: Outcome };

/** Checks the arguments of one call: JSON, an object, within limits, as the tool's schema says. A refused call reaches no server. */
export function admitArguments(call: ToolCall, tool: Tool): Admission {
  const parsed = parseArguments(call.arguments);
  if (parsed.kind === 'refused') return parsed;
  const args = parsed.arguments;
  const schema = compileSchema(tool.inputSchema);
  // A schema we cannot use judges nothing: the server checks its own arguments.
  if (schema.kind === 'unusable') return parsed;
  const verdict = schema.validate(args);
  if (verdict.valid) return parsed;
  const told = verdict.errors
    .slice(0, MAX_TOLD)
    .map(({ path, message }) => `${path === '' ? 'arguments' : path}: ${message}`);
  const more = verdict.errors.length - told.length;
  const list = told.join('; ') + (more > 0 ? `; and ${more} more` : '');
  return refuse(
    args,
    'arguments-schema',
    `the arguments do not fit the tool's schema: ${list}. Nothing was sent; correct them and call again.`,
  );
}

/** What a model is told that called a tool which is not there. */
export function unknownTool(
  name: string,
  { nearest, there, servers }: Extract<Route, { readonly kind: 'unknown' }>,
): Outcome {
  const known =
    servers.length > 0 ? ` No server has its prefix; the servers are ${servers.join(', ')}.` : '';
  const others = there.length > 0 ? ` Its server has ${there.join(', ')}.` : known;
  const hint = nearest.length > 0 ? ` Did you mean ${nearest.join(' or ')}?` : others;
  const message = `there is no tool named ${JSON.stringify(name.slice(0, 128))}.${hint} Nothing was sent.`;
  return { kind: 'invalid', code: 'unknown-tool', message, ran: 'no' };
}

function parseArguments(given: ToolCall['arguments']): Admission {
  if (given === undefined) return { kind: 'admitted', arguments: {} };
  if (typeof given !== 'string') return checkShape(given, given);
  if (given.length > MAX_ARGUMENT_CHARS) {
    return refuse(
      `${given.slice(0, 200)}…`,
      'arguments-too-large',
      `the arguments are ${given.length} characters long; the limit is ${MAX_ARGUMENT_CHARS}. Nothing was sent.`,
    );
  }
  if (given.trim() === '') return { kind: 'admitted', arguments: {} };
  let value: unknown;
  try {
    value = JSON.parse(given);
  } catch {
    // The parser's own message varies between engines; the position is found by a parser that names it.
    return refuse(
      given,
      'arguments-json',
      `the arguments are not valid JSON${where(given)}. Nothing was sent; send one complete JSON object.`,
    );
  }
  return checkShape(value, given);
}

function checkShape(value: unknown, given: Json): Admission {
  if (!isJsonObject(value)) {
    const what = value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`;
    return refuse(
      given,
      'arguments-not-object',
      `the arguments are ${what}; they must be one JSON object. Nothing was sent.`,
    );
  }
  if (nestsDeeperThan(value, MAX_ARGUMENT_DEPTH)) {
    return refuse(
      '(too deep)',
      'arguments-too-deep',
      `the arguments nest deeper than ${MAX_ARGUMENT_DEPTH} levels. Nothing was sent.`,
    );
  }
  return { kind: 'admitted', arguments: value };
}

/** Only to find the place: what counts is JSON.parse. */
function where(text: string): string {
  const offset = text.length > MAX_SEARCHED_CHARS ? undefined : firstError(text);
  if (offset === undefined) return '';
  if (offset >= text.trimEnd().length) return `: they end too early, at character ${text.length}`;
  return `: at character ${offset}, near ${JSON.stringify(visibleLine(text.slice(offset, offset + 20)))}`;
}

function firstError(text: string): number | undefined {
  const errors: ParseError[] = [];
  try {
    parse(text, errors, { disallowComments: true, allowTrailingComma: false });
  } catch {
    // This parser is recursive, and hostile depth ends its stack: then the place is not told.
    return undefined;
  }
  return errors[0]?.offset;
}

function refuse(args: Json, code: string, message: string): Admission {
  return {
    kind: 'refused',
    arguments: args,
    outcome: { kind: 'invalid', code, message, ran: 'no' },
  };
}
