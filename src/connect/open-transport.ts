import { HostError } from '../base/errors.ts';
import { visibleLine } from '../base/visible.ts';
import type { ServerId } from '../call/names.ts';
import type { Endpoint } from '../config/host-config.ts';
import { HttpTransport } from './http-transport.ts';
import type { Authorization } from './oauth/authorization.ts';
import { SseTransport } from './sse-transport.ts';
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

/** Makes the transport of an endpoint; nothing is started yet. Throws `connect-failed` for an address that is none. */
export function makeTransport(options: TransportOptions): AnyTransport {
  const { server, endpoint, env, maxMessageBytes, notify, authorization } = options;
  if (endpoint.kind === 'stdio') {
    return {
      kind: 'stdio',
      wire: new StdioTransport({ server, endpoint, env, maxMessageBytes, notify }),
    };
  }
  const url = parseUrl(server, endpoint.url);
  const settings = { server, url, headers: endpoint.headers, maxMessageBytes, authorization };
  const wire = endpoint.kind === 'http' ? new HttpTransport(settings) : new SseTransport(settings);
  // What a person may see of an address: credentials hide in the other parts.
  return { kind: 'http', wire, address: `${url.origin}${url.pathname}` };
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
