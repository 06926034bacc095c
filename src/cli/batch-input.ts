import { HostError } from '../base/errors.ts';
import { isJsonObject, type JsonObject } from '../base/json.ts';
import { nearest } from '../base/nearest.ts';
import { visibleLine } from '../base/visible.ts';
import type { ToolCall } from '../call/call.ts';
import { jsonFault } from './json-place.ts';

/** The calls of `call TOOL JSON [TOOL JSON …]`. Throws HostError `usage` that names the argument and the place in it. */
export function callsFromArguments(words: readonly string[]): readonly ToolCall[] {
  if (words.length === 0) {
    throw usage(
      'no call is given: write TOOL JSON, such as customers__get_customer \'{"id": 1234}\', or --batch FILE',
    );
  }
  const calls: ToolCall[] = [];
  for (let index = 0; index < words.length; index += 2) {
    const name = words[index] ?? '';
    const text = words[index + 1];
    if (text === undefined) {
      throw usage(
        `${shown(name)} has no arguments behind it: TOOL and JSON come in pairs; write '{}' for a tool that takes none`,
      );
    }
    const where = `argument ${String(index + 2)}, the arguments of ${shown(name)},`;
    if (text.trim() === '') throw usage(`${where} is empty: write '{}' for none`);
    const value = parsed(text, (fault) => `${where} is not valid JSON: ${fault}`);
    if (!isJsonObject(value)) {
      throw usage(`${where} must be a JSON object such as '{"id": 1234}', not ${kindOf(value)}`);
    }
    calls.push({ name, arguments: value });
  }
  return calls;
}

/**
 * The calls of a batch file: a JSON array or lines (NDJSON) of `{"id"?, "name", "arguments"?}`, an OpenAI assistant message with `tool_calls`, or the
 * chat completion it came in. Arguments are taken as they are: what is wrong with those is the call's own outcome. Throws HostError `usage`
 * that names the file, and the line or the call.
 */
export function callsFromBatch(text: string, file: string): readonly ToolCall[] {
  if (text.trim() === '') throw usage(`${file} is empty: it must hold a JSON array of calls`);
  const value = tryParse(text);
  if (value !== undefined) return callsIn(value, file);
  if (isLines(text)) return callsInLines(text, file);
  throw usage(`${file} is not valid JSON: ${jsonFault(text)}`);
}

function callsIn(value: unknown, file: string): readonly ToolCall[] {
  if (Array.isArray(value)) {
    return value.map((entry, index) => toCall(entry, `call ${String(index + 1)} of ${file}`));
  }
  const message = isJsonObject(value) ? messageIn(value, file) : undefined;
  if (message !== undefined) return callsIn(message['tool_calls'], file);
  if (isJsonObject(value) && ('name' in value || 'function' in value)) {
    return [toCall(value, `the call in ${file}`)];
  }
  throw usage(
    `${file} holds ${kindOf(value)}: it must be a JSON array of {"name", "arguments"}, one such object a line, or an assistant message with "tool_calls"`,
  );
}

/** The assistant message: the object itself, or the only choice of a chat completion. */
function messageIn(value: JsonObject, file: string): JsonObject | undefined {
  if (Array.isArray(value['tool_calls'])) return value;
  const choices = value['choices'];
  if (!Array.isArray(choices)) return undefined;
  const [choice, second] = choices as readonly unknown[];
  if (second !== undefined) throw usage(`${file} has several choices: leave the one to be run`);
  const message = isJsonObject(choice) ? choice['message'] : undefined;
  if (isJsonObject(message) && Array.isArray(message['tool_calls'])) return message;
  throw usage(`the message in ${file} has no "tool_calls"`);
}

/** Lines of JSON: more than one line, the first of which stands for itself, or at least begins an object like the second. */
function isLines(text: string): boolean {
  const [first = '', second] = text.split('\n').filter((line) => line.trim() !== '');
  if (second === undefined) return false;
  if (tryParse(first) !== undefined) return true;
  return first.trimStart().startsWith('{') && second.startsWith('{');
}

function callsInLines(text: string, file: string): readonly ToolCall[] {
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    const where = `line ${String(index + 1)} of ${file}`;
    return [
      toCall(
        parsed(line, (fault) => `${where} is not valid JSON: ${fault}`),
        where,
      ),
    ];
  });
}

const CALL_KEYS: ReadonlySet<string> = new Set(['id', 'name', 'arguments']);
/** What OpenAI's messages have besides. */
const WIRE_KEYS: ReadonlySet<string> = new Set(['id', 'type', 'index', 'function']);

function toCall(entry: unknown, where: string): ToolCall {
  if (!isJsonObject(entry)) throw usage(`${where} is ${kindOf(entry)}; it must be an object`);
  const inner = isJsonObject(entry['function']) ? entry['function'] : undefined;
  const outer = inner === undefined ? CALL_KEYS : WIRE_KEYS;
  // A mistyped "arguments" must not become a call without any.
  for (const key of Object.keys(entry)) if (!outer.has(key)) throw unknownKey(key, outer, where);
  const { id } = entry;
  const { name, arguments: args } = inner ?? entry;
  if (typeof name !== 'string') throw usage(`${where} has no "name", the exposed name of a tool`);
  if (id !== undefined && typeof id !== 'string') {
    throw usage(`the "id" in ${where} is ${kindOf(id)}; it must be a text`);
  }
  return {
    ...(id === undefined ? {} : { id }),
    name,
    ...(args === undefined || args === null ? {} : { arguments: asArguments(args) }),
  };
}

/** Anything but an object is handed on as its JSON text: then it is answered like a model's own mistake. */
function asArguments(value: unknown): string | JsonObject {
  if (typeof value === 'string') return value;
  return isJsonObject(value) ? value : JSON.stringify(value);
}

function unknownKey(key: string, known: ReadonlySet<string>, where: string): HostError {
  const [near] = key === 'args' || key === 'input' ? ['arguments'] : nearest(key, known, 1);
  const hint = near === undefined ? '' : `; did you mean "${near}"?`;
  return usage(`${where} has an unknown key ${shown(key)}${hint}`);
}

function parsed(text: string, complaint: (fault: string) => string): unknown {
  const value = tryParse(text);
  if (value === undefined) throw usage(complaint(jsonFault(text)));
  return value;
}

/** `undefined` for what is no JSON. */
function tryParse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // What is wrong is found out by a parser that says where.
    return undefined;
  }
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function shown(text: string): string {
  return JSON.stringify(visibleLine(text, 80));
}

function usage(message: string): HostError {
  return new HostError('usage', message);
}
