import {
  isHttpsUrl,
  registerClient,
  type FetchLike,
  type OAuthClientInformationMixed,
} from '@modelcontextprotocol/client';
import { visibleLine } from '../../base/visible.ts';
import type { OAuthSettings } from '../../config/host-config.ts';
import type { AuthorizationServer } from './authorization-server.ts';
import { AuthorizationProblem } from './problem.ts';
import type { StoredClient } from './token-store.ts';

/** How an authorization server knows us. */
export interface ClientIdentity {
  readonly information: OAuthClientInformationMixed;
  /** What is to be remembered: that we registered ourselves. */
  readonly stored: StoredClient | null;
}

/** The identity that the config gives, or that an earlier registration gave; `undefined` where there is none. */
export function knownClient(
  settings: OAuthSettings | undefined,
  stored: StoredClient | null,
): ClientIdentity | undefined {
  if (settings?.clientId !== undefined) {
    const { clientId, clientSecret } = settings;
    const secret = clientSecret === undefined ? {} : { client_secret: clientSecret };
    return { information: { client_id: clientId, ...secret }, stored: null };
  }
  return stored === null ? undefined : asStored(stored);
}

function asStored(stored: StoredClient): ClientIdentity {
  const { clientId, clientSecret, authMethod } = stored;
  return {
    stored,
    information: {
      client_id: clientId,
      ...(clientSecret !== null && { client_secret: clientSecret }),
      ...(authMethod !== null && { token_endpoint_auth_method: authMethod }),
    },
  };
}

export interface RegistrationOptions {
  readonly settings: OAuthSettings | undefined;
  readonly redirectUrl: string;
  readonly scope: string | undefined;
  readonly fetch: FetchLike;
}

/**
 * Makes us known to an authorization server: by the address of our metadata document where it reads such documents, else by registration. Rejects with an
 * AuthorizationProblem where neither works, and with the SDK's error. Source: MCP specification, client registration approaches.
 */
export async function makeClient(
  server: AuthorizationServer,
  options: RegistrationOptions,
): Promise<ClientIdentity> {
  const { metadata } = server;
  const documentUrl = options.settings?.clientMetadataUrl;
  if (metadata?.client_id_metadata_document_supported === true && documentUrl !== undefined) {
    if (!isHttpsUrl(documentUrl)) {
      throw new AuthorizationProblem(
        '"oauth": {"clientMetadataUrl"} must be an https address with a path',
      );
    }
    const document = { clientId: documentUrl, clientSecret: null, authMethod: 'none' };
    return asStored({ ...document, redirectUrl: options.redirectUrl });
  }
  if (metadata !== undefined && metadata.registration_endpoint === undefined) {
    throw new AuthorizationProblem(
      `its authorization server ${visibleLine(server.issuer, 100)} registers no new programs: register this one there by hand, and put what it gives you into "oauth": {"issuer", "clientId"} in the config`,
    );
  }
  return register(server, options);
}

async function register(
  server: AuthorizationServer,
  { redirectUrl, scope, fetch }: RegistrationOptions,
): Promise<ClientIdentity> {
  const { metadata } = server;
  const method = authMethod(metadata?.token_endpoint_auth_methods_supported);
  const { client_id, client_secret, token_endpoint_auth_method } = await registerClient(
    server.url,
    {
      ...(metadata !== undefined && { metadata }),
      clientMetadata: {
        client_name: 'mcp-fanout',
        redirect_uris: [redirectUrl],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        application_type: 'native',
        ...(method !== undefined && { token_endpoint_auth_method: method }),
      },
      ...(scope !== undefined && { scope }),
      fetchFn: fetch,
    },
  );
  return asStored({
    clientId: client_id,
    clientSecret: client_secret ?? null,
    authMethod: token_endpoint_auth_method ?? method ?? null,
    redirectUrl,
  });
}

/** A program on somebody's desk keeps no secret: `none` where it is offered. The authorization server decides where it does not say. */
function authMethod(offered: readonly string[] | undefined): string | undefined {
  const known = ['none', 'client_secret_basic', 'client_secret_post'];
  return known.find((method) => offered?.includes(method) === true);
}
