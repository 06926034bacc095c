import { excessOf, isJsonObject, type JsonObject } from '../base/json.ts';
import { MAX_SCHEMA_CHARS, MAX_SCHEMA_DEPTH } from '../base/schema-limits.ts';
import { visibleLine } from '../base/visible.ts';

/** What a server says of a tool's behaviour; hints only, untrusted. */
export interface RawAnnotations {
  readonly title?: string;
  readonly readOnlyHint?: boolean;
  readonly destructiveHint?: boolean;
  readonly idempotentHint?: boolean;
  readonly openWorldHint?: boolean;
}

/** A tool as its server lists it, checked for shape and size only: names are unique per server and not empty, the texts are untrusted. */
export interface RawTool {
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  /** Always an object schema: `type` is `"object"`. */
  readonly inputSchema: JsonObject;
  readonly outputSchema?: JsonObject;
  readonly annotations?: RawAnnotations;
  readonly _meta?: JsonObject;
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** A tool of a server's list: usable, perhaps after repairs, each of which is told; or not, and why. */
export type ToolReading =
  | { readonly kind: 'tool'; readonly tool: RawTool; readonly repairs: readonly string[] }
  | { readonly kind: 'dropped'; readonly name: string; readonly reason: string };

const MAX_NAME_CHARS = 512;
const MAX_DESCRIPTION_CHARS = 64 * 1_024;
const MAX_META_CHARS = 64 * 1_024;

/** Reads one entry of a `tools/list` result. One bad tool costs nobody but itself, and a bad part of it no more than that part where it can be spared. */
export function readTool(entry: unknown): ToolReading {
  if (!isJsonObject(entry)) return dropped('(unnamed)', 'it is no object');
  const { name } = entry;
  if (typeof name !== 'string' || name === '') {
    // It may be anything, also something without an end.
    const shown = typeof name === 'number' ? String(name) : '(unnamed)';
    return dropped(shown, 'its name is no text');
  }
  if (name.length > MAX_NAME_CHARS) {
    return dropped(visibleLine(name, 60), `its name is longer than ${MAX_NAME_CHARS} characters`);
  }
  const repairs: string[] = [];
  const inputSchema = readInputSchema(entry['inputSchema'], repairs);
  if (typeof inputSchema === 'string') return dropped(visibleLine(name, 60), inputSchema);
  const tool: Writable<RawTool> = { name, inputSchema };
  // One by one: of ten thousand tools, spreading what may be there takes longer than parsing the message that they came in.
  const title = readTitle(entry['title'], repairs);
  if (title !== undefined) tool.title = title;
  const description = readDescription(entry['description'], repairs);
  if (description !== undefined) tool.description = description;
  const outputSchema = readOutputSchema(entry['outputSchema'], repairs);
  if (outputSchema !== undefined) tool.outputSchema = outputSchema;
  const annotations = readAnnotations(entry['annotations'], repairs);
  if (annotations !== undefined) tool.annotations = annotations;
  const meta = readMeta(entry['_meta'], repairs);
  if (meta !== undefined) tool._meta = meta;
  return { kind: 'tool', tool, repairs };
}

function dropped(name: string, reason: string): ToolReading {
  return { kind: 'dropped', name, reason };
}

/** The schema, or why the tool cannot be called. */
function readInputSchema(schema: unknown, repairs: string[]): JsonObject | string {
  if (schema === undefined || schema === null || schema === true) {
    repairs.push('it has no inputSchema: any arguments are accepted');
    return { type: 'object' };
  }
  if (!isJsonObject(schema)) return 'its inputSchema is no object';
  const excess = excessIn(schema);
  if (excess !== undefined) return `its inputSchema ${excess}`;
  if (schema['type'] === 'object') return schema;
  if (schema['type'] !== undefined) {
    return `its inputSchema is for ${visibleLine(JSON.stringify(schema['type']), 60)}, not for an object`;
  }
  repairs.push('its inputSchema lacks "type": "object"');
  return { ...schema, type: 'object' };
}

function readOutputSchema(schema: unknown, repairs: string[]): JsonObject | undefined {
  if (schema === undefined) return undefined;
  if (!isJsonObject(schema)) {
    repairs.push('its outputSchema is no object: its results are not checked');
    return undefined;
  }
  const excess = excessIn(schema);
  if (excess === undefined) return schema;
  repairs.push(`its outputSchema ${excess}: its results are not checked`);
  return undefined;
}

const SCHEMA_BOUNDS = { depth: MAX_SCHEMA_DEPTH, chars: MAX_SCHEMA_CHARS };
const META_BOUNDS = { depth: MAX_SCHEMA_DEPTH, chars: MAX_META_CHARS };

function excessIn(schema: JsonObject): string | undefined {
  switch (excessOf(schema, SCHEMA_BOUNDS)) {
    case 'depth':
      return `nests deeper than ${MAX_SCHEMA_DEPTH} levels`;
    case 'chars':
      return `is larger than ${MAX_SCHEMA_CHARS / 1_024} KiB`;
    case undefined:
      return undefined;
  }
}

function readTitle(title: unknown, repairs: string[]): string | undefined {
  if (title === undefined) return undefined;
  if (typeof title === 'string') return title.slice(0, MAX_NAME_CHARS);
  repairs.push('its title is no text');
  return undefined;
}

function readDescription(description: unknown, repairs: string[]): string | undefined {
  if (description === undefined || description === null) return undefined;
  if (typeof description !== 'string') {
    repairs.push('its description is no text');
    return undefined;
  }
  if (description.length <= MAX_DESCRIPTION_CHARS) return description;
  repairs.push(
    `its description was cut to ${MAX_DESCRIPTION_CHARS} of ${description.length} characters`,
  );
  return `${description.slice(0, MAX_DESCRIPTION_CHARS)}…`;
}

const HINTS = ['readOnlyHint', 'destructiveHint', 'idempotentHint', 'openWorldHint'] as const;

function readAnnotations(annotations: unknown, repairs: string[]): RawAnnotations | undefined {
  if (annotations === undefined || annotations === null) return undefined;
  if (!isJsonObject(annotations)) {
    repairs.push('its annotations are no object');
    return undefined;
  }
  const { title } = annotations;
  const read: Writable<RawAnnotations> = {};
  if (typeof title === 'string') read.title = title.slice(0, MAX_NAME_CHARS);
  for (const hint of HINTS) {
    const value = annotations[hint];
    if (typeof value === 'boolean') read[hint] = value;
    else if (value !== undefined) repairs.push(`its ${hint} is neither true nor false`);
  }
  return read;
}

function readMeta(meta: unknown, repairs: string[]): JsonObject | undefined {
  if (!isJsonObject(meta)) return undefined;
  if (excessOf(meta, META_BOUNDS) === undefined) return meta;
  repairs.push('its _meta is too large');
  return undefined;
}
