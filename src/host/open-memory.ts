import { join } from 'node:path';
import type { HostEvent } from '../call/events.ts';
import type { ServerId } from '../call/names.ts';
import { baseDirectory } from '../config/find.ts';
import type { HostConfig } from '../config/host-config.ts';
import { expandEndpoint } from '../config/variables.ts';
import { memoryKey } from '../connect/memory-file.ts';
import { ToolMemory } from '../connect/tool-memory.ts';
import { VERSION } from './version.ts';

export interface OpenMemoryPorts {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly emit: (event: HostEvent) => void;
}

/** What is remembered of the config's servers, below `$XDG_CACHE_HOME/mcp-fanout/catalogues`; nothing is read yet. A server whose variables are unset has no memory. */
export function openMemory(config: HostConfig, { env, emit }: OpenMemoryPorts): ToolMemory {
  const { directory } = config.source;
  const keys = new Map<ServerId, string>();
  for (const server of config.servers) {
    if (server.kind !== 'server') continue;
    const expansion = expandEndpoint(server.endpoint, { env, directory });
    if (expansion.kind === 'ok')
      keys.set(server.id, memoryKey(server, expansion.endpoint, VERSION));
  }
  // Servers that are started and waited for need no memory: then nobody misses it.
  const isMissed = config.servers.some((server) => 'start' in server && server.start !== 'eager');
  return new ToolMemory({
    folder: join(baseDirectory('XDG_CACHE_HOME', '.cache', { env }), 'mcp-fanout', 'catalogues'),
    keys,
    onWarning: (message) => {
      if (isMissed) emit({ kind: 'host-notice', code: 'tools-not-remembered', message });
    },
  });
}
