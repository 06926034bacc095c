import type { ServerId } from '../../call/names.ts';
import type { Endpoint } from '../../config/host-config.ts';
import type { Authorization, AuthorizationOptions } from './authorization.ts';

export interface AuthorizationSurroundings extends Pick<AuthorizationOptions, 'env' | 'notify'> {
  readonly server: ServerId;
  readonly authorize?: AuthorizationOptions['authorize'];
}

/** Our authorisation at the server behind an endpoint; `undefined` where OAuth is not to be used: a program, a token of one's own in the config, or the grant `none`. */
export async function authorizationFor(
  endpoint: Endpoint,
  { server, env, notify, authorize }: AuthorizationSurroundings,
): Promise<Authorization | undefined> {
  if (endpoint.kind === 'stdio' || endpoint.oauth?.grant === 'none') return undefined;
  if (!URL.canParse(endpoint.url)) return undefined;
  const { oauth: settings } = endpoint;
  const hasToken = Object.keys(endpoint.headers).some(
    (name) => name.toLowerCase() === 'authorization',
  );
  if (hasToken && settings === undefined) return undefined;
  const { Authorization } = await import('./authorization.ts');
  return new Authorization({
    server,
    url: new URL(endpoint.url),
    settings,
    env,
    notify,
    authorize,
  });
}
