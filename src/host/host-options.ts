import { HostError } from '../base/errors.ts';
import { nearest } from '../base/nearest.ts';
import type { Elicit, Sample } from '../call/asks.ts';
import type { HostEvent } from '../call/events.ts';
import type { HostConfig, ParallelMode } from '../config/host-config.ts';
import type { Authorize } from '../connect/oauth/ask-person.ts';

export interface HostOptions {
  /** Aborting it cancels everything and closes the host. */
  readonly signal?: AbortSignal;
  /** Where variables and the model's key are looked up. Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Only these servers, by config key. Default: all. */
  readonly servers?: readonly string[];
  /** Stands for every server's own `parallel`; a tool's setting still beats it. */
  readonly parallel?: ParallelMode;
  /**
   * `settled` (default): resolve when every server is ready, has failed, or outlasts the others by `limits.patienceMs`. `none`: resolve at once;
   * calls wait for the servers they need, and `ready()` waits for all.
   */
  readonly wait?: 'settled' | 'none';
  /**
   * Asks a person what a server wants to know while it works on a call (elicitation). Default: nobody can be asked, and servers are told so. The clocks of the
   * call and its batch stand meanwhile. Several questions may come at once, each with the call that it comes from where the protocol tells.
   */
  readonly onElicit?: Elicit;
  /** Has a model answer a server (sampling), in place of the configured one. Giving it allows sampling to every server whose config does not forbid it. */
  readonly onSample?: Sample;
  /**
   * Shows a person where to allow the access to a server that asks for it by OAuth; what comes of it arrives by itself, at a listener on this machine. Default:
   * nobody can be asked, and such a server is `failed` unless it was allowed before.
   */
  readonly onAuthorize?: Authorize;
  /** Receives every event, from the first connection on. */
  readonly onEvent?: (event: HostEvent) => void;
}

/** The config with the options put in: fewer servers, another `parallel`. Throws `usage` for a server that is not there. */
export function applyOptions(config: HostConfig, options: HostOptions): HostConfig {
  const { servers: wanted, parallel } = options;
  const ids = config.servers.map(({ id }) => id);
  for (const name of wanted ?? []) {
    if (ids.some((id) => id === name)) continue;
    const hint = nearest(name, ids, 1).map((near) => `; did you mean "${near}"?`);
    throw new HostError(
      'usage',
      `no server "${name}" in the config${hint.join('') || '.'} Servers there: ${ids.join(', ') || 'none'}`,
    );
  }
  const chosen = config.servers.filter(({ id }) => wanted === undefined || wanted.includes(id));
  return {
    ...config,
    servers: chosen.map((server) =>
      server.kind === 'server' && parallel !== undefined ? { ...server, parallel } : server,
    ),
  };
}
