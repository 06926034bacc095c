import { HostError } from '../base/errors.ts';
import { visibleLine } from '../base/visible.ts';
import type { ServerId } from '../call/names.ts';
import type { Endpoint } from '../config/host-config.ts';
import type { HttpTransport, HttpTransportOptions } from './http-transport.ts';
import type { Authorization } from './oauth/authorization.ts';
import type { SseTransport } from './sse-transport.ts';
import { StdioTransport } from './stdio-transport.ts';
import type { Notify } from './wire-transport.ts';

export interface TransportOptions {
  readonly server: ServerId;
  /** Expanded. */
  readonly endpoint: Endpoint;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly maxMessageBytes: number;
  readonly notify: Notify;
  /** Absent where OAuth is not used. */
  readonly authorization: Authorization | undefined;
}

/** A transport by its kind, which tells what can be known of the other side. */
export type AnyTransport =
  | { readonly kind: 'stdio'; readonly wire: StdioTransport }
  | {
      readonly kind: 'http';
      readonly wire: HttpTransport | SseTransport;
      readonly address: string;
    };

/**
 * Makes the transport of an endpoint. A program is started with it, within this call: it needs longer until it listens than what will speak to it needs to be
 * loaded. Whatever goes wrong with its start is told to whoever starts the transport then. Rejects with `connect-failed` for an address that is none.
 */
export async function openTransport(options: TransportOptions): Promise<AnyTransport> {
  const { server, endpoint, env, maxMessageBytes, notify, authorization } = options;
  if (endpoint.kind === 'stdio') {
    const wire = new StdioTransport({ server, endpoint, env, maxMessageBytes, notify });
    wire.spawn().catch(() => undefined);
    return { kind: 'stdio', wire };
  }
  const url = parseUrl(server, endpoint.url);
  const settings = { server, url, headers: endpoint.headers, maxMessageBytes, authorization };
  const wire = await openWire(endpoint.kind, settings);
  // What a person may see of an address: credentials hide in the other parts.
  return { kind: 'http', wire, address: `${url.origin}${url.pathname}` };
}

/** What speaks HTTP is loaded where it is spoken. */
async function openWire(
  kind: 'http' | 'sse',
  settings: HttpTransportOptions,
): Promise<HttpTransport | SseTransport> {
  if (kind === 'sse') {
    const { SseTransport } = await import('./sse-transport.ts');
    return new SseTransport(settings);
  }
  const { HttpTransport } = await import('./http-transport.ts');
  return new HttpTransport(settings);
}

function parseUrl(server: ServerId, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new HostError(
      'connect-failed',
      `cannot connect to server "${server}": ${visibleLine(text)} is no http or https address. Mend "url" in the config.`,
    );
  }
  return url;
}
