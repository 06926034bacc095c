import { join } from 'node:path';

/** The environment of a server, as small as the SDKs make it. */
export const SMALL_ENV = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '' };

/** Variables that change what Node does: each would be measured, too. NODE_EXTRA_CA_CERTS alone costs every Node process 40 ms. */
const SILENT = new Set([
  'NODE_EXTRA_CA_CERTS',
  'NODE_OPTIONS',
  'NODE_V8_COVERAGE',
  'NODE_COMPILE_CACHE',
]);

/** The environment of a contender: this one, without what would be measured, too, and with nothing remembered of earlier samples. */
export function contenderEnv(folder: string): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !SILENT.has(name));
  return {
    ...Object.fromEntries(kept),
    XDG_CACHE_HOME: join(folder, 'cache'),
    XDG_CONFIG_HOME: join(folder, 'config'),
    XDG_STATE_HOME: join(folder, 'state'),
    // One of the peers reports home otherwise.
    MCP_USE_ANONYMIZED_TELEMETRY: 'false',
    OPENAI_AGENTS_DISABLE_TRACING: '1',
  };
}
