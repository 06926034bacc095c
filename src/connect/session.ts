import { Client, type PriorDiscovery } from '@modelcontextprotocol/client';
import { deferred } from '../base/deferred.ts';
import type { HostError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import type { Offers } from '../call/asks.ts';
import type { CallLife } from '../call/call-life.ts';
import type { ToolName } from '../call/names.ts';
import type { Outcome } from '../call/outcome.ts';
import type { ServerConfig } from '../config/host-config.ts';
import { AskDesk } from './ask-desk.ts';
import { listenForChanges } from './change-listener.ts';
import {
  connectFailure,
  connectTimeout,
  type ConnectContext,
  type ConnectPhase,
} from './connect-failure.ts';
import { ListLane } from './list-lane.ts';
import { listTools } from './list-tools.ts';
import { readMirrors } from './mirrored-arguments.ts';
import { negotiationMode } from './negotiation-mode.ts';
import type { AnyTransport, TransportOptions } from './open-transport.ts';
import type { RawTool } from './raw-tool.ts';
import { NO_TIMEOUT_MS, SCHEMA_VALIDATOR } from './sdk-request.ts';
import { ServerRequests } from './server-requests.ts';
import { ToolCalls } from './tool-calls.ts';
import { StdioWireGuard } from './stdio-wire-guard.ts';
import { WireGuard } from './wire-guard.ts';

export interface SessionOptions extends TransportOptions {
  readonly protocol: ServerConfig['protocol'];
  /** Our own, as the server sees it. */
  readonly version: string;
  /** Whether calls go by the lane, where the transport has one; otherwise all go by the SDK's client. */
  readonly lane: boolean;
  /** What the server may ask for while it works. */
  readonly offers: Offers;
  /** Takes secrets out of what is said of a failed call. */
  readonly redact: (text: string) => string;
  /** The server says that its tools have changed. May come in flocks. */
  readonly onListChanged: () => void;
}

/**
 * How long a server may take to answer the first message of the new era before it is taken for an old one, ms. On a pipe only: an HTTP server that is
 * silent is out of order, not old.
 */
const PROBE_MS = 3_000;
/** How long the list waits for the stream that tells of its changes, ms: without it, it may have to be read twice. */
const LISTEN_FIRST_MS = 200;

/** One life of the connection to one server: from its start until it is closed or has ended by itself. */
export class Session {
  /** Resolves when the connection ended by itself, with why. */
  readonly ended: Promise<HostError>;

  readonly #options: SessionOptions;
  readonly #transport: AnyTransport;
  readonly #guard: WireGuard;
  readonly #client: Client;
  readonly #calls: ToolCalls;
  readonly #lists: ListLane | undefined;
  /** Settles when it is known whether the server has a stream of its own for what it says by itself. */
  readonly #heard = deferred<void>();
  #listing = false;
  #endedBecause: HostError | undefined;
  /** The same tools by name, once one of them was called. */
  #byName: ReadonlyMap<string, RawTool> | undefined;
  #toolList: readonly RawTool[] = [];
  /** Tools of which some arguments are repeated as HTTP headers. */
  #mirrored: ReadonlySet<RawTool> = new Set();
  #closed: Promise<void> | undefined;
  /** Aborts when the session is closed or has ended by itself. */
  readonly #over = new AbortController();
  readonly #unsubscribe: (() => void) | undefined;

  /** Internal: use `openSession`. Owns the transport, which may have started. */
  constructor(options: SessionOptions, transport: AnyTransport) {
    this.#options = options;
    const { server, notify } = options;
    this.#transport = transport;
    const { wire } = this.#transport;
    const isStdio = this.#transport.kind === 'stdio';
    const destination = isStdio ? undefined : new URL(this.#transport.address).origin;
    const desk = new AskDesk({
      server,
      destination,
      offers: options.offers,
      notify,
      over: this.#over.signal,
    });
    this.#guard = isStdio
      ? new StdioWireGuard(wire, server, notify)
      : new WireGuard(wire, server, notify);
    this.#client = new Client(
      { name: 'mcp-fanout', version: options.version },
      {
        capabilities: desk.capabilities,
        versionNegotiation: {
          mode: negotiationMode(options),
          probe: {
            timeoutMs: isStdio && options.protocol === 'auto' ? PROBE_MS : NO_TIMEOUT_MS,
            maxRetries: 0,
          },
        },
        inputRequired: { autoFulfill: false },
        jsonSchemaValidator: SCHEMA_VALIDATOR,
      },
    );
    this.#client.setNotificationHandler('notifications/tools/list_changed', () => {
      options.onListChanged();
    });
    this.#transport.wire.onstream = (what) => {
      this.#hear(what);
    };
    const common = { server, notify, guard: this.#guard, ended: () => this.#endedBecause };
    this.#lists = options.lane ? new ListLane(common) : undefined;
    this.#calls = new ToolCalls({
      ...common,
      client: this.#client,
      desk,
      redact: options.redact,
      lane: options.lane,
      hasOwnStreams: this.isDrainable,
      tool: (name) => this.#tool(name),
      isMirrored: (tool) => this.#mirrored.has(tool),
      over: this.#over.signal,
    });
    // Until it is closed: one that has ended may still have calls, which stand still until they are told to go on.
    this.#unsubscribe = options.authorization?.onAsking((isAsking) => {
      this.#calls.standStill(isAsking);
    });
    this.#answerServer(desk);
    this.ended = this.#watch();
  }

  /**
   * Connects, and lists all tools. With `era` the server is not asked which era it is of. Rejects with whatever went wrong, of which `explain`
   * makes words; the caller then closes the session.
   */
  async connect(signal: AbortSignal, era: PriorDiscovery | undefined): Promise<void> {
    await this.#client.connect(this.#guard, {
      signal,
      timeout: NO_TIMEOUT_MS,
      ...(era !== undefined && { prior: era }),
    });
    await this.#listen();
    this.#listing = true;
    await this.relist(signal);
  }

  /** Whether the process ended by itself on the question about the new era, as servers do that know no message before `initialize`. */
  get diedOfProbe(): boolean {
    if (this.#transport.kind !== 'stdio' || this.#options.protocol !== 'auto') return false;
    const wasProbing = this.#guard.hasSent('server/discover') && !this.#guard.hasSent('initialize');
    return wasProbing && !this.#listing && this.#endedBecause?.code === 'connection-lost';
  }

  /** Which era the server is of, for the next session with it; `undefined` before it is connected. */
  get era(): PriorDiscovery | undefined {
    const era = this.#client.getProtocolEra();
    const discover = this.#client.getDiscoverResult();
    if (era === 'modern') return discover === undefined ? undefined : { kind: 'modern', discover };
    return era === undefined ? undefined : { kind: 'legacy' };
  }

  /** Whether each call has a way of its own, so that calls may still be answered when the session is lost to new ones. */
  get isDrainable(): boolean {
    return this.#transport.kind === 'http' && this.#options.endpoint.kind === 'http';
  }

  get protocolVersion(): string {
    return this.#client.getNegotiatedProtocolVersion() ?? 'unknown';
  }

  /** Always the same array until `relist`. */
  tools(): readonly RawTool[] {
    return this.#toolList;
  }

  /** Reads the list of tools anew. */
  async relist(signal: AbortSignal): Promise<void> {
    const { server, notify } = this.#options;
    const list = await listTools(this.#client, { server, notify, lane: this.#lists, signal });
    const mirrors = this.#transport.kind === 'http' && this.#client.getProtocolEra() === 'modern';
    const read = mirrors
      ? readMirrors(list, notify)
      : { tools: list, mirrored: new Set<RawTool>() };
    this.#toolList = read.tools;
    this.#mirrored = read.mirrored;
    this.#byName = undefined;
  }

  /** Calls a tool; never rejects. Settles at once when the call is told to stop. */
  callTool(name: ToolName, args: JsonObject, life: CallLife): Promise<Outcome> {
    return this.#calls.call(name, args, life);
  }

  /** Resolves when no call is in flight. */
  drained(): Promise<void> {
    return this.#calls.drained();
  }

  /** Ends every request, and then everything that the connection holds: processes, sockets. Never rejects. `reason` is what the calls in flight are told. */
  close(reason: HostError): Promise<void> {
    this.#endedBecause ??= reason;
    this.#over.abort(reason);
    this.#unsubscribe?.();
    this.#heard.resolve();
    this.#closed ??= this.#guard.close();
    return this.#closed;
  }

  /** Words for a failed `connect`. */
  explain(reason: unknown): HostError {
    return connectFailure(reason, this.#context());
  }

  /** Words for a `connect` that is given up after `ms`; to be asked before the session is closed. */
  explainTimeout(ms: number): HostError {
    const stdio = this.#transport.kind === 'stdio' ? this.#transport.wire : undefined;
    return connectTimeout(this.#context(), {
      ms,
      received: this.#guard.received,
      junkLines: stdio?.junkLines ?? 0,
      process: stdio?.describeProcess(),
    });
  }

  #tool(name: ToolName): RawTool | undefined {
    this.#byName ??= new Map(this.#toolList.map((tool) => [tool.name, tool]));
    return this.#byName.get(name);
  }

  #context(): ConnectContext {
    const address = this.#transport.kind === 'http' ? this.#transport.address : undefined;
    return {
      server: this.#options.server,
      phase: this.#phase(),
      address,
      ended: this.#endedBecause,
    };
  }

  #phase(): ConnectPhase {
    if (this.#listing) return 'listing';
    return this.#guard.started ? 'handshake' : 'start';
  }

  #answerServer(desk: AskDesk): void {
    const requests = new ServerRequests({
      desk,
      causes: (requestId) => this.#calls.causes(requestId),
      send: (message) => this.#guard.send(message),
      notify: this.#options.notify,
    });
    // In the new era a client answers no requests: there a server asks by its results.
    this.#guard.onserver = (message, requestId) =>
      this.#client.getProtocolEra() === 'legacy' && requests.take(message, requestId);
  }

  async #watch(): Promise<HostError> {
    const reason = await this.#transport.wire.ended;
    this.#endedBecause ??= reason;
    this.#over.abort(reason);
    return reason;
  }

  /**
   * Has the server tell of changes. Where it does so on a stream of its own, that is opened before the list is read, so that no change falls in between;
   * but nobody waits long for it.
   */
  async #listen(): Promise<void> {
    const client = this.#client;
    if (client.getProtocolEra() === 'modern') {
      if (client.getServerCapabilities()?.tools?.listChanged !== true) return;
      void listenForChanges({
        client,
        notify: this.#options.notify,
        onOpened: () => {
          this.#hear('opened');
        },
        onRefused: () => {
          this.#hear('none');
        },
        signal: this.#over.signal,
      });
    } else if (!this.isDrainable) return; // It tells of them as of everything else.
    const timer = setTimeout(this.#heard.resolve, LISTEN_FIRST_MS);
    await this.#heard.promise;
    clearTimeout(timer);
  }

  #hear(what: 'opened' | 'none'): void {
    this.#heard.resolve();
    // It may have changed while nobody listened.
    if (what === 'opened' && this.#listing) this.#options.onListChanged();
  }
}
