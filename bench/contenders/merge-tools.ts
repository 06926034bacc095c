export interface NamedTool {
  readonly name: string;
}

/** The tools of all servers under the names by which a model would know them. */
export function mergeTools<Tool extends NamedTool>(
  lists: readonly (readonly Tool[])[],
): ReadonlyMap<string, Tool> {
  const merged = new Map<string, Tool>();
  for (const [server, tools] of lists.entries()) {
    for (const tool of tools) merged.set(`s${server}__${tool.name}`, tool);
  }
  return merged;
}

export function namesOf(merged: ReadonlyMap<string, NamedTool>): readonly string[] {
  return [...merged.keys()];
}
