import { isJsonObject, type JsonObject } from '../base/json.ts';
import type { Tool } from '../call/tool.ts';
import { isObjectText } from './argument-text.ts';
import type { AttachmentKind } from './attachments.ts';

/** What an endpoint takes in a conversation. */
export interface Spelling {
  /** What may go beside text. */
  readonly attach: ReadonlySet<AttachmentKind>;
  /** Whether argument texts go as the model wrote them, JSON or not. */
  readonly rawArguments: boolean;
}

/** What every API says of a function, each in its own wrapping. */
export interface WireFunction {
  readonly name: string;
  readonly description: string;
  readonly parameters: Record<string, unknown>;
}

/** A tool under its exposed name, as endpoints accept it. */
export function toWireFunction(tool: Tool): WireFunction {
  return {
    name: tool.exposed,
    description: tool.description === '' ? tool.title : tool.description,
    parameters: toWireSchema(tool.inputSchema),
  };
}

/** A name that the model made up must not make the endpoint refuse the whole conversation. */
export function acceptableName(name: string): string {
  return name === '' ? 'unnamed' : name.replace(/[^A-Za-z0-9_-]/gu, '_').slice(0, 64);
}

/** An argument text for an endpoint that parses the calls that it is shown: a JSON object, whatever the model wrote. */
export function parsableArguments(text: string): string {
  if (text.trim() === '') return '{}';
  return isObjectText(text) ? text : JSON.stringify({ unreadable_arguments: text });
}

/** Keys that OpenAI refuses at the top of a schema, and with it the whole request. */
const REFUSED_KEYS: ReadonlySet<string> = new Set(['oneOf', 'anyOf', 'allOf', 'not', 'enum']);

/**
 * A tool's schema as endpoints accept it: an object schema with `properties`, and nothing at its top that they refuse. What is left out is still
 * checked before the call; the properties of alternatives are kept for the model to see.
 */
function toWireSchema(schema: JsonObject): Record<string, unknown> {
  const kept = Object.entries(schema).filter(([key]) => !REFUSED_KEYS.has(key));
  const alternatives = ['allOf', 'anyOf', 'oneOf'].flatMap((key) => {
    const found = schema[key];
    return Array.isArray(found) ? (found as readonly unknown[]) : [];
  });
  const properties = [...alternatives, schema].map((part) =>
    isJsonObject(part) && isJsonObject(part['properties']) ? part['properties'] : {},
  );
  return {
    ...Object.fromEntries(kept),
    type: 'object',
    properties: Object.assign({}, ...properties) as Record<string, unknown>,
  };
}
