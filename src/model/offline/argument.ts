import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { HANDLE_WORDS, LOOKING_VERBS, stem, wordsOf } from './words.ts';
import type { Tool } from '../../call/tool.ts';

/** One argument of a tool, as its schema describes it. */
export interface Argument {
  readonly name: string;
  readonly words: ReadonlySet<string>;
  readonly describedAs: ReadonlySet<string>;
  /** Whether it holds a folder, as far as its own words and its tool's name tell. */
  readonly isFolder: boolean;
  /** Stems of what it is about: `order` for `order_id`; for a bare `id` that of the tool's own name. */
  readonly nouns: ReadonlySet<string>;
  /** Whether it holds a record's id, number or name, rather than a quantity. */
  readonly isHandle: boolean;
  readonly required: boolean;
  readonly type: 'integer' | 'number' | 'string' | 'boolean' | 'other';
  /** Takes a list of such values. */
  readonly isList: boolean;
  readonly format: string | undefined;
  readonly choices: readonly (string | number)[];
  /** A value that the schema itself gives. */
  readonly given: Json | undefined;
  readonly minimum: number;
  readonly maximum: number;
}

/** The arguments of a tool, in the schema's order. */
export function argumentsOf(tool: Tool): Argument[] {
  const { properties, required } = tool.inputSchema;
  if (!isJsonObject(properties)) return [];
  const names = Array.isArray(required) ? new Set<unknown>(required) : new Set();
  return Object.entries(properties).map(([name, schema]) =>
    readArgument(tool, { name, required: names.has(name), schema }),
  );
}

interface Property {
  readonly name: string;
  readonly required: boolean;
  readonly schema: Json | undefined;
}

function readArgument(tool: Tool, property: Property): Argument {
  const { name, required } = property;
  const outer = resolve(property.schema, tool.inputSchema);
  const isList = typeOf(outer) === 'array';
  const inner = isList ? resolve(outer['items'], tool.inputSchema) : outer;
  const words = wordsOf(name);
  const own = words.filter((word) => !HANDLE_WORDS.has(word)).map(stem);
  const type = typeOf(inner);
  const describedAs = wordsOf(textOf(outer['description']) + textOf(inner['description']));
  const hints = [...words, ...describedAs, ...wordsOf(tool.name)];
  return {
    name,
    words: new Set(words),
    describedAs: new Set(describedAs),
    isFolder:
      hints.some((word) => FOLDER_WORDS.has(word)) && !hints.some((word) => FILE_WORDS.has(word)),
    nouns: new Set(own.length > 0 ? own : nounsOf(tool)),
    isHandle: words.some((word) => HANDLE_WORDS.has(word)),
    required,
    type: SCALARS.find((scalar) => scalar === type) ?? 'other',
    isList,
    format: typeof inner['format'] === 'string' ? inner['format'] : undefined,
    choices: Array.isArray(inner['enum'])
      ? inner['enum'].slice(0, MAX_CHOICES).filter(isChoice)
      : [],
    given: outer['const'] ?? outer['default'],
    minimum: typeof inner['minimum'] === 'number' ? inner['minimum'] : -Infinity,
    maximum: typeof inner['maximum'] === 'number' ? inner['maximum'] : Infinity,
  };
}

const FOLDER_WORDS = new Set(['dir', 'directories', 'directory', 'folder', 'folders']);
const FILE_WORDS = new Set(['file']);

/** Of a longer list only these are looked for in the prompt. */
const MAX_CHOICES = 200;

const SCALARS = ['integer', 'number', 'string', 'boolean'] as const;

/** What a tool is about: the stems of its name without the verbs that only say that it looks, and without its server's own name. */
export function nounsOf(tool: Tool): string[] {
  const server = wordsOf(tool.server);
  const nouns = wordsOf(tool.name).filter((word) => !LOOKING_VERBS.has(word));
  const own = nouns.filter((word) => !server.includes(word));
  return (own.length > 0 ? own : nouns).map(stem);
}

/** Looks through references, and through alternatives to `null`, for the schema that says what a value is. */
function resolve(schema: unknown, root: JsonObject, depth = 0): JsonObject {
  if (!isJsonObject(schema) || depth > 8) return {};
  const { $ref: reference } = schema;
  if (typeof reference === 'string') {
    const target = reference
      .split('/')
      .slice(1)
      .reduce<unknown>((at, key) => (isJsonObject(at) ? at[key] : undefined), root);
    return { ...resolve(target, root, depth + 1), ...schema };
  }
  const options = ['anyOf', 'oneOf', 'allOf'].flatMap((key) => {
    const found = schema[key];
    return Array.isArray(found) ? (found as readonly unknown[]) : [];
  });
  const option = options.find((one) => isJsonObject(one) && one['type'] !== 'null');
  return option === undefined ? schema : { ...resolve(option, root, depth + 1), ...schema };
}

function typeOf(schema: JsonObject): string | undefined {
  const { type } = schema;
  const names = Array.isArray(type) ? type : [type];
  const known = names.find((name): name is string => typeof name === 'string' && name !== 'null');
  return known ?? (Array.isArray(schema['enum']) ? 'string' : undefined);
}

function isChoice(value: Json): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? `${value} ` : '';
}
