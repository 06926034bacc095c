import * as z from 'zod';
import type { Path } from './config-text.ts';
import type { OAuthSettings } from './host-config.ts';
import { filled } from './schema-values.ts';

const PORT = 'must be a port: a whole number from 0 (any that is free) to 65535';

export const oauthSchema = z
  .strictObject({
    grant: z
      .enum(['authorization_code', 'client_credentials', 'none'])
      .default('authorization_code')
      .describe(
        'authorization_code: a person allows it in a browser, once; client_credentials: this program has credentials of its own; none: OAuth is not used. Default authorization_code.',
      ),
    issuer: z
      .exactOptional(filled)
      .describe(
        'The address of the authorization server: secrets are sent nowhere else. Default: the one that the server names.',
      ),
    clientId: z
      .exactOptional(filled)
      .describe(
        'The client id that the authorization server knows. Default: this program registers itself.',
      ),
    clientSecret: z
      .exactOptional(filled)
      .describe('Its secret. Needs "issuer". Keep it out of the file with ${env:NAME}.'),
    privateKey: z
      .exactOptional(filled)
      .describe(
        'For client_credentials, in place of clientSecret: a private key as PEM (PKCS #8), which signs what is sent. Needs "issuer". Keep it out of the file with ${env:NAME}.',
      ),
    algorithm: z
      .enum(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'])
      .default('RS256')
      .describe('How privateKey signs. Default RS256.'),
    clientMetadataUrl: z
      .exactOptional(filled)
      .describe(
        'The https:// address of a client-id metadata document of your own, used as the client id where the authorization server reads such documents.',
      ),
    scopes: z
      .array(filled)
      .default([])
      .describe('Scopes to ask for in addition to those that the server asks for.'),
    redirectPort: z
      .int({ error: PORT })
      .min(0, { error: PORT })
      .max(65_535, { error: PORT })
      .default(0)
      .describe(
        'The port on this machine that the browser comes back to, where the authorization server insists on one. Default 0: any that is free.',
      ),
  })
  .describe('Settings for OAuth.');

/** What is wrong with settings that are each right by themselves. The message continues the name of the setting at `path`. */
export interface OAuthFault {
  readonly path: Path;
  readonly message: string;
}

/** Settings as the file has them, with defaults put in. */
export function oauthSettings(fields: z.output<typeof oauthSchema>): OAuthSettings {
  const { issuer, clientId, clientSecret, privateKey, clientMetadataUrl, ...rest } = fields;
  return { ...rest, issuer, clientId, clientSecret, privateKey, clientMetadataUrl };
}

export function oauthFault(settings: OAuthSettings): OAuthFault | undefined {
  const { grant, issuer, clientId, clientSecret, privateKey } = settings;
  for (const [name, value] of Object.entries({ clientSecret, privateKey })) {
    if (value === undefined) continue;
    if (clientId === undefined) return { path: [name], message: 'stands there without "clientId"' };
    if (issuer === undefined) {
      // Otherwise whoever runs the MCP server decides who gets it.
      return {
        path: [name],
        message: 'needs an "issuer" beside it: the only one that it is sent to',
      };
    }
  }
  if (clientSecret !== undefined && privateKey !== undefined) {
    return { path: ['privateKey'], message: 'stands beside "clientSecret": keep one of them' };
  }
  if (privateKey !== undefined && grant !== 'client_credentials') {
    return { path: ['privateKey'], message: 'is of use for "grant": "client_credentials" only' };
  }
  if (grant === 'client_credentials' && clientSecret === undefined && privateKey === undefined) {
    return {
      path: ['grant'],
      message: 'needs a "clientId", and a "clientSecret" or a "privateKey"',
    };
  }
  return undefined;
}
