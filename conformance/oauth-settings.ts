import type { Context } from './suite-context.ts';

/** The one that the suite expects where authorization servers read such documents. */
const CLIENT_METADATA_URL = 'https://conformance-test.local/client-metadata.json';

/** What a user would have put under "oauth" into the config, given what the suite says of the client. */
export async function oauthFor(url: string, context: Context): Promise<object> {
  const { client_id: clientId, client_secret: clientSecret, name = '' } = context;
  if (clientId === undefined) return { clientMetadataUrl: CLIENT_METADATA_URL };
  const isForItself = name.startsWith('auth/client-credentials');
  const { private_key_pem: privateKey, signing_algorithm: algorithm } = context;
  return {
    ...(isForItself && { grant: 'client_credentials' }),
    issuer: context.issuer ?? (await issuerOf(url)),
    clientId,
    ...(clientSecret !== undefined && { clientSecret }),
    ...(privateKey !== undefined && { privateKey }),
    ...(algorithm !== undefined && { algorithm }),
  };
}

/** A secret wants its issuer named in the config. Where the suite does not tell, the server does. */
async function issuerOf(url: string): Promise<string> {
  const { origin, pathname } = new URL(url);
  const response = await fetch(`${origin}/.well-known/oauth-protected-resource${pathname}`);
  const metadata = (await response.json()) as { readonly authorization_servers: readonly string[] };
  return metadata.authorization_servers[0] ?? '';
}
