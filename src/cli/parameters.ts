import { isJsonObject, type Json, type JsonObject } from '../base/json.ts';
import { visibleLine } from '../base/visible.ts';
import type { Tool } from '../call/tool.ts';

const MAX_PARAMETERS = 40;
/** Of a longer list of values the rest is left out. */
const MAX_VALUES = 6;
const MAX_VALUE_CHARS = 40;
const MAX_NAME_CHARS = 64;
/** How far a type is looked into: a list of lists of objects. */
const MAX_DEPTH = 4;

/** What a tool takes, for people, on one line: `path: string, lines?: integer[], sort?: "name"|"size"`. Safe to show; `no parameters` where it takes nothing. */
export function parametersLine({ inputSchema }: Tool): string {
  const { properties, required } = inputSchema;
  const entries = isJsonObject(properties) ? Object.entries(properties) : [];
  if (entries.length === 0) return 'no parameters';
  const needed = new Set<unknown>(Array.isArray(required) ? required : []);
  const shown = entries.slice(0, MAX_PARAMETERS).map(([name, schema]) => {
    const mark = needed.has(name) ? '' : '?';
    return `${visibleLine(name, MAX_NAME_CHARS)}${mark}: ${typeWords(schema, inputSchema)}`;
  });
  const left = entries.length - shown.length;
  return [...shown, ...(left > 0 ? [`… and ${String(left)} more`] : [])].join(', ');
}

function typeWords(given: Json, root: JsonObject, depth = 0): string {
  if (!isJsonObject(given) || depth > MAX_DEPTH) return 'any';
  const { $ref: reference, const: only, enum: values, type, items } = given;
  if (typeof reference === 'string') return typeWords(target(reference, root), root, depth + 1);
  if (only !== undefined) return valueWords(only);
  if (Array.isArray(values)) return oneOf(values, valueWords);
  const alternatives = given['anyOf'] ?? given['oneOf'];
  if (type === undefined && Array.isArray(alternatives)) {
    return oneOf(alternatives, (each) => typeWords(each, root, depth + 1));
  }
  const types: readonly Json[] = Array.isArray(type) ? type : type === undefined ? [] : [type];
  if (types.length === 0) return isJsonObject(given['properties']) ? 'object' : 'any';
  return oneOf(types, (each) => {
    if (each !== 'array') return typeof each === 'string' ? visibleLine(each, 20) : 'any';
    const inner = items === undefined ? 'any' : typeWords(items, root, depth + 1);
    return inner.includes('|') ? `(${inner})[]` : `${inner}[]`;
  });
}

function oneOf(options: readonly Json[], words: (option: Json) => string): string {
  const shown = options.slice(0, MAX_VALUES).map(words);
  return [...new Set(shown), ...(options.length > MAX_VALUES ? ['…'] : [])].join('|');
}

function valueWords(value: Json): string {
  return typeof value === 'object' && value !== null
    ? 'object'
    : visibleLine(JSON.stringify(value), MAX_VALUE_CHARS);
}

/** Where a reference within the schema leads. */
function target(reference: string, root: JsonObject): Json {
  return reference
    .slice(0, 300)
    .split('/')
    .slice(1)
    .reduce<Json>((at, key) => (isJsonObject(at) ? (at[key] ?? null) : null), root);
}
