import type { Json, JsonObject, Tool } from '../src/index.ts';

/** Arguments that fit a tool's schema, as far as the suite's tools need it. */
export function argumentsFor(tool: Tool, all: readonly Tool[]): JsonObject {
  const { properties = {} } = tool.inputSchema as {
    readonly properties?: Readonly<Record<string, JsonObject>>;
  };
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => {
      // The scenario json-schema-2020-12-preservation wants the schema of its other tool back.
      const other = all.find((one) => one !== tool);
      const isEcho = name === 'schema' && schema['type'] === 'object' && other !== undefined;
      return [name, isEcho ? other.inputSchema : valueFor(schema)];
    }),
  );
}

const SAMPLES: Readonly<Record<string, Json>> = {
  number: 1,
  integer: 1,
  boolean: true,
  array: [],
  object: {},
};

function valueFor(schema: JsonObject): Json {
  if ('const' in schema) return schema['const'] ?? null;
  if ('default' in schema) return schema['default'] ?? null;
  const choices = schema['enum'];
  if (Array.isArray(choices)) return (choices as readonly Json[])[0] ?? null;
  const { type } = schema as { readonly type?: Json };
  return typeof type === 'string' ? (SAMPLES[type] ?? 'text') : 'text';
}
