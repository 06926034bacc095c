import { lookup as systemLookup } from 'node:dns';
import { Agent, buildConnector, request } from 'undici';
import { HostError } from '../../base/errors.ts';
import { visibleLine } from '../../base/visible.ts';
import { isLoopback } from '../../config/endpoint-fault.ts';
import { addressKind, type AddressKind } from './address-kind.ts';

type Lookup = typeof systemLookup;
type LookupCallback = (
  error: NodeJS.ErrnoException | null,
  address: string | readonly { readonly address: string; readonly family: number }[],
  family?: number,
) => void;

export interface GuardOptions {
  /** The MCP server's own address, out of the config. */
  readonly server: URL;
  /** The configured issuer. */
  readonly issuer: URL | undefined;
  /** Resolves host names: injected where a test must own them. Default: the system's. */
  readonly lookup?: Lookup;
}

/** Documents and tokens are small; more than this is not read, bytes. */
const MAX_BODY_BYTES = 1024 * 1024;
/** Longest one request may take, ms. */
const REQUEST_MS = 20_000;

/**
 * A `fetch` for addresses that strangers name: an MCP server says where its authorization server is, and that one where its endpoints are. Each connection is
 * judged when it is dialled, by the address that is really used, so that no spelling of an address and no change of mind of a name server gets around it:
 *
 * - never to an address where no authorization server can be, such as a cloud's metadata service;
 * - to this machine or a private network only if the config names that very origin, or the MCP server is itself there by its literal address.
 *
 * Follows no redirect. Rejects as fetch does, with a TypeError, whose cause may be a HostError of ours.
 */
export class GuardedFetch {
  readonly #server: URL;
  readonly #named: ReadonlySet<string>;
  readonly #lookup: Lookup;
  readonly #agent: Agent;

  constructor(options: GuardOptions) {
    const { server, issuer } = options;
    this.#server = server;
    this.#named = new Set([server.origin, ...(issuer === undefined ? [] : [issuer.origin])]);
    this.#lookup = options.lookup ?? systemLookup;
    this.#agent = new Agent({
      connect: (target, callback) => {
        const origin = new URL(`${target.protocol}//${target.host ?? target.hostname}`).origin;
        const literal = bare(target.hostname);
        const refusal = this.#refusal(origin, literal);
        if (refusal !== undefined) callback(refusal, null);
        else this.#connector(origin)(target, callback);
      },
      headersTimeout: REQUEST_MS,
      bodyTimeout: REQUEST_MS,
      keepAliveTimeout: 1_000,
    });
  }

  /** The function to hand to the SDK. */
  readonly fetch = async (url: string | URL, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers);
    const body = init.body instanceof URLSearchParams ? init.body.toString() : init.body;
    const limit = AbortSignal.timeout(REQUEST_MS);
    const signal =
      init.signal === undefined || init.signal === null
        ? limit
        : AbortSignal.any([init.signal, limit]);
    try {
      const response = await request(url, {
        method: init.method ?? 'GET',
        headers: Object.fromEntries(headers),
        body: typeof body === 'string' ? body : null,
        dispatcher: this.#agent,
        signal,
      });
      const chunks: Buffer[] = [];
      let bytes = 0;
      for await (const chunk of response.body as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        if (bytes > MAX_BODY_BYTES)
          throw new HostError('too-large', `it sent more than ${MAX_BODY_BYTES} bytes`);
        chunks.push(chunk);
      }
      const result = new Headers();
      for (const [name, value] of Object.entries(response.headers)) {
        for (const one of Array.isArray(value) ? value : [value]) {
          if (one !== undefined) result.append(name, one);
        }
      }
      const { statusCode: status } = response;
      const mayHaveBody = status !== 204 && status !== 205 && status !== 304;
      return new Response(mayHaveBody ? Buffer.concat(chunks) : null, { status, headers: result });
    } catch (reason) {
      throw new TypeError(`cannot fetch ${new URL(url).origin}`, { cause: reason });
    }
  };

  /** Ends all requests and connections. */
  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  #connector(origin: string): buildConnector.connector {
    const lookup = (host: string, options: object, callback: LookupCallback): void => {
      this.#lookup(host, { ...options, all: true }, (error, found) => {
        if (error !== null) {
          callback(error, []);
          return;
        }
        // One bad address among several is one that the next dialling might use.
        for (const { address } of found) {
          const refusal = this.#refusal(origin, address);
          if (refusal !== undefined) {
            callback(refusal, []);
            return;
          }
        }
        const [first] = found;
        if ('all' in options && options.all === true) callback(null, found);
        else callback(null, first?.address ?? '', first?.family ?? 4);
      });
    };
    // Node's type of a lookup is overloaded; this serves both ways of asking.
    return buildConnector({ lookup: lookup as never, timeout: REQUEST_MS });
  }

  /** Why an address must not be dialled; `undefined` also for a host name, which is judged when it is looked up. */
  #refusal(origin: string, address: string): HostError | undefined {
    const kind = addressKind(address);
    if (kind === undefined || kind === 'public') return undefined;
    if (kind !== 'forbidden') {
      if (this.#named.has(origin)) return undefined;
      if (kind === literalKind(this.#server)) return undefined;
    }
    const where = `${visibleLine(origin, 100)} (${address}, ${WORDS[kind]})`;
    const remedy =
      kind === 'forbidden'
        ? ''
        : ' If that is meant, and it is the authorization server, name it in the config: "oauth": {"issuer": …}.';
    const message = `the server leads to ${where}, which was not connected to: a server may not send us there.${remedy}`;
    return new HostError('connect-failed', message);
  }
}

const WORDS: Record<Exclude<AddressKind, 'public'>, string> = {
  forbidden: 'a link-local, metadata or other special address',
  loopback: 'this machine',
  private: 'a private network',
};

/** What a URL's host is by its very letters. */
function literalKind(url: URL): AddressKind | undefined {
  return isLoopback(url.hostname) ? 'loopback' : addressKind(bare(url.hostname));
}

function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/gu, '');
}
