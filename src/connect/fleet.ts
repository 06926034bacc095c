import type { Offers } from '../call/asks.ts';
import type { ServerId } from '../call/names.ts';
import type { HostConfig, ServerConfig } from '../config/host-config.ts';
import { Connection } from './connection.ts';
import type { ConnectionPorts } from './connection-ports.ts';
import type { RawTool } from './raw-tool.ts';

export interface FleetPorts extends Omit<ConnectionPorts, 'offers' | 'remembered'> {
  /** What a server may ask for while it works. */
  readonly offersFor: (server: ServerConfig) => Offers;
  /** What a server listed in an earlier process. Default: nothing of any. */
  readonly rememberedOf?: (id: ServerId) => readonly RawTool[] | undefined;
}

/** How long `background` servers leave the machine to whoever opened the host, where their tools are remembered, ms: to show the tools, to ask a model. */
const BACKGROUND_MS = 100;

/** How long `close` may take, ms. A connection needs four seconds at most: a second for each way to ask a process to end, and two for the kernel. */
const CLOSE_MS = 5_000;

/** The connections to all usable servers of a config. */
export class Fleet {
  readonly #connections: ReadonlyMap<ServerId, Connection>;
  /** Until the first `background` server is started, and until the next one is. */
  #background: NodeJS.Timeout | undefined;
  #turn: NodeJS.Immediate | undefined;

  constructor(config: HostConfig, ports: FleetPorts) {
    const limits = { maxMessageBytes: config.limits.maxMessageBytes };
    const usable = config.servers.filter((server) => server.kind === 'server');
    this.#connections = new Map(
      usable.map((server) => [
        server.id,
        new Connection(
          server,
          {
            ...ports,
            offers: ports.offersFor(server),
            remembered: ports.rememberedOf?.(server.id),
          },
          limits,
        ),
      ]),
    );
  }

  /**
   * Starts every `eager` server, all at once, and every `background` one whose tools are not remembered; where they are, it is started a moment later. A `lazy` one starts
   * with its own `start()` or `settled()`.
   */
  start(): void {
    const late: Connection[] = [];
    for (const connection of this.#connections.values()) {
      const { config, isListed } = connection;
      if (config.start === 'background' && isListed) late.push(connection);
      else if (config.start !== 'lazy') connection.start();
    }
    if (late.length === 0) return;
    this.#background = setTimeout(() => {
      this.#startInTurn(late);
    }, BACKGROUND_MS);
  }

  get(id: ServerId): Connection | undefined {
    return this.#connections.get(id);
  }

  /** In file order; unusable servers have none. */
  all(): readonly Connection[] {
    return [...this.#connections.values()];
  }

  /** Starting one takes a while in which nothing else happens: between two, whatever waits has its turn. With timers it would not, for they would be due at once. */
  #startInTurn(late: Connection[]): void {
    late.shift()?.start();
    if (late.length === 0) return;
    this.#turn = setImmediate(() => {
      this.#startInTurn(late);
    });
  }

  /** Closes all servers at the same time. Resolves when nothing of them is left, or after five seconds. Never rejects. */
  async close(): Promise<void> {
    clearTimeout(this.#background);
    clearImmediate(this.#turn);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_MS);
    });
    await Promise.race([Promise.all(this.all().map((connection) => connection.close())), late]);
    clearTimeout(timer);
  }
}
