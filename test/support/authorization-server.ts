import { createHash, createPublicKey, randomUUID, verify } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface AuthorizationServerOptions {
  /** Put into the metadata document, over what is there. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** No metadata document at all: a server of 2025-03-26. */
  readonly isOld?: boolean;
  /** How long access tokens are good for, s. Default 3600. */
  readonly expiresIn?: number;
  /** Clients that were registered by hand: id and secret. */
  readonly clients?: Readonly<Record<string, string | null>>;
  /** Of clients that sign; PEM. */
  readonly publicKeys?: Readonly<Record<string, string>>;
  /** Grants less than it is asked for. */
  readonly grants?: (scope: string) => string;
  /** Answers instead of the server; returns whether it did. */
  readonly intercept?: (
    request: Seen,
    response: ServerResponse,
  ) => boolean | undefined | Promise<boolean>;
}

/** A request as the server saw it. */
export interface Seen {
  readonly path: string;
  readonly method: string;
  readonly headers: IncomingMessage['headers'];
  readonly query: URLSearchParams;
  /** Of a form, or of a JSON object's members. */
  readonly body: URLSearchParams;
}

interface Client {
  readonly secret: string | null;
  readonly redirectUris: readonly string[] | undefined;
}

/** All that came of one person's yes; when a refresh token is used a second time, the whole family is revoked (OAuth 2.1, 4.3.1). */
interface Family {
  readonly clientId: string;
  readonly scope: string;
  readonly resource: string | null;
  revoked: boolean;
}

interface Code {
  readonly family: Family;
  readonly challenge: string;
  readonly redirectUri: string;
}

/**
 * An OAuth 2.1 authorization server, strict where a client could be wrong: metadata (RFC 8414), dynamic registration (RFC 7591), client-id metadata documents,
 * PKCE, resource indicators (RFC 8707), `iss` (RFC 9207), rotating refresh tokens of which a second use revokes the family. A person's consent is a GET of
 * the authorization address, which redirects at once: {@link consent} is such a person.
 */
export class AuthorizationServer implements AsyncDisposable {
  readonly seen: Seen[] = [];
  /** How often each grant type was asked for, and how often a used refresh token came again. */
  readonly counts = { code: 0, refresh: 0, credentials: 0, registrations: 0, replays: 0 };
  readonly #options: AuthorizationServerOptions;
  readonly #clients = new Map<string, Client>();
  readonly #codes = new Map<string, Code>();
  readonly #access = new Map<string, { readonly family: Family; readonly expiresAt: number }>();
  readonly #refresh = new Map<string, { readonly family: Family; used: boolean }>();
  readonly #server = createServer((request, response) => {
    void this.#serve(request, response);
  });

  private constructor(options: AuthorizationServerOptions) {
    this.#options = options;
    for (const [id, secret] of Object.entries(options.clients ?? {})) {
      this.#clients.set(id, { secret, redirectUris: undefined });
    }
  }

  static async start(options: AuthorizationServerOptions = {}): Promise<AuthorizationServer> {
    const server = new AuthorizationServer(options);
    await new Promise<void>((resolve) => {
      server.#server.listen(0, '127.0.0.1', resolve);
    });
    return server;
  }

  get issuer(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** What a resource server is told of a token (RFC 7662); `undefined` for one that is not good. */
  introspect(
    token: string,
  ): { readonly scope: string; readonly resource: string | null } | undefined {
    const found = this.#access.get(token);
    if (found === undefined || found.family.revoked || found.expiresAt <= Date.now())
      return undefined;
    return found.family;
  }

  /** As if their time were over: refresh tokens go on being good. */
  expireAccessTokens(): void {
    this.#access.clear();
  }

  /** Takes back all that was allowed so far. */
  revokeAll(): void {
    for (const { family } of [...this.#refresh.values(), ...this.#access.values()])
      family.revoked = true;
  }

  paths(path: string): readonly Seen[] {
    return this.seen.filter((request) => request.path === path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => {
      this.#server.close(resolve);
    });
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: string[] = [];
    for await (const chunk of request) chunks.push(String(chunk));
    const url = new URL(request.url ?? '/', this.issuer);
    const seen: Seen = {
      path: url.pathname,
      method: request.method ?? '',
      headers: request.headers,
      query: url.searchParams,
      body: parseBody(chunks.join(''), request.headers['content-type']),
    };
    this.seen.push(seen);
    if ((await this.#options.intercept?.(seen, response)) === true) return;
    switch (`${seen.method} ${seen.path}`) {
      case 'GET /.well-known/oauth-authorization-server':
        if (this.#options.isOld === true) json(response, 404, {});
        else json(response, 200, this.#metadata());
        return;
      case 'POST /register':
        this.#register(seen, response);
        return;
      case 'GET /authorize':
        this.#authorize(seen, response);
        return;
      case 'POST /token':
        this.#token(seen, response);
        return;
      default:
        json(response, 404, {});
    }
  }

  #metadata(): object {
    return {
      issuer: this.issuer,
      authorization_endpoint: `${this.issuer}/authorize`,
      token_endpoint: `${this.issuer}/token`,
      registration_endpoint: `${this.issuer}/register`,
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
      token_endpoint_auth_methods_supported: ['none', 'client_secret_basic', 'private_key_jwt'],
      authorization_response_iss_parameter_supported: true,
      ...this.#options.metadata,
    };
  }

  #register({ body }: Seen, response: ServerResponse): void {
    this.counts.registrations += 1;
    const redirectUris = JSON.parse(body.get('redirect_uris') ?? '[]') as readonly string[];
    const isNative = body.get('application_type') === 'native';
    if (redirectUris.length === 0 || !isNative) {
      json(response, 400, { error: 'invalid_client_metadata' });
      return;
    }
    const id = `client-${randomUUID()}`;
    this.#clients.set(id, { secret: null, redirectUris });
    json(response, 201, {
      client_id: id,
      redirect_uris: redirectUris,
      token_endpoint_auth_method: 'none',
    });
  }

  #authorize({ query }: Seen, response: ServerResponse): void {
    const clientId = query.get('client_id') ?? '';
    const redirectUri = query.get('redirect_uri') ?? '';
    // A client-id metadata document is not fetched here: its address is believed.
    const client = clientId.startsWith('https://')
      ? { secret: null, redirectUris: undefined }
      : this.#clients.get(clientId);
    const isKnown =
      client !== undefined && (client.redirectUris?.includes(redirectUri) ?? isHere(redirectUri));
    const challenge = query.get('code_challenge') ?? '';
    if (!isKnown || challenge === '' || query.get('code_challenge_method') !== 'S256') {
      json(response, 400, { error: 'invalid_request' });
      return;
    }
    const asked = query.get('scope') ?? '';
    const family: Family = {
      clientId,
      scope: this.#options.grants?.(asked) ?? asked,
      resource: query.get('resource'),
      revoked: false,
    };
    const code = randomUUID();
    this.#codes.set(code, { family, challenge, redirectUri });
    const back = new URL(redirectUri);
    back.searchParams.set('code', code);
    back.searchParams.set('state', query.get('state') ?? '');
    back.searchParams.set('iss', this.issuer);
    response.writeHead(302, { location: back.href }).end();
  }

  #token(seen: Seen, response: ServerResponse): void {
    const { body } = seen;
    const fail = (error: string, status = 400): void => {
      json(response, status, { error, error_description: `said of ${error}` });
    };
    const grantType = body.get('grant_type');
    const clientId = this.#authenticate(seen);
    if (clientId === undefined) {
      fail('invalid_client', 401);
      return;
    }
    if (grantType === 'client_credentials') {
      this.counts.credentials += 1;
      const scope = body.get('scope') ?? '';
      const resource = body.get('resource');
      this.#issue(response, { clientId, scope, resource, revoked: false }, false);
      return;
    }
    if (grantType === 'authorization_code') {
      this.counts.code += 1;
      const code = this.#codes.get(body.get('code') ?? '');
      this.#codes.delete(body.get('code') ?? '');
      const challenge = createHash('sha256')
        .update(body.get('code_verifier') ?? '')
        .digest('base64url');
      const isGood =
        code?.challenge === challenge &&
        code.redirectUri === body.get('redirect_uri') &&
        code.family.clientId === clientId &&
        code.family.resource === body.get('resource');
      if (isGood) this.#issue(response, code.family, true);
      else fail('invalid_grant');
      return;
    }
    if (grantType !== 'refresh_token') {
      fail('unsupported_grant_type');
      return;
    }
    this.counts.refresh += 1;
    const found = this.#refresh.get(body.get('refresh_token') ?? '');
    if (found?.used === true) {
      this.counts.replays += 1;
      found.family.revoked = true;
    }
    const isGood =
      found !== undefined &&
      !found.family.revoked &&
      found.family.clientId === clientId &&
      found.family.resource === body.get('resource');
    if (!isGood) {
      fail('invalid_grant');
      return;
    }
    found.used = true;
    this.#issue(response, found.family, true);
  }

  /** The client's id, if it proves to be that. */
  #authenticate({ headers, body }: Seen): string | undefined {
    const basic = /^Basic (.+)$/u.exec(headers.authorization ?? '')?.[1];
    if (basic !== undefined) {
      const [id = '', secret] = Buffer.from(basic, 'base64').toString().split(':');
      return this.#clients.get(id)?.secret === secret ? id : undefined;
    }
    const assertion = body.get('client_assertion');
    if (assertion !== null) return this.#verifyAssertion(assertion);
    const id = body.get('client_id') ?? '';
    const isPublic = id.startsWith('https://') || this.#clients.get(id)?.secret === null;
    return isPublic ? id : undefined;
  }

  #verifyAssertion(assertion: string): string | undefined {
    const [header = '', claims = '', signature = ''] = assertion.split('.');
    const { sub, aud } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as {
      readonly sub: string;
      readonly aud: string;
    };
    const key = this.#options.publicKeys?.[sub];
    if (key === undefined || aud !== this.issuer) return undefined;
    const isGood = verify(
      'sha256',
      Buffer.from(`${header}.${claims}`),
      { key: createPublicKey(key), dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature, 'base64url'),
    );
    return isGood ? sub : undefined;
  }

  #issue(response: ServerResponse, family: Family, withRefresh: boolean): void {
    const access = `access-${randomUUID()}`;
    const expiresIn = this.#options.expiresIn ?? 3600;
    this.#access.set(access, { family, expiresAt: Date.now() + expiresIn * 1000 });
    const refresh = `refresh-${randomUUID()}`;
    if (withRefresh) this.#refresh.set(refresh, { family, used: false });
    json(response, 200, {
      access_token: access,
      token_type: 'Bearer',
      expires_in: expiresIn,
      ...(withRefresh && { refresh_token: refresh }),
      ...(family.scope !== '' && { scope: family.scope }),
    });
  }
}

/** A person who allows whatever is asked, as a browser would carry it out: follows every redirect. Resolves to the last page's status. */
export async function consent({ url }: { readonly url: string }): Promise<void> {
  const response = await fetch(url);
  await response.text();
}

function parseBody(text: string, type: string | undefined): URLSearchParams {
  if (type?.startsWith('application/json') !== true) return new URLSearchParams(text);
  const members = Object.entries(JSON.parse(text) as Record<string, unknown>);
  return new URLSearchParams(
    members.map(([name, value]): [string, string] => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  );
}

function isHere(uri: string): boolean {
  return /^http:\/\/127\.0\.0\.1:\d+\/callback$/u.test(uri);
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
