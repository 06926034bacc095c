import type { VersionNegotiationMode } from '@modelcontextprotocol/client';
import type { ServerConfig } from '../config/host-config.ts';

export const MODERN = '2026-07-28';

/** How a server is asked which era it is of: as its config says, and as its transport can. */
export function negotiationMode(
  options: Pick<ServerConfig, 'protocol' | 'endpoint'>,
): VersionNegotiationMode {
  // The transport of 2024 has no new era.
  if (options.protocol === 'legacy' || options.endpoint.kind === 'sse') return 'legacy';
  return options.protocol === 'modern' ? { pin: MODERN } : 'auto';
}
