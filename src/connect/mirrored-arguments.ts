import { isJsonObject, type JsonObject } from '../base/json.ts';
import { visibleLine } from '../base/visible.ts';
import type { RawTool } from './raw-tool.ts';
import type { Notify } from './wire-transport.ts';

/** The keyword by which a schema says that an argument is repeated as an HTTP header. */
const KEYWORD = 'x-mcp-header';
/** RFC 9110, 5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/u;
const TYPES: ReadonlySet<unknown> = new Set(['string', 'integer', 'boolean']);
/** Keywords whose keys are names of schemas, other than `properties`. */
const NAMED: ReadonlySet<string> = new Set([
  'patternProperties',
  'dependentSchemas',
  '$defs',
  'definitions',
]);
/** Keywords whose values are no schemas, whatever they look like. */
const DATA: ReadonlySet<string> = new Set(['default', 'const', 'enum', 'examples']);

/** A list of tools without those that must not be used, and which of them have arguments that are repeated as headers. */
export interface Mirrors {
  readonly tools: readonly RawTool[];
  readonly mirrored: ReadonlySet<RawTool>;
}

/**
 * Which arguments go into headers, too, over HTTP in the new era. A tool that wants this in a way that it must not is left out, with a notice, as the
 * specification demands: what stands between us and the server may go by the headers. Source: 2026-07-28, Streamable HTTP, Schema Extension.
 */
export function readMirrors(list: readonly RawTool[], notify: Notify): Mirrors {
  const tools: RawTool[] = [];
  const mirrored = new Set<RawTool>();
  for (const tool of list) {
    const headers = new Set<string>();
    const fault = faultIn(tool.inputSchema, { headers, isArgument: false, isReachable: true });
    if (fault !== undefined) {
      const name = visibleLine(tool.name, 60);
      notify(
        `tool-dropped:${name}`,
        `its tool ${name} cannot be used: ${visibleLine(fault, 200)}. The other tools are not affected.`,
      );
      continue;
    }
    tools.push(tool);
    if (headers.size > 0) mirrored.add(tool);
  }
  return { tools, mirrored };
}

interface Place {
  /** Those found until now, in lower case: header names have no other. */
  readonly headers: Set<string>;
  /** Whether the schema is that of an argument, not the root. */
  readonly isArgument: boolean;
  /** Whether only `properties` leads here: then everybody finds the same value. */
  readonly isReachable: boolean;
}

/** The first thing that is wrong; the depth of schemas is bounded where the tool was read. */
function faultIn(schema: unknown, place: Place): string | undefined {
  if (Array.isArray(schema)) return firstFault(schema, { ...place, isReachable: false });
  if (!isJsonObject(schema)) return undefined;
  const own = KEYWORD in schema ? headerFault(schema, place) : undefined;
  if (own !== undefined) return own;
  for (const [keyword, value] of Object.entries(schema)) {
    if (DATA.has(keyword)) continue;
    const isProperties = keyword === 'properties';
    const isReachable = place.isReachable && isProperties;
    const inner = { headers: place.headers, isArgument: isReachable, isReachable };
    const fault =
      (isProperties || NAMED.has(keyword)) && isJsonObject(value)
        ? firstFault(Object.values(value), inner)
        : faultIn(value, inner);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function firstFault(schemas: readonly unknown[], place: Place): string | undefined {
  for (const schema of schemas) {
    const fault = faultIn(schema, place);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function headerFault(schema: JsonObject, place: Place): string | undefined {
  const header = schema[KEYWORD];
  if (!place.isReachable || !place.isArgument) {
    return `its schema has ${KEYWORD} where not only "properties" leads`;
  }
  if (typeof header !== 'string' || !TOKEN.test(header)) {
    return `${KEYWORD} ${JSON.stringify(header) ?? ''} is no name of a header`;
  }
  if (!TYPES.has(schema['type'])) {
    return `${KEYWORD} ${header} stands at an argument that is neither string, integer nor boolean`;
  }
  if (place.headers.has(header.toLowerCase())) return `${KEYWORD} ${header} stands there twice`;
  place.headers.add(header.toLowerCase());
  return undefined;
}
