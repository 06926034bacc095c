import type { OpenAI } from 'openai';
import { abortReason, linkAbort, sleep, type LinkedAbort } from '../base/abort.ts';
import { backoffMs } from '../base/backoff.ts';
import { HostError, systemCode } from '../base/errors.ts';
import { DEFAULT_ADDRESS, parseAddress, type Address } from './address.ts';
import { refused, unreachable, type EndpointIdentity, type Refused } from './endpoint-error.ts';

export interface EndpointOptions {
  /** Default: OpenAI's own. */
  readonly baseURL: string | undefined;
  /** Default: none is sent, which is what local endpoints want. */
  readonly apiKey: string | undefined;
  /** Named in errors. Default `OPENAI_API_KEY`. */
  readonly apiKeyEnv?: string;
  readonly organization?: string | undefined;
  readonly project?: string | undefined;
  /** The model's name, for errors. */
  readonly model: string;
  /** What else to say of a 404; default nothing. */
  readonly ifNotFound?: string;
  /** How often a request is repeated. Default 2; 0 for never. */
  readonly retries?: number;
  /** The first delay before a repetition, in ms; it doubles. Default 500. */
  readonly retryBaseMs?: number;
  /** Longest `Retry-After` that is waited for, in ms; a longer one is an error. Default 60_000. */
  readonly maxRetryAfterMs?: number;
}

/** An answer of good status, still to be read. Dispose of it: that ends the request. */
export interface Answer extends AsyncDisposable {
  readonly body: ReadableStream<Uint8Array> | null;
  /** All that matters was read: disposing of it then leaves the connection usable for the next request. */
  finish(): void;
}

/** Makes the request with the SDK's client; `signal` must go with it. */
type Ask = (client: OpenAI, signal: AbortSignal) => Promise<Response>;

/**
 * One OpenAI-compatible endpoint: requests through the SDK, repeated where that can help. Repetitions are made here, and not by the SDK, whose waits
 * can neither be cancelled nor bounded. A request to a model changes nothing, so repeating one is safe; what its answer set going is not repeated, since
 * an answer that has begun never is.
 */
export class Endpoint {
  readonly identity: EndpointIdentity;
  readonly #options: EndpointOptions;
  readonly #address: Address;

  /** Throws HostError `config` for an address that is none. */
  constructor(options: EndpointOptions) {
    this.#options = options;
    this.#address = parseAddress(options.baseURL ?? DEFAULT_ADDRESS);
    this.identity = {
      address: this.#address.base,
      apiKeyEnv: options.apiKeyEnv ?? 'OPENAI_API_KEY',
      secrets: [options.apiKey ?? '', ...this.#address.secrets],
      model: options.model,
      ifNotFound: options.ifNotFound ?? '',
    };
  }

  /** Resolves to an answer of good status. Rejects with HostError `model`, or `aborted` once `signal` aborted. */
  async send(ask: Ask, signal: AbortSignal): Promise<Answer> {
    const { retries = 2, retryBaseMs = 500 } = this.#options;
    for (let attempt = 1; ; attempt += 1) {
      if (signal.aborted) throw abortReason(signal);
      const result = await this.#sendOnce(ask, signal);
      if (result.kind === 'answer') return result.answer;
      if (signal.aborted) throw abortReason(signal);
      const delayMs = result.retryAfterMs ?? backoffMs(attempt, { baseMs: retryBaseMs });
      const tooLong = delayMs > (this.#options.maxRetryAfterMs ?? 60_000);
      if (!result.mayPass || tooLong || attempt > retries) throw result.error;
      await sleep(delayMs, signal);
    }
  }

  async #sendOnce(ask: Ask, signal: AbortSignal): Promise<Sent> {
    // The SDK leaves its listener on the signal it is given.
    const link = linkAbort(signal);
    const seen: Seen = { refusal: undefined, error: undefined };
    try {
      const client = await this.#client(seen);
      const response = await ask(client, link.signal);
      return { kind: 'answer', answer: openAnswer(response.body, link) };
    } catch (reason) {
      link[Symbol.dispose]();
      if (seen.refusal !== undefined) return this.#failRefused(seen.refusal);
      const cause = seen.error ?? reason;
      return {
        kind: 'failed',
        error: unreachable(this.identity, cause),
        mayPass: PASSING_CODES.has(systemCode(cause) ?? ''),
        retryAfterMs: undefined,
      };
    }
  }

  #failRefused(refusal: Refusal): Sent {
    return {
      kind: 'failed',
      error: refused(this.identity, refusal),
      mayPass:
        refusal.shouldRetry ?? (PASSING_STATUSES.has(refusal.status) || refusal.status >= 500),
      retryAfterMs: refusal.retryAfterMs,
    };
  }

  async #client(seen: Seen): Promise<OpenAI> {
    // Loaded when first needed, so that commands without a model start fast.
    const { OpenAI } = await import('openai');
    const { apiKey, organization, project } = this.#options;
    const own = apiKey === undefined ? (this.#address.authorization ?? null) : undefined;
    return new OpenAI({
      baseURL: this.#address.base,
      defaultQuery: { ...this.#address.query },
      // The SDK insists on a key; a header of `null` is not sent.
      apiKey: apiKey ?? 'none',
      adminAPIKey: null,
      organization: organization ?? null,
      project: project ?? null,
      ...(own === undefined ? {} : { defaultHeaders: { Authorization: own } }),
      maxRetries: 0,
      logLevel: 'off',
      fetch: (input, init) => fetchAndSee(seen, input, init),
    });
  }
}

/** How long the end of a finished answer is waited for, in ms; then its connection is given up. */
const DRAIN_MS = 500;

function openAnswer(body: Answer['body'], link: LinkedAbort): Answer {
  let finished = false;
  return {
    body,
    finish: () => {
      finished = true;
    },
    [Symbol.asyncDispose]: async () => {
      if (finished && body !== null) await drain(body);
      link.abort(new HostError('aborted', 'the answer was read'));
      link[Symbol.dispose]();
    },
  };
}

/** Reads what is left, a few bytes: a connection whose answer was not read to its end cannot be used again. */
async function drain(body: ReadableStream<Uint8Array>): Promise<void> {
  const reader = body.getReader();
  const timer = setTimeout(() => void reader.cancel().catch(() => undefined), DRAIN_MS);
  try {
    while (!(await reader.read()).done);
  } catch {
    // The connection is gone: it will not be used again, and that is all.
  } finally {
    clearTimeout(timer);
  }
}

type Sent =
  | { readonly kind: 'answer'; readonly answer: Answer }
  | {
      readonly kind: 'failed';
      readonly error: HostError;
      readonly mayPass: boolean;
      readonly retryAfterMs: number | undefined;
    };

interface Refusal extends Refused {
  /** What the endpoint itself says of a repetition. */
  readonly shouldRetry: boolean | undefined;
}

/** What a request met, before the SDK made an error of it. */
interface Seen {
  refusal: Refusal | undefined;
  error: unknown;
}

const PASSING_STATUSES: ReadonlySet<number> = new Set([408, 409, 429]);
const PASSING_CODES: ReadonlySet<string> = new Set([
  'EAI_AGAIN',
  'ECONNRESET',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_SOCKET',
]);

/** The SDK drops part of an error's body and of its cause; both are kept here. */
async function fetchAndSee(seen: Seen, ...request: Parameters<typeof fetch>): Promise<Response> {
  try {
    const response = await fetch(...request);
    if (response.ok) return response;
    const { status, headers } = response;
    const shouldRetry = headers.get('x-should-retry');
    seen.refusal = {
      status,
      body: await readStart(response),
      retryAfterMs: retryAfterMs(headers),
      shouldRetry: shouldRetry === null ? undefined : shouldRetry === 'true',
    };
    return new Response(null, { status, headers });
  } catch (reason) {
    seen.error = reason;
    throw reason;
  }
}

const MAX_ERROR_BYTES = 64 * 1024;

async function readStart(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  try {
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      bytes += chunk.byteLength;
      if (bytes >= MAX_ERROR_BYTES) break;
    }
  } catch {
    // The status is known: a body that breaks off only costs its words.
    return text;
  }
  return text;
}

/** `Retry-After` in ms: seconds or a date. */
function retryAfterMs(headers: Headers): number | undefined {
  const exact = Number.parseFloat(headers.get('retry-after-ms') ?? '');
  if (exact >= 0) return exact;
  const text = headers.get('retry-after');
  if (text === null) return undefined;
  const seconds = Number(text);
  const delay = Number.isNaN(seconds) ? Date.parse(text) - Date.now() : seconds * 1000;
  return Number.isNaN(delay) ? undefined : Math.max(0, delay);
}
