import { HostError } from '../base/errors.ts';
import { percentDecoded } from '../base/percent.ts';

/** A model endpoint's address, taken apart. */
export interface Address {
  /** What requests are joined to; no userinfo, no query. Fit to be shown. */
  readonly base: string;
  /** The query that every request carries, such as `api-version`. */
  readonly query: Readonly<Record<string, string>>;
  /** The `Authorization` of the address's own `user:password@`. */
  readonly authorization: string | undefined;
  /** What of it must not be shown. */
  readonly secrets: readonly string[];
}

export const DEFAULT_ADDRESS = 'https://api.openai.com/v1';

/** Takes an address apart. Throws HostError `config` for what is no http(s) address. */
export function parseAddress(text: string): Address {
  let url: URL;
  try {
    url = new URL(text);
  } catch (cause) {
    throw notAnAddress(cause);
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw notAnAddress();
  const user = percentDecoded(url.username);
  const password = percentDecoded(url.password);
  const hasUser = user !== '' || password !== '';
  const credentials = Buffer.from(`${user}:${password}`).toString('base64');
  return {
    base: `${url.origin}${url.pathname.replace(/\/+$/u, '')}`,
    query: Object.fromEntries(url.searchParams),
    authorization: hasUser ? `Basic ${credentials}` : undefined,
    secrets: [password, hasUser ? credentials : '', ...url.searchParams.values()].filter(
      (secret) => secret.length >= MIN_SECRET_LENGTH,
    ),
  };
}

/** Shorter ones cannot be told from ordinary words. */
const MIN_SECRET_LENGTH = 4;

/** Does not repeat the address: it may hold a password. */
function notAnAddress(cause?: unknown): HostError {
  return new HostError(
    'config',
    'The address of the model endpoint (model.baseURL, or OPENAI_BASE_URL) is no http or https URL such as http://127.0.0.1:8080/v1',
    { cause },
  );
}
