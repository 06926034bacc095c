import { isJsonObject, nestsDeeperThan, type JsonObject } from '../base/json.ts';
import { MAX_SCHEMA_CHARS, MAX_SCHEMA_DEPTH } from '../base/json-schema.ts';
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
  const input = readInputSchema(entry['inputSchema'], repairs);
  if (typeof input === 'string') return dropped(visibleLine(name, 60), input);
  const tool: RawTool = {
    name,
    inputSchema: input,
    ...readTitle(entry['title'], repairs),
    ...readDescription(entry['description'], repairs),
    ...readOutputSchema(entry['outputSchema'], repairs),
    ...readAnnotations(entry['annotations'], repairs),
    ...readMeta(entry['_meta'], repairs),
  };
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
  const excess = excessOf(schema);
  if (excess !== undefined) return `its inputSchema ${excess}`;
  if (schema['type'] === 'object') return schema;
  if (schema['type'] !== undefined) {
    return `its inputSchema is for ${visibleLine(JSON.stringify(schema['type']), 60)}, not for an object`;
  }
  repairs.push('its inputSchema lacks "type": "object"');
  return { ...schema, type: 'object' };
}

function readOutputSchema(schema: unknown, repairs: string[]): Pick<RawTool, 'outputSchema'> {
  if (schema === undefined) return {};
  const fault = isJsonObject(schema) ? excessOf(schema) : 'is no object';
  if (fault === undefined) return { outputSchema: schema as JsonObject };
  repairs.push(`its outputSchema ${fault}: its results are not checked`);
  return {};
}

function excessOf(schema: JsonObject): string | undefined {
  if (nestsDeeperThan(schema, MAX_SCHEMA_DEPTH))
    return `nests deeper than ${MAX_SCHEMA_DEPTH} levels`;
  const { length } = JSON.stringify(schema);
  return length > MAX_SCHEMA_CHARS ? `is larger than ${MAX_SCHEMA_CHARS / 1_024} KiB` : undefined;
}

function readTitle(title: unknown, repairs: string[]): Pick<RawTool, 'title'> {
  if (title === undefined) return {};
  if (typeof title === 'string') return { title: title.slice(0, MAX_NAME_CHARS) };
  repairs.push('its title is no text');
  return {};
}

function readDescription(description: unknown, repairs: string[]): Pick<RawTool, 'description'> {
  if (description === undefined || description === null) return {};
  if (typeof description !== 'string') {
    repairs.push('its description is no text');
    return {};
  }
  if (description.length <= MAX_DESCRIPTION_CHARS) return { description };
  repairs.push(
    `its description was cut to ${MAX_DESCRIPTION_CHARS} of ${description.length} characters`,
  );
  return { description: `${description.slice(0, MAX_DESCRIPTION_CHARS)}…` };
}

const HINTS = ['readOnlyHint', 'destructiveHint', 'idempotentHint', 'openWorldHint'] as const;

function readAnnotations(annotations: unknown, repairs: string[]): Pick<RawTool, 'annotations'> {
  if (annotations === undefined || annotations === null) return {};
  if (!isJsonObject(annotations)) {
    repairs.push('its annotations are no object');
    return {};
  }
  const { title } = annotations;
  const read: { -readonly [Key in keyof RawAnnotations]: RawAnnotations[Key] } = {};
  if (typeof title === 'string') read.title = title.slice(0, MAX_NAME_CHARS);
  for (const hint of HINTS) {
    const value = annotations[hint];
    if (typeof value === 'boolean') read[hint] = value;
    else if (value !== undefined) repairs.push(`its ${hint} is neither true nor false`);
  }
  return { annotations: read };
}

function readMeta(meta: unknown, repairs: string[]): Pick<RawTool, '_meta'> {
  if (!isJsonObject(meta)) return {};
  if (!nestsDeeperThan(meta, MAX_SCHEMA_DEPTH) && JSON.stringify(meta).length <= MAX_META_CHARS) {
    return { _meta: meta };
  }
  repairs.push('its _meta is too large');
  return {};
}
