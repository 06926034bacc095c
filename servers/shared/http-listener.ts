import { createServer, type Server } from 'node:http';
import { isIPv6 } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import {
  hostHeaderValidation,
  type NodeIncomingMessageLike,
  originValidation,
  toNodeHandler,
} from '@modelcontextprotocol/node';
import type { Door, WebDoor } from './door.ts';
import { systemCode } from './refusal.ts';

const ENDPOINT = '/mcp';

export interface Address {
  /** 0 for any free one. */
  readonly port: number;
  readonly host: string;
}

export interface ListenOptions {
  /** Largest request accepted. */
  readonly maxMessageBytes: number;
  readonly report: (error: unknown) => void;
}

export interface Listener extends Door {
  readonly url: string;
}

/**
 * Lets HTTP clients in at /mcp. Requests whose Host or Origin is not this machine's are answered 403: a web page that had
 * its name point to us (DNS rebinding) could use the tools otherwise.
 * Rejects with the operating system's error if the address cannot be listened on.
 */
export async function listen(
  wanted: Address,
  door: WebDoor,
  { maxMessageBytes, report }: ListenOptions,
): Promise<Listener> {
  const serve = toNodeHandler(door, { maxRequestBodySize: maxMessageBytes, onerror: report });
  const names = ownNames(wanted.host);
  const validHost = hostHeaderValidation(names);
  const validOrigin = originValidation(names);
  const server = createServer((request, response) => {
    if (!validHost(request, response) || !validOrigin(request, response)) return;
    if (request.url?.split('?')[0] !== ENDPOINT) {
      const text = `The MCP endpoint is ${ENDPOINT}\n`;
      response.writeHead(404, { 'content-type': 'text/plain' }).end(text);
      return;
    }
    // The adapter's type wants optional properties absent; Node's has them undefined, which it handles as well.
    serve(request as NodeIncomingMessageLike, response).catch(report);
  });
  await listening(server, wanted);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : wanted.port;
  return {
    url: `http://${bracketed(wanted.host)}:${port}${ENDPOINT}`,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await door.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Why an address cannot be listened on; undefined for every error that is not about that. */
export function addressFault(error: unknown, { host, port }: Address): string | undefined {
  const code = systemCode(error);
  if (code === undefined) return undefined;
  const why =
    code === 'EADDRINUSE'
      ? 'the port is in use; choose another with --port, or 0 for any free one'
      : `the address cannot be listened on (${code}); see --host and --port`;
  return `${host}:${port}: ${why}.`;
}

async function listening(server: Server, { port, host }: Address): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** The names and addresses by which a client may reach this listener. */
function ownNames(host: string): string[] {
  const names = ['localhost', '127.0.0.1', '[::1]', bracketed(host).toLowerCase()];
  if (host !== '0.0.0.0' && host !== '::') return names;
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return [
    ...names,
    hostname().toLowerCase(),
    ...addresses.map(({ address }) => bracketed(address)),
  ];
}

function bracketed(host: string): string {
  return isIPv6(host) ? `[${host}]` : host;
}
