import { extractWWWAuthenticateParams } from '@modelcontextprotocol/client';

/** What a server asks for when it refuses. */
export interface Challenge {
  readonly scope: string | undefined;
  /** Where the server's own metadata is; the usual place, where it does not say. */
  readonly metadataUrl: URL | undefined;
  /** Whether it speaks of bearer tokens: a server that wants something else may say nothing. */
  readonly isOAuth: boolean;
  /** The token is good, but not for this. */
  readonly wantsMoreScope: boolean;
}

/** Reads a `WWW-Authenticate` header, in which other schemes may stand first. Source: RFC 6750, 3; RFC 9728, 5.1. */
export function readChallenge(header: string | undefined): Challenge {
  const start = header === undefined ? -1 : header.search(/(?<![^,\s])(?:bearer|dpop)\s/iu);
  const value = start < 0 ? '' : (header ?? '').slice(start);
  const response = new Response(
    null,
    value === '' ? {} : { headers: { 'www-authenticate': value } },
  );
  const { scope, resourceMetadataUrl, error } = extractWWWAuthenticateParams(response);
  return {
    scope,
    metadataUrl: resourceMetadataUrl,
    isOAuth: value !== '',
    wantsMoreScope: error === 'insufficient_scope',
  };
}
