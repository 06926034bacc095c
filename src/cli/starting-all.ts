import type { HostConfig } from '../config/host-config.ts';

/** The config with every server started at once and waited for, whatever it says of that: for a command that needs what they say now. */
export function startingAll(config: HostConfig): HostConfig {
  const servers = config.servers.map((server) =>
    server.kind === 'server' ? { ...server, start: 'eager' as const } : server,
  );
  return { ...config, servers };
}
