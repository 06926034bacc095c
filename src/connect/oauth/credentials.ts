import type { Dispatcher } from 'undici';

/** A server's refusal of a request for want of authorisation. */
export interface Refusal {
  readonly status: 401 | 403;
  /** The access token that the request had. */
  readonly token: string | undefined;
  /** The `WWW-Authenticate` header. */
  readonly challenge: string | undefined;
}

/** Where requests get their access tokens from. */
export interface Credentials {
  /** Whether the token may be sent to this address. */
  covers(url: string | URL): boolean;
  /** What the next request is to carry; `undefined` while there is nothing. Rejects only when the signal aborts. */
  token(signal: AbortSignal): Promise<string | undefined>;
  /** The same without waiting; `wait` where that cannot be: `token` has to be asked. */
  tokenNow(): { readonly token: string | undefined } | 'wait';
  /**
   * Gets something better, and resolves to whether there is: then the request, which was not taken, can be sent again. Rejects only when the signal aborts.
   */
  refused(refusal: Refusal, signal: AbortSignal): Promise<boolean>;
  /** What was better was refused, too: the request is given up. */
  gaveUp(refusal: Refusal): void;
}

/** How one request deals with refusals. A refusal with 401 or 403 proves that nothing ran (B5): for each of the two it goes out once more, if that promises anything. */
export class RefusalsOfOne {
  readonly #credentials: Credentials;
  readonly #refusedWith = new Set<number>();

  constructor(credentials: Credentials) {
    this.#credentials = credentials;
  }

  /** Whether to send the request again. Rejects only when the signal aborts. */
  async isWorthAnother(refusal: Refusal, signal: AbortSignal): Promise<boolean> {
    if (this.#refusedWith.has(refusal.status)) {
      this.#credentials.gaveUp(refusal);
      return false;
    }
    this.#refusedWith.add(refusal.status);
    return await this.#credentials.refused(refusal, signal);
  }
}

type ResponseData = Dispatcher.ResponseData;

export interface AuthorizedRequest {
  readonly url: string | URL;
  readonly headers: Headers;
  readonly signal: AbortSignal;
  readonly credentials: Credentials;
  /** Sends the request; may be used several times. */
  readonly send: (headers: Headers) => Promise<ResponseData>;
}

/** Sends a request with an access token, and after a refusal again with a better one. */
export async function sendAuthorized(request: AuthorizedRequest): Promise<ResponseData> {
  const { credentials, headers, send, signal, url } = request;
  if (!credentials.covers(url)) return send(headers);
  const refusals = new RefusalsOfOne(credentials);
  for (;;) {
    const token = await credentials.token(signal);
    if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
    const response = await send(headers);
    const { statusCode: status } = response;
    if (status !== 401 && status !== 403) return response;
    const challenge = response.headers['www-authenticate'];
    const refusal: Refusal = {
      status,
      token,
      challenge: Array.isArray(challenge) ? challenge.join(', ') : challenge,
    };
    let isBetter: boolean;
    try {
      isBetter = await refusals.isWorthAnother(refusal, signal);
    } catch (reason) {
      // Why it is given up is said already.
      response.body.on('error', () => undefined).destroy();
      throw reason;
    }
    if (!isBetter) return response;
    await response.body.dump({ limit: 65_536, signal });
  }
}
