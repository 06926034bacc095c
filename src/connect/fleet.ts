import type { Offers } from '../call/asks.ts';
import type { ServerId } from '../call/names.ts';
import type { HostConfig, ServerConfig } from '../config/host-config.ts';
import { Connection } from './connection.ts';
import type { ConnectionPorts } from './connection-ports.ts';

export interface FleetPorts extends Omit<ConnectionPorts, 'offers'> {
  /** What a server may ask for while it works. */
  readonly offersFor: (server: ServerConfig) => Offers;
}

/** How long `close` may take, ms. A connection needs four seconds at most: a second for each way to ask a process to end, and two for the kernel. */
const CLOSE_MS = 5_000;

/** The connections to all usable servers of a config. */
export class Fleet {
  readonly #connections: ReadonlyMap<ServerId, Connection>;

  constructor(config: HostConfig, ports: FleetPorts) {
    const limits = { maxMessageBytes: config.limits.maxMessageBytes };
    const usable = config.servers.filter((server) => server.kind === 'server');
    this.#connections = new Map(
      usable.map((server) => [
        server.id,
        new Connection(server, { ...ports, offers: ports.offersFor(server) }, limits),
      ]),
    );
  }

  /** Starts every `eager` and `background` server, all at once. A `lazy` one starts with its own `start()` or `settled()`. */
  start(): void {
    for (const connection of this.#connections.values()) {
      if (connection.config.start !== 'lazy') connection.start();
    }
  }

  get(id: ServerId): Connection | undefined {
    return this.#connections.get(id);
  }

  /** In file order; unusable servers have none. */
  all(): readonly Connection[] {
    return [...this.#connections.values()];
  }

  /** Closes all servers at the same time. Resolves when nothing of them is left, or after five seconds. Never rejects. */
  async close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_MS);
    });
    await Promise.race([Promise.all(this.all().map((connection) => connection.close())), late]);
    clearTimeout(timer);
  }
}
