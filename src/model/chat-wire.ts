import type { OpenAI } from 'openai';
import { isJsonObject, type JsonObject } from '../base/json.ts';
import type { Tool } from '../call/tool.ts';
import { outcomeText } from './content.ts';
import type { Message } from './message.ts';

type WireMessage = OpenAI.ChatCompletionMessageParam;
type WireTool = OpenAI.ChatCompletionFunctionTool;

/**
 * The conversation as Chat Completions has it. The follow-up is one `tool` message for each call id, in call order, with nothing between them.
 * The same messages give the same bytes: endpoints cache by prefix.
 */
export function toWireMessages(messages: readonly Message[]): WireMessage[] {
  return messages.flatMap(toWire);
}

/** The tools in the order given, under their exposed names. */
export function toWireTools(tools: readonly Tool[]): WireTool[] {
  return tools.map((tool) => ({
    type: 'function',
    function: {
      name: tool.exposed,
      description: tool.description === '' ? tool.title : tool.description,
      parameters: toWireSchema(tool.inputSchema),
    },
  }));
}

function toWire(message: Message): WireMessage[] {
  if (message.kind === 'system') return [{ role: 'system', content: message.text }];
  if (message.kind === 'user') return [{ role: 'user', content: message.text }];
  if (message.kind === 'assistant') return [toWireAssistant(message)];
  return message.results.map((result) => ({
    role: 'tool',
    tool_call_id: result.id,
    content: outcomeText(result.outcome, result.name),
  }));
}

function toWireAssistant(message: Extract<Message, { kind: 'assistant' }>): WireMessage {
  const calls = message.calls.map((call) => ({
    type: 'function' as const,
    id: call.id,
    function: {
      name: acceptableName(call.name),
      // An empty text means no arguments, but some endpoints parse what they are shown.
      arguments: call.arguments.trim() === '' ? '{}' : call.arguments,
    },
  }));
  if (calls.length === 0) return { role: 'assistant', content: message.text };
  return {
    role: 'assistant',
    content: message.text === '' ? null : message.text,
    tool_calls: calls,
  };
}

/** A name that the model made up must not make the endpoint refuse the whole conversation. */
function acceptableName(name: string): string {
  return name === '' ? 'unnamed' : name.replace(/[^A-Za-z0-9_-]/gu, '_').slice(0, 64);
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
