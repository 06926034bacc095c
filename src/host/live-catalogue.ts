import { LockTable } from '../base/locks.ts';
import { Slots, TokenBucket, type Lane } from '../base/slots.ts';
import { pipeline, type PipelineParts } from '../batch/pipeline.ts';
import type { Caller } from '../call/link.ts';
import type { ServerId } from '../call/names.ts';
import type { Tool } from '../call/tool.ts';
import {
  EMPTY_CATALOGUE,
  mergeCatalogue,
  serverTools,
  type Catalogue,
  type OnDropped,
} from '../catalogue/catalogue.ts';
import type { HostConfig, ServerConfig } from '../config/host-config.ts';
import type { RawTool } from '../connect/raw-tool.ts';

/** How the chains reach the servers. */
type Ways = Required<Pick<PipelineParts, 'callTool' | 'recovery'>>;

/** One server's part: its tools as listed, and as they are shown. */
interface Part {
  readonly listed: readonly RawTool[];
  readonly tools: readonly Tool[];
}

/**
 * The catalogue that follows the servers, and the chain of every tool in it. Locks and slots are the host's own and outlive any list:
 * a server that lists anew does not forget who is in flight.
 */
export class LiveCatalogue {
  readonly #config: HostConfig;
  readonly #ways: Ways;
  readonly #onDropped: OnDropped;
  readonly #locks = new LockTable();
  readonly #lanes: ReadonlyMap<ServerId, Lane>;
  readonly #parts = new Map<ServerId, Part>();
  /** Composed once, when first called: of a large catalogue few tools ever are. */
  readonly #chains = new WeakMap<Tool, Caller>();
  /** Merged when somebody looks: many lists may come at once. */
  #current: Catalogue | undefined = EMPTY_CATALOGUE;

  constructor(config: HostConfig, ways: Ways, onDropped: OnDropped) {
    this.#config = config;
    this.#ways = ways;
    this.#onDropped = onDropped;
    this.#lanes = openLanes(config);
  }

  get current(): Catalogue {
    this.#current ??= this.#merge();
    return this.#current;
  }

  /** How many tools there are, without merging them: names of two servers never meet. */
  get size(): number {
    let size = 0;
    for (const { tools } of this.#parts.values()) size += tools.length;
    return size;
  }

  /** Takes a server's list; `undefined` takes its tools out. Returns whether anything changed. */
  update(server: ServerConfig, listed: readonly RawTool[] | undefined): boolean {
    const before = this.#parts.get(server.id);
    if (before?.listed === listed) return false;
    if (listed === undefined) this.#parts.delete(server.id);
    else this.#parts.set(server.id, this.#part(server, listed));
    this.#current = undefined;
    return true;
  }

  /** The tool's pipeline. A tool of an older catalogue keeps its chain, so that a batch that began with it ends with it. */
  chainOf(tool: Tool): Caller {
    const known = this.#chains.get(tool);
    if (known !== undefined) return known;
    const chain = this.#compose(tool);
    this.#chains.set(tool, chain);
    return chain;
  }

  #compose(tool: Tool): Caller {
    const server = this.#config.servers.find(({ id }) => id === tool.server);
    const lane = this.#lanes.get(tool.server);
    if (server?.kind !== 'server' || lane === undefined) {
      throw new TypeError(`no chain for ${tool.exposed}`);
    }
    return pipeline(tool, server, { locks: this.#locks, lane, ...this.#ways });
  }

  #merge(): Catalogue {
    const inOrder = this.#config.servers.flatMap(({ id }) => this.#parts.get(id) ?? []);
    return mergeCatalogue(
      inOrder.map(({ tools }) => tools),
      this.#onDropped,
    );
  }

  #part(server: ServerConfig, listed: readonly RawTool[]): Part {
    return {
      listed,
      tools: serverTools(this.#config, server, { listed, onDropped: this.#onDropped }),
    };
  }
}

/** One lane a server; servers that share a resource share its rate, the strictest that any of them sets, and rest together. */
function openLanes(config: HostConfig): ReadonlyMap<ServerId, Lane> {
  const slots = new Slots(config.limits.maxInFlight);
  const servers = config.servers.filter((server) => server.kind === 'server');
  const buckets = new Map<string, TokenBucket>();
  for (const { resource } of servers) {
    if (buckets.has(resource)) continue;
    const rates = servers.flatMap((server) =>
      server.resource === resource && server.rate !== undefined ? [server.rate] : [],
    );
    const perSecond = Math.min(...rates.map((rate) => rate.perSecond));
    const burst = Math.min(...rates.map((rate) => rate.burst));
    buckets.set(resource, new TokenBucket(perSecond, burst));
  }
  return new Map(
    servers.map((server) => {
      const bucket = buckets.get(server.resource);
      return [server.id, slots.lane({ maxInFlight: server.maxInFlight, bucket })];
    }),
  );
}
