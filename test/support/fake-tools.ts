import type { JsonObject } from '../../src/base/json.ts';
import { exposedName, serverId, toolName } from '../../src/call/names.ts';
import type { Tool } from '../../src/call/tool.ts';

/** A tool of a catalogue made up by a test: declared read-only unless said otherwise, exposed as `<server>__<name>`. */
export function fakeTool(
  name: string,
  properties: Readonly<Record<string, JsonObject>> = {},
  options: Partial<Omit<Tool, 'server' | 'name'>> & {
    readonly server?: string;
    readonly required?: readonly string[];
  } = {},
): Tool {
  const { server = 'fake', required = Object.keys(properties), ...rest } = options;
  return {
    server: serverId(server),
    name: toolName(name),
    exposed: exposedName(`${server}__${name}`),
    title: '',
    description: '',
    inputSchema: { type: 'object', properties, required: [...required] },
    outputSchema: undefined,
    access: 'read',
    accessRule: 'annotation:readOnlyHint',
    declaredReadOnly: true,
    declaredIdempotent: true,
    declaredBy: 'annotation',
    resource: server,
    keys: [],
    claims: true,
    ...rest,
  };
}
