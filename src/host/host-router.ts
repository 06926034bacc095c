import { prepareSchemas } from '../base/json-schema.ts';
import { nearest } from '../base/nearest.ts';
import type { Route, Router } from '../batch/router.ts';
import type { Tool } from '../call/tool.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { prefixOf } from '../catalogue/exposed-name.ts';
import type { HostConfig, ServerConfig, UnusableServer } from '../config/host-config.ts';
import type { Connection } from '../connect/connection.ts';
import { withName } from '../record/state-words.ts';

/** What the router looks at, as it is now. */
export interface RouterPorts {
  readonly config: HostConfig;
  readonly catalogue: () => Catalogue;
  readonly connection: (id: ServerConfig['id']) => Connection | undefined;
}

/** How many near names an error tells. */
const MAX_SUGGESTIONS = 3;
/** How many names of the same server it tells when none is near. */
const MAX_LISTED = 10;

/** Finds the tool behind a name; for a name whose server is not there (yet), says so instead of calling it unknown. A name never leads anywhere by likeness. */
export class HostRouter implements Router {
  readonly #ports: RouterPorts;

  constructor(ports: RouterPorts) {
    this.#ports = ports;
  }

  route(name: string): Route {
    const catalogue = this.#ports.catalogue();
    const tool = catalogue.byName.get(name);
    const owner = tool === undefined ? this.#owner(name) : undefined;
    if (tool !== undefined) return this.#toolRoute(tool);
    if (owner?.kind === 'unusable') {
      return {
        kind: 'unavailable',
        server: owner.id,
        reason: `server "${owner.id}" is not in use: ${owner.reason}`,
      };
    }
    const connection = owner === undefined ? undefined : this.#ports.connection(owner.id);
    if (owner?.kind === 'server' && connection !== undefined) {
      const route = this.#absence(owner, connection);
      if (route !== undefined) return route;
    }
    const near = nearest(name, [...catalogue.byName.keys()], MAX_SUGGESTIONS);
    const there = catalogue.tools
      .filter(({ server }) => server === owner?.id)
      .map(({ exposed }) => exposed);
    const servers = owner === undefined ? this.#ports.config.servers.map(({ id }) => id) : [];
    return {
      kind: 'unknown',
      nearest: near,
      there: there.slice(0, MAX_LISTED),
      servers: servers.slice(0, MAX_LISTED),
    };
  }

  /** A tool stays listed while its server is restarted: the call waits for that first, and holds no slot meanwhile (B4). */
  #toolRoute(tool: Tool): Route {
    const connection = this.#ports.connection(tool.server);
    if (connection === undefined) {
      const reason = `server "${tool.server}" is gone`;
      return { kind: 'unavailable', server: tool.server, reason };
    }
    return this.#absence(connection.config, connection) ?? { kind: 'tool', tool };
  }

  /** What is to be said of a server that is not ready; `undefined` for one that is. */
  #absence(server: ServerConfig, connection: Connection): Route | undefined {
    // Asked of every call, and nearly always enough.
    if (connection.state.kind === 'ready') return undefined;
    const { id, resource } = server;
    if (connection.state.kind === 'idle') connection.start();
    const recovery = connection.recovery();
    if (recovery !== undefined) {
      // There is time for it now; once the server is there, its call would wait for it.
      prepareSchemas();
      const settled = this.#resourceSettled(resource, recovery);
      return { kind: 'pending', server: id, resource, settled };
    }
    const { state } = connection;
    switch (state.kind) {
      case 'failed':
      case 'backing-off': {
        const hint = state.kind === 'failed' && state.hint !== undefined ? ` (${state.hint})` : '';
        const reason = `${withName(id, state.reason)}${hint}`;
        return { kind: 'unavailable', server: id, reason };
      }
      case 'idle':
      case 'connecting':
      case 'closed':
      case 'disabled':
        return { kind: 'unavailable', server: id, reason: `server "${id}" is ${state.kind}` };
    }
  }

  /** The server whose prefix the name begins with. */
  #owner(name: string): ServerConfig | UnusableServer | undefined {
    const prefix = prefixOf(name);
    return this.#ports.config.servers.find((server) =>
      server.kind === 'server' ? server.prefix === prefix : server.id === prefix,
    );
  }

  /** Servers that share a resource are waited for together, so that their calls are ordered together. */
  async #resourceSettled(resource: string, recovery: Promise<unknown>): Promise<void> {
    const others = this.#ports.config.servers.map((server) =>
      server.kind === 'server' && server.resource === resource
        ? this.#ports.connection(server.id)?.recovery()
        : undefined,
    );
    await Promise.all([recovery, ...others]);
  }
}
