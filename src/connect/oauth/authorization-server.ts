import {
  checkResourceAllowed,
  discoverAuthorizationServerMetadata,
  discoverOAuthProtectedResourceMetadata,
  discoverOAuthServerInfo,
  type AuthorizationServerMetadata,
  type FetchLike,
  type OAuthServerInfo,
} from '@modelcontextprotocol/client';
import { visibleLine } from '../../base/visible.ts';
import { isPlaintext } from '../../config/endpoint-fault.ts';
import { AuthorizationProblem } from './problem.ts';

/** Who authorises for an MCP server, and how. */
export interface AuthorizationServer {
  /** Its identity: what it gives us is bound to this. */
  readonly issuer: string;
  readonly url: string;
  /** Whether anything says so: otherwise it is only where a server of 2025-03-26 would have it. */
  readonly isDeclared: boolean;
  /** Absent for a server of 2025-03-26, whose endpoints are in fixed places. */
  readonly metadata: AuthorizationServerMetadata | undefined;
  /** What a token is to be good for (RFC 8707), as the MCP server writes it. */
  readonly resource: string | undefined;
  /** Those of the MCP server. */
  readonly scopes: readonly string[];
}

export interface DiscoveryOptions {
  readonly server: URL;
  /** The one that the config names, if any. */
  readonly issuer: string | undefined;
  readonly metadataUrl: URL | undefined;
  readonly fetch: FetchLike;
}

/**
 * Finds out who authorises for a server. Rejects with an AuthorizationProblem for one that must not be used, and with the SDK's or the network's error.
 * Source: MCP specification, authorization; RFC 9728, RFC 8414.
 */
export async function findAuthorizationServer(
  options: DiscoveryOptions,
): Promise<AuthorizationServer> {
  const { server } = options;
  const info = await discover(options);
  const { resourceMetadata, authorizationServerMetadata: metadata } = info;
  const resource = resourceMetadata?.resource;
  if (
    resource !== undefined &&
    !checkResourceAllowed({ requestedResource: server, configuredResource: resource })
  ) {
    throw new AuthorizationProblem(
      `its metadata is that of another resource, ${visibleLine(resource)}: a token for that one is not for it`,
    );
  }
  if (metadata !== undefined) checkMetadata(metadata);
  return {
    issuer: metadata?.issuer ?? info.authorizationServerUrl,
    url: info.authorizationServerUrl,
    isDeclared: metadata !== undefined || resourceMetadata !== undefined,
    metadata,
    resource,
    scopes: resourceMetadata?.scopes_supported ?? [],
  };
}

async function discover(options: DiscoveryOptions): Promise<OAuthServerInfo> {
  const { server, issuer, metadataUrl, fetch } = options;
  const at = metadataUrl === undefined ? {} : { resourceMetadataUrl: metadataUrl };
  if (issuer === undefined) return discoverOAuthServerInfo(server, { ...at, fetchFn: fetch });
  // The config beats what the server says; whether it says anything does not matter then.
  const [resource, authorizationServerMetadata] = await Promise.all([
    discoverOAuthProtectedResourceMetadata(server, at, fetch).catch(() => undefined),
    discoverAuthorizationServerMetadata(issuer, { fetchFn: fetch }),
  ]);
  return {
    authorizationServerUrl: issuer,
    ...(authorizationServerMetadata !== undefined && { authorizationServerMetadata }),
    ...(resource !== undefined && { resourceMetadata: resource }),
  };
}

function checkMetadata(metadata: AuthorizationServerMetadata): void {
  const { token_endpoint: token, registration_endpoint: registration } = metadata;
  for (const address of [token, registration]) {
    if (address !== undefined && (!URL.canParse(address) || isPlaintext(address))) {
      throw new AuthorizationProblem(
        `its authorization server ${visibleLine(metadata.issuer, 100)} wants secrets sent to ${visibleLine(address, 100)}, where others could read them (https is needed)`,
      );
    }
  }
}

/**
 * Makes sure that a person can be sent to an authorization server. Its address will be opened by another program: only plain letters of a URL are let through, and
 * only https, or http to this machine. Throws an AuthorizationProblem.
 */
export function checkForPerson({ issuer, metadata }: AuthorizationServer): void {
  const who = `its authorization server ${visibleLine(issuer, 100)}`;
  if (metadata === undefined) {
    if (isPlaintext(issuer)) {
      throw new AuthorizationProblem(
        `${who} is reached by http, not https: no password belongs there`,
      );
    }
    return;
  }
  const address = metadata.authorization_endpoint;
  const isPlain = /^[\w\-.~:/?#[\]@!&*+,;=%]+$/u.test(address) && URL.canParse(address);
  const isWeb = isPlain && /^https?:$/u.test(new URL(address).protocol) && !isPlaintext(address);
  if (!isWeb) {
    throw new AuthorizationProblem(
      `${who} wants a browser sent to ${JSON.stringify(visibleLine(address, 100))}, which is no plain https address: it was not opened`,
    );
  }
  // Without the list the server does not know PKCE. Source: MCP specification, authorization code protection.
  if (metadata.code_challenge_methods_supported?.includes('S256') !== true) {
    throw new AuthorizationProblem(
      `${who} does not offer PKCE with S256 (code_challenge_methods_supported): an answer of it could be stolen`,
    );
  }
}
