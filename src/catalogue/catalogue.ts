import type { Tool } from '../call/tool.ts';
import { toolName, type ServerId } from '../call/names.ts';
import type { HostConfig, ServerConfig } from '../config/host-config.ts';
import type { RawTool } from '../connect/raw-tool.ts';
import { accessFacts } from './claims.ts';
import { exposedNameOf } from './exposed-name.ts';
import { nameFilter } from './name-filter.ts';

/** A merged, immutable picture of all tools: servers in config order, each server's tools in its own order, so it is the same text for the same servers. */
export interface Catalogue {
  readonly tools: readonly Tool[];
  readonly byName: ReadonlyMap<string, Tool>;
}

/** Tells of a tool that was left out: which, and why. */
export type OnDropped = (server: ServerId, tool: string, reason: string) => void;

export const EMPTY_CATALOGUE: Catalogue = { tools: [], byName: new Map() };

/** One server's part of the catalogue: made anew when its list changes, and only then. */
export function serverTools(
  config: HostConfig,
  server: ServerConfig,
  { listed, onDropped }: { readonly listed: readonly RawTool[]; readonly onDropped: OnDropped },
): readonly Tool[] {
  const wanted = nameFilter(server.include, server.exclude);
  const seen = new Set<string>();
  const tools: Tool[] = [];
  for (const raw of listed) {
    if (!wanted(raw.name)) continue;
    const exposed = exposedNameOf(server.prefix, raw.name);
    if (seen.has(exposed)) {
      onDropped(
        server.id,
        raw.name,
        `its exposed name ${exposed} is taken by another tool of this server`,
      );
      continue;
    }
    seen.add(exposed);
    tools.push({
      server: server.id,
      name: toolName(raw.name),
      exposed,
      title: raw.title ?? raw.annotations?.title ?? '',
      description: raw.description ?? '',
      inputSchema: raw.inputSchema,
      outputSchema: raw.outputSchema,
      resource: server.resource,
      ...accessFacts(raw, server, config.policy.trustAnnotations),
    });
  }
  return tools;
}

/** Merges the servers' parts. Prefixes differ, so names cannot meet; should a hash collide, the first in config order keeps the name. */
export function mergeCatalogue(
  parts: readonly (readonly Tool[])[],
  onDropped: OnDropped,
): Catalogue {
  const byName = new Map<string, Tool>();
  for (const tool of parts.flat()) {
    const holder = byName.get(tool.exposed);
    if (holder === undefined) byName.set(tool.exposed, tool);
    else
      onDropped(
        tool.server,
        tool.name,
        `its exposed name ${tool.exposed} is taken by server ${holder.server}`,
      );
  }
  return { tools: [...byName.values()], byName };
}
