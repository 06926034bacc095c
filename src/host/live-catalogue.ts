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

/** One server's part: its tools as listed, and their chains, composed once. */
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
  readonly #chains = new WeakMap<Tool, Caller>();
  #current: Catalogue = EMPTY_CATALOGUE;

  constructor(config: HostConfig, ways: Ways, onDropped: OnDropped) {
    this.#config = config;
    this.#ways = ways;
    this.#onDropped = onDropped;
    this.#lanes = openLanes(config);
  }

  get current(): Catalogue {
    return this.#current;
  }

  /** Takes a server's list; `undefined` takes its tools out. Returns whether anything changed. */
  update(server: ServerConfig, listed: readonly RawTool[] | undefined): boolean {
    const before = this.#parts.get(server.id);
    if (before?.listed === listed) return false;
    if (listed === undefined) this.#parts.delete(server.id);
    else this.#parts.set(server.id, this.#part(server, listed));
    const inOrder = this.#config.servers.flatMap(({ id }) => this.#parts.get(id) ?? []);
    this.#current = mergeCatalogue(
      inOrder.map(({ tools }) => tools),
      this.#onDropped,
    );
    return true;
  }

  /** The tool's pipeline. A tool of an older catalogue keeps its chain, so that a batch that began with it ends with it. */
  chainOf(tool: Tool): Caller {
    const chain = this.#chains.get(tool);
    if (chain === undefined) throw new TypeError(`no chain for ${tool.exposed}`);
    return chain;
  }

  #part(server: ServerConfig, listed: readonly RawTool[]): Part {
    const tools = serverTools(this.#config, server, { listed, onDropped: this.#onDropped });
    const lane = this.#lanes.get(server.id);
    if (lane === undefined) throw new TypeError(`no lane for ${server.id}`);
    const parts = { locks: this.#locks, lane, ...this.#ways };
    for (const tool of tools) this.#chains.set(tool, pipeline(tool, server, parts));
    return { listed, tools };
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
