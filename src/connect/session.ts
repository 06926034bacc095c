import {
  Client,
  type PriorDiscovery,
  type Tool,
  type VersionNegotiationMode,
} from '@modelcontextprotocol/client';
import { deferred, type Deferred } from '../base/deferred.ts';
import type { HostError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import type { ToolName } from '../call/names.ts';
import type { Outcome } from '../call/outcome.ts';
import type { ServerConfig } from '../config/host-config.ts';
import { answerOutcome, cancelled, failureOutcome } from './call-outcome.ts';
import { listenForChanges } from './change-listener.ts';
import {
  connectFailure,
  connectTimeout,
  type ConnectContext,
  type ConnectPhase,
} from './connect-failure.ts';
import { listTools } from './list-tools.ts';
import { makeTransport, type AnyTransport, type TransportOptions } from './open-transport.ts';
import type { RawTool } from './raw-tool.ts';
import { NO_TIMEOUT_MS, PASS_THROUGH, SCHEMA_VALIDATOR } from './sdk-request.ts';
import { StdioWireGuard, WireGuard, type Progress } from './wire-guard.ts';

export interface SessionOptions extends TransportOptions {
  readonly protocol: ServerConfig['protocol'];
  /** Our own, as the server sees it. */
  readonly version: string;
  /** The server says that its tools have changed. May come in flocks. */
  readonly onListChanged: () => void;
}

export interface CallOptions {
  /** Aborting it cancels the call, at the server too. The call's deadline is the caller's business: there is no other. */
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
}

/**
 * How long a server may take to answer the first message of the new era before it is taken for an old one, ms. On a pipe only: an HTTP server that is
 * silent is out of order, not old.
 */
const PROBE_MS = 3_000;
const MODERN = '2026-07-28';

/** One life of the connection to one server: from its start until it is closed or has ended by itself. */
export class Session {
  /** Resolves when the connection ended by itself, with why. */
  readonly ended: Promise<HostError>;

  readonly #options: SessionOptions;
  readonly #transport: AnyTransport;
  readonly #guard: WireGuard;
  readonly #client: Client;
  #listing = false;
  #endedBecause: HostError | undefined;
  #tools: ReadonlyMap<string, RawTool> = new Map();
  #toolList: readonly RawTool[] = [];
  /** Tools of which some arguments are repeated as HTTP headers. */
  #mirrored: ReadonlySet<RawTool> = new Set();
  #lastToken = 0;
  #inFlight = 0;
  #drained: Deferred<void> | undefined;
  #closed: Promise<void> | undefined;
  /** Aborts when the session is closed or has ended by itself. */
  readonly #over = new AbortController();

  /** Throws `connect-failed` for an endpoint that is none. Starts nothing. */
  constructor(options: SessionOptions) {
    this.#options = options;
    const { server, notify } = options;
    this.#transport = makeTransport(options);
    const { wire } = this.#transport;
    const isStdio = this.#transport.kind === 'stdio';
    this.#guard = isStdio
      ? new StdioWireGuard(wire, server, notify)
      : new WireGuard(wire, server, notify);
    this.#client = new Client(
      { name: 'mcp-fanout', version: options.version },
      {
        capabilities: {},
        versionNegotiation: {
          mode: negotiationMode(options),
          probe: { timeoutMs: isStdio ? PROBE_MS : NO_TIMEOUT_MS, maxRetries: 0 },
        },
        inputRequired: { autoFulfill: false },
        jsonSchemaValidator: SCHEMA_VALIDATOR,
      },
    );
    this.#client.setNotificationHandler('notifications/tools/list_changed', () => {
      options.onListChanged();
    });
    this.#transport.wire.onreopened = () => {
      options.onListChanged();
    };
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
    this.#listing = true;
    await this.relist(signal);
    this.#subscribe();
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
    const list = await listTools(this.#client, { server, notify, signal });
    this.#toolList = list;
    this.#tools = new Map(list.map((tool) => [tool.name, tool]));
    const mirrors = this.#transport.kind === 'http' && this.#client.getProtocolEra() === 'modern';
    this.#mirrored = new Set(mirrors ? list.filter(isMirrored) : []);
  }

  /** Calls a tool; never rejects. */
  async callTool(name: ToolName, args: JsonObject, options: CallOptions): Promise<Outcome> {
    const { server, notify } = this.#options;
    const { signal, onProgress } = options;
    if (signal.aborted) return cancelled(signal, 'no');
    const raw = this.#tools.get(name);
    const token = (this.#lastToken += 1);
    const unlisten = onProgress === undefined ? undefined : this.#guard.listen(token, onProgress);
    const params = {
      name,
      arguments: { ...args },
      ...(onProgress !== undefined && { _meta: { progressToken: token } }),
    };
    const requestOptions = { signal, timeout: NO_TIMEOUT_MS };
    this.#inFlight += 1;
    try {
      const result =
        raw !== undefined && this.#mirrored.has(raw)
          ? await this.#client.callTool(params, {
              ...requestOptions,
              toolDefinition: forHeaders(raw),
            })
          : await this.#client.request(
              { method: 'tools/call', params },
              PASS_THROUGH,
              requestOptions,
            );
      return answerOutcome(result, { server, name, raw }, notify);
    } catch (reason) {
      return failureOutcome(reason, { server, signal, ended: this.#endedBecause });
    } finally {
      unlisten?.();
      this.#inFlight -= 1;
      if (this.#inFlight === 0) this.#drained?.resolve();
    }
  }

  /** Resolves when no call is in flight. */
  drained(): Promise<void> {
    if (this.#inFlight === 0) return Promise.resolve();
    this.#drained ??= deferred();
    return this.#drained.promise;
  }

  /** Ends every request, and then everything that the connection holds: processes, sockets. Never rejects. `reason` is what the calls in flight are told. */
  close(reason: HostError): Promise<void> {
    this.#endedBecause ??= reason;
    this.#over.abort(reason);
    this.#closed ??= this.#guard.close();
    return this.#closed;
  }

  /** Words for a failed `connect`. */
  explain(reason: unknown): HostError {
    return connectFailure(reason, this.#context());
  }

  /** Words for a `connect` that is given up after `ms`; to be asked before the session is closed. */
  explainTimeout(ms: number): HostError {
    const process =
      this.#transport.kind === 'stdio' ? this.#transport.wire.describeProcess() : undefined;
    return connectTimeout(this.#context(), { ms, received: this.#guard.received, process });
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

  async #watch(): Promise<HostError> {
    const reason = await this.#transport.wire.ended;
    this.#endedBecause ??= reason;
    this.#over.abort(reason);
    return reason;
  }

  #subscribe(): void {
    if (this.#client.getProtocolEra() !== 'modern') return;
    if (this.#client.getServerCapabilities()?.tools?.listChanged !== true) return;
    const { notify, onListChanged } = this.#options;
    const { signal } = this.#over;
    void listenForChanges({ client: this.#client, notify, onListChanged, signal });
  }
}

function negotiationMode(options: SessionOptions): VersionNegotiationMode {
  // The transport of 2024 has no new era.
  if (options.protocol === 'legacy' || options.endpoint.kind === 'sse') return 'legacy';
  return options.protocol === 'modern' ? { pin: MODERN } : 'auto';
}

function isMirrored(tool: RawTool): boolean {
  return JSON.stringify(tool.inputSchema).includes('"x-mcp-header"');
}

/** What the SDK needs of a tool to make those headers. Its results are checked here, not there. */
function forHeaders(tool: RawTool): Tool {
  // The reader of the list made sure that the root of the schema is of type object.
  return { name: tool.name, inputSchema: tool.inputSchema as Tool['inputSchema'] };
}
