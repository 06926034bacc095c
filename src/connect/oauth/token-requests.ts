import {
  ClientCredentialsProvider,
  exchangeAuthorization,
  fetchToken,
  PrivateKeyJwtProvider,
  refreshAuthorization,
  type FetchLike,
  type OAuthTokens,
} from '@modelcontextprotocol/client';
import type { OAuthSettings } from '../../config/host-config.ts';
import type { AuthorizationServer } from './authorization-server.ts';
import type { ClientIdentity } from './client-identity.ts';
import { AuthorizationProblem } from './problem.ts';
import type { StoredTokens } from './token-store.ts';

/** What every token request needs. */
export interface TokenRequest {
  readonly server: AuthorizationServer;
  readonly fetch: FetchLike;
}

/** Exchanges what a browser brought back. Rejects with the SDK's error. */
export async function redeemCode(
  request: TokenRequest & { readonly client: ClientIdentity },
  answer: {
    readonly code: string;
    readonly iss: string | undefined;
    readonly codeVerifier: string;
    readonly redirectUrl: string;
    readonly scope: string | undefined;
  },
): Promise<StoredTokens> {
  const tokens = await exchangeAuthorization(request.server.url, {
    ...common(request),
    clientInformation: request.client.information,
    authorizationCode: answer.code,
    ...(answer.iss !== undefined && { iss: answer.iss }),
    codeVerifier: answer.codeVerifier,
    redirectUri: answer.redirectUrl,
  });
  return toStored(tokens, answer.scope);
}

/** Exchanges a refresh token, which may be good for this one time. Rejects with the SDK's error. */
export async function refresh(
  request: TokenRequest & { readonly client: ClientIdentity },
  old: StoredTokens & { readonly refreshToken: string },
): Promise<StoredTokens> {
  const tokens = await refreshAuthorization(request.server.url, {
    ...common(request),
    clientInformation: request.client.information,
    refreshToken: old.refreshToken,
  });
  return toStored(tokens, old.scope ?? undefined);
}

/** Gets a token for this program itself. Rejects with the SDK's error. */
export async function useOwnCredentials(
  request: TokenRequest,
  settings: OAuthSettings,
  scope: string | undefined,
): Promise<StoredTokens> {
  const { clientId, clientSecret, privateKey, algorithm, issuer } = settings;
  if (clientId === undefined || issuer === undefined) {
    throw new AuthorizationProblem('"oauth" needs "issuer" and "clientId" in the config');
  }
  const { url } = request.server;
  const identity = { clientId, clientName: 'mcp-fanout', expectedIssuer: request.server.issuer };
  const provider =
    privateKey === undefined
      ? new ClientCredentialsProvider({ ...identity, clientSecret: clientSecret ?? '' })
      : new PrivateKeyJwtProvider({ ...identity, privateKey, algorithm });
  const wish = scope === undefined ? {} : { scope };
  const tokens = await fetchToken(provider, url, { ...common(request), ...wish });
  return toStored(tokens, scope);
}

function common({ server, fetch }: TokenRequest): {
  readonly metadata?: NonNullable<AuthorizationServer['metadata']>;
  readonly resource?: string;
  readonly fetchFn: FetchLike;
} {
  const { metadata, resource } = server;
  return {
    ...(metadata !== undefined && { metadata }),
    ...(resource !== undefined && { resource }),
    fetchFn: fetch,
  };
}

/** `asked`: what was asked for is granted where the answer does not say otherwise (RFC 6749, 5.1). */
function toStored(tokens: OAuthTokens, asked: string | undefined): StoredTokens {
  if (!/^[\x21-\x7e]+$/u.test(tokens.access_token)) {
    throw new AuthorizationProblem(
      'its authorization server issued a token that no header can carry',
    );
  }
  const { expires_in: seconds } = tokens;
  return {
    accessToken: tokens.access_token,
    refreshToken: tokens.refresh_token ?? null,
    scope: tokens.scope ?? asked ?? null,
    expiresAt: seconds === undefined ? null : Date.now() + seconds * 1000,
  };
}
