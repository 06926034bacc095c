import { describe, HostError, systemCode } from '../base/errors.ts';
import { isJsonObject } from '../base/json.ts';
import { visibleLine } from '../base/visible.ts';

/** Whom an error is about. */
export interface EndpointIdentity {
  /** The address as it may be shown: without userinfo, query or key. */
  readonly address: string;
  /** The environment variable that holds the key. */
  readonly apiKeyEnv: string;
  /** Never shown, whoever repeats it. */
  readonly secrets: readonly string[];
  readonly model: string;
  /** What else may be wrong when it answers 404. */
  readonly ifNotFound: string;
}

/** An answer that is no success. */
export interface Refused {
  readonly status: number;
  readonly body: string;
  /** How long the endpoint asks to wait, in ms. */
  readonly retryAfterMs: number | undefined;
}

/** The endpoint answered with an error status. `details`: `status`, and `retryAfterMs` where it was given. */
export function refused(endpoint: EndpointIdentity, answer: Refused): HostError {
  const { status, retryAfterMs } = answer;
  const words = excerpt(endpoint, answer.body);
  const said = words === '' ? '' : `: ${words}`;
  const wait =
    retryAfterMs === undefined
      ? ''
      : ` It asks to wait ${String(Math.ceil(retryAfterMs / 1000))} s.`;
  return new HostError(
    'model',
    `The model endpoint ${endpoint.address} answered ${String(status)}${said}. ${advice(endpoint, status)}${wait}`,
    { details: { status, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) } },
  );
}

/** No answer came, or it ended before its end. */
export function unreachable(endpoint: EndpointIdentity, reason: unknown): HostError {
  const code = systemCode(reason);
  const known = code === undefined ? undefined : CONNECTION_ADVICE.get(code);
  const cause = visibleLine(redact(endpoint, describe(reason)));
  return new HostError(
    'model',
    `The model endpoint ${endpoint.address} could not be reached: ${cause}. ${known ?? 'Check the address and the network.'}`,
    { cause: reason, details: code === undefined ? {} : { code } },
  );
}

/** The answer came with a good status and makes no sense. `what` is a predicate: `broke off …`. */
export function unusable(
  endpoint: EndpointIdentity,
  what: string,
  options: { readonly excerptOf?: string; readonly cause?: unknown } = {},
): HostError {
  const words = options.excerptOf === undefined ? '' : excerpt(endpoint, options.excerptOf);
  const said = words === '' ? '' : ` It says: ${words}`;
  return new HostError('model', `The model endpoint ${endpoint.address} ${what}.${said}`, {
    cause: options.cause,
  });
}

const CONNECTION_ADVICE: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'Nothing listens there: is the endpoint started, and the port right?'],
  ['ENOTFOUND', 'The host name is not known: check the address.'],
  ['EAI_AGAIN', 'The host name could not be looked up just now: check the network.'],
  ['ECONNRESET', 'It closed the connection: try again, or look at its log.'],
  ['UND_ERR_SOCKET', 'It closed the connection: try again, or look at its log.'],
  [
    'UND_ERR_CONNECT_TIMEOUT',
    'It did not accept the connection in time: check the address and the network.',
  ],
  ['UND_ERR_HEADERS_TIMEOUT', 'It accepted the request and did not answer: look at its log.'],
  ['UND_ERR_BODY_TIMEOUT', 'It fell silent in the middle of its answer: try again.'],
]);

function advice(endpoint: EndpointIdentity, status: number): string {
  if (status === 401) return `Check the key in ${endpoint.apiKeyEnv}.`;
  if (status === 403)
    return `The key in ${endpoint.apiKeyEnv} may not use the model ${visibleLine(endpoint.model)} here.`;
  if (status === 404)
    return `Check the address (it usually ends in /v1) and the model's name, ${visibleLine(endpoint.model)}.${endpoint.ifNotFound}`;
  if (status === 429) return 'Its rate limit or quota is used up: wait, or raise it.';
  if (status >= 500) return 'The fault is on its side: try again later.';
  return 'It refused the request as it stands.';
}

/** What a body says, on one safe line: the message of a JSON error, the title of a page, else the first line. */
function excerpt(endpoint: EndpointIdentity, body: string): string {
  const start = body.slice(0, 64 * 1024);
  const words = jsonMessage(start) ?? TITLE.exec(start)?.[1] ?? firstLine(start);
  return visibleLine(redact(endpoint, words)).replace(/\.$/u, '');
}

const TITLE = /<title>([^<]{1,200})/iu;

function firstLine(text: string): string {
  const trimmed = text.trimStart();
  const end = trimmed.indexOf('\n');
  return end < 0 ? trimmed : trimmed.slice(0, end);
}

function jsonMessage(text: string): string | undefined {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    // Not every error comes as JSON.
    return undefined;
  }
  return messageOf(body);
}

function messageOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (!isJsonObject(value)) return undefined;
  for (const key of ['error', 'message', 'detail']) {
    const found = messageOf(value[key]);
    if (found !== undefined) return found;
  }
  return undefined;
}

function redact(endpoint: EndpointIdentity, text: string): string {
  return endpoint.secrets.reduce(
    (rest, secret) => (secret === '' ? rest : rest.replaceAll(secret, '…')),
    text,
  );
}
