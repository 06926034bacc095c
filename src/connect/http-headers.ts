import { ACCEPTED_ENCODINGS } from './http-encoding.ts';

/** What the headers of a request say of the session that it is of. */
export interface SessionFacts {
  readonly sessionId?: string | undefined;
  readonly protocolVersion?: string | undefined;
}

const FIRST_MODERN = '2026-07-28';

export function isModern(protocolVersion: string | undefined): boolean {
  return protocolVersion !== undefined && protocolVersion >= FIRST_MODERN;
}

/** The headers of requests that are sent beside the SDK, the same as the SDK would send: names and values in turn, as undici takes them. */
export class RequestHeaders {
  readonly #configured: Readonly<Record<string, string>>;
  /** What was made last, and of what: hardly ever does it change. */
  #sessionId: string | undefined;
  #protocolVersion: string | undefined;
  #token: string | undefined;
  #post: string[] | undefined;

  constructor(configured: Readonly<Record<string, string>>) {
    this.#configured = configured;
  }

  /** Of a call of `tool`; `token`: the access token, where there is one. */
  call(tool: string, session: SessionFacts, token: string | undefined): string[] {
    const common = this.#common(session, token);
    if (!isModern(session.protocolVersion)) return common;
    return [...common, 'mcp-method', 'tools/call', 'mcp-name', headerValue(tool)];
  }

  /** Of a GET that goes on with a stream after the event `lastEventId`. */
  resumption(lastEventId: string, session: SessionFacts, token: string | undefined): string[] {
    const headers = this.#sheet(session, token, ['text/event-stream']);
    headers.set('last-event-id', lastEventId);
    return [...headers].flat();
  }

  #common(session: SessionFacts, token: string | undefined): string[] {
    const { sessionId, protocolVersion } = session;
    if (
      this.#post === undefined ||
      token !== this.#token ||
      sessionId !== this.#sessionId ||
      protocolVersion !== this.#protocolVersion
    ) {
      const headers = this.#sheet(session, token, ['application/json', 'text/event-stream']);
      headers.set('content-type', 'application/json');
      this.#post = [...headers].flat();
      this.#sessionId = sessionId;
      this.#protocolVersion = protocolVersion;
      this.#token = token;
    }
    return this.#post;
  }

  #sheet(
    { sessionId, protocolVersion }: SessionFacts,
    token: string | undefined,
    types: readonly string[],
  ): Headers {
    const headers = new Headers(this.#configured);
    if (sessionId !== undefined) headers.set('mcp-session-id', sessionId);
    if (protocolVersion !== undefined) headers.set('mcp-protocol-version', protocolVersion);
    if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
    const own = (headers.get('accept') ?? '').split(',').map((type) => type.trim().toLowerCase());
    const accepted = new Set([...own.filter((type) => type !== ''), ...types]);
    headers.set('accept', [...accepted].join(', '));
    headers.set('accept-encoding', ACCEPTED_ENCODINGS);
    return headers;
  }
}

/** Any text as the value of a header. Source: 2026-07-28, Streamable HTTP, value encoding. */
function headerValue(text: string): string {
  const isPlain = /^[\t\x20-\x7E]+$/u.test(text) && text === text.trim();
  const looksEncoded = text.startsWith('=?base64?') && text.endsWith('?=');
  return isPlain && !looksEncoded ? text : `=?base64?${Buffer.from(text).toString('base64')}?=`;
}
