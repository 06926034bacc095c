import type { FetchLike } from '@modelcontextprotocol/client';
import type { OAuthSettings } from '../../config/host-config.ts';
import type { AuthorizationServer } from './authorization-server.ts';
import { knownClient } from './client-identity.ts';
import type { HeldGrants } from './held-grants.ts';
import { deadAfter } from './problem.ts';
import { refresh } from './token-requests.ts';

export interface RenewOptions {
  readonly settings: OAuthSettings | undefined;
  readonly fetch: FetchLike;
  readonly findServer: () => Promise<AuthorizationServer>;
}

/**
 * Uses the refresh token, if there is one, and resolves to whether that gave anything. The caller holds the lock of the store, and what is stored has just been
 * read: a refresh token that is sent twice may cost the whole authorisation. One that is refused is forgotten. Rejects with the SDK's or the network's error.
 */
export async function renewGrant(grants: HeldGrants, options: RenewOptions): Promise<boolean> {
  if (!grants.isRefreshable) return false;
  const { settings, fetch } = options;
  const server = await options.findServer();
  const grant = grants.of(server.issuer);
  if (grant === undefined || grant.tokens === null) return false;
  const { refreshToken } = grant.tokens;
  const client = knownClient(settings, grant.client);
  if (refreshToken === null || client === undefined) return false;
  try {
    const tokens = await refresh({ server, client, fetch }, { ...grant.tokens, refreshToken });
    await grants.keep({ ...grant, tokens });
    return true;
  } catch (reason) {
    const dead = deadAfter(reason);
    if (dead === undefined) throw reason;
    const kept = dead === 'client' ? null : grant.client;
    await grants.keep({ ...grant, tokens: null, client: kept });
    return false;
  }
}
