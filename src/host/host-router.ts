import { nearest } from '../base/nearest.ts';
import type { Route, Router } from '../batch/router.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { prefixOf } from '../catalogue/exposed-name.ts';
import type { HostConfig, ServerConfig, UnusableServer } from '../config/host-config.ts';
import type { Connection } from '../connect/connection.ts';

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
    if (tool !== undefined) {
      const state = this.#ports.connection(tool.server)?.state;
      // Listed, but gone since: the call fails in `send` with the cause; nothing to wait for here.
      if (state === undefined)
        return {
          kind: 'unavailable',
          server: tool.server,
          reason: `server "${tool.server}" is gone`,
        };
      return { kind: 'tool', tool };
    }
    if (owner?.kind === 'unusable') {
      return {
        kind: 'unavailable',
        server: owner.id,
        reason: `server "${owner.id}" is not in use: ${owner.reason}`,
      };
    }
    const connection = owner === undefined ? undefined : this.#ports.connection(owner.id);
    if (owner?.kind === 'server' && connection !== undefined) {
      const { state } = connection;
      if (state.kind === 'idle' || state.kind === 'connecting') {
        const settled = this.#resourceSettled(owner.resource, connection);
        return { kind: 'pending', server: owner.id, resource: owner.resource, settled };
      }
      if (state.kind === 'failed') {
        return {
          kind: 'unavailable',
          server: owner.id,
          reason: `server "${owner.id}" is not available: ${state.reason}`,
        };
      }
      if (state.kind !== 'ready') {
        return {
          kind: 'unavailable',
          server: owner.id,
          reason: `server "${owner.id}" is ${state.kind}`,
        };
      }
    }
    const near = nearest(name, [...catalogue.byName.keys()], MAX_SUGGESTIONS);
    const there = catalogue.tools
      .filter(({ server }) => server === owner?.id)
      .map(({ exposed }) => exposed);
    return { kind: 'unknown', nearest: near, there: there.slice(0, MAX_LISTED) };
  }

  /** The server whose prefix the name begins with. */
  #owner(name: string): ServerConfig | UnusableServer | undefined {
    const prefix = prefixOf(name);
    return this.#ports.config.servers.find((server) =>
      server.kind === 'server' ? server.prefix === prefix : server.id === prefix,
    );
  }

  /** Servers that share a resource are waited for together, so that their calls are ordered together. */
  async #resourceSettled(resource: string, first: Connection): Promise<void> {
    const sharing = this.#ports.config.servers.flatMap((server) => {
      const connection =
        server.kind === 'server' && server.resource === resource
          ? this.#ports.connection(server.id)
          : undefined;
      const waiting = connection?.state.kind === 'connecting' || connection === first;
      return connection !== undefined && waiting ? [connection] : [];
    });
    await Promise.all(sharing.map((connection) => connection.settled()));
  }
}
