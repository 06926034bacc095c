import { isJsonObject } from '../base/json.ts';
import { visibleLine } from '../base/visible.ts';
import type { Ran } from '../call/outcome.ts';
import { CallFault } from './call-fault.ts';
import { rpcErrorRan } from './rpc-error.ts';

/** The text of a refusal is for people: no more of it is read. */
export const MAX_ERROR_BYTES = 16 * 1_024;

/** An HTTP answer that is no success. */
export interface HttpRefusal {
  readonly status: number;
  /** As far as it was read. */
  readonly body: string;
  readonly retryAfterMs: number | undefined;
  /** Where a redirect leads, as sent. */
  readonly location: string | undefined;
  /** Whether the request named a session. */
  readonly hasSession: boolean;
}

/** Statuses by which a server, or something before it, says that it did not take the request. */
const NOT_TAKEN: ReadonlySet<number> = new Set([
  401, 403, 404, 405, 406, 411, 413, 414, 415, 421, 429, 431,
]);

/** What an HTTP status says of one call: what happened, whether its tool can have run, and what to do. */
export function statusFault(server: string, refusal: HttpRefusal): CallFault {
  const { status, retryAfterMs } = refusal;
  const who = `server "${server}" answered HTTP ${status}`;
  const said = bodyWords(refusal.body);
  if (status === 404 && refusal.hasSession) {
    return new CallFault('session-lost', `${who}: it no longer knows our session.`, { ran: 'no' });
  }
  if (status === 429) {
    const when =
      retryAfterMs === undefined ? '' : `; it asks us to wait ${Math.ceil(retryAfterMs / 1_000)} s`;
    return new CallFault('rate-limited', `${who} (too many requests)${when}.${said}`, {
      ran: 'no',
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    });
  }
  const ran = ranAfter(refusal);
  return new CallFault(
    status >= 500 ? 'http-outage' : 'http-status',
    `${who}${adviceFor(status, refusal.location)}.${said}`,
    {
      ran,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    },
  );
}

/** ` (what it means; what to do)`, for the statuses that a person can do something about. */
export function adviceFor(status: number, location?: string): string {
  if (status === 401)
    return ' (not authorised: put a valid "Authorization" header under "headers" in the config)';
  if (status === 403) return ' (forbidden: the credentials in the config do not suffice)';
  if (status === 404) return ' (not found: check "url" in the config)';
  if (status === 405) {
    return ' (method not allowed: check "url" in the config; a server of the old HTTP+SSE transport needs "type": "sse")';
  }
  if (status >= 300 && status < 400) {
    const where = location === undefined ? '' : ` to ${visibleLine(location)}`;
    return ` (a redirect${where}, which is not followed to another origin: if that is the server you mean, put its address into "url")`;
  }
  return '';
}

/** ` It said: …`: the first words of a body, made safe to show; a JSON-RPC error's message where it is one. */
export function bodyWords(body: string): string {
  const error = rpcErrorOf(body);
  const text = error === undefined ? body : error.message;
  const words = visibleLine(text, 200);
  return words === '' ? '' : ` It said: ${words}`;
}

function ranAfter(refusal: HttpRefusal): Ran {
  if (NOT_TAKEN.has(refusal.status) || (refusal.status >= 300 && refusal.status < 400)) return 'no';
  const error = refusal.status < 500 ? rpcErrorOf(refusal.body) : undefined;
  return error === undefined ? 'unknown' : rpcErrorRan(error.code);
}

function rpcErrorOf(body: string): { readonly code: number; readonly message: string } | undefined {
  if (!body.trimStart().startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(body);
    const error = isJsonObject(value) ? value['error'] : undefined;
    if (!isJsonObject(error) || typeof error['code'] !== 'number') return undefined;
    return {
      code: error['code'],
      message: typeof error['message'] === 'string' ? error['message'] : '',
    };
  } catch {
    // Some other text that begins with a brace.
    return undefined;
  }
}
