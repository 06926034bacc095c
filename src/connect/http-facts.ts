import type { IncomingHttpHeaders } from 'node:http';

/** What a server answered, before its body. */
export interface HttpFacts {
  readonly status: number;
  readonly contentType: string;
  /** From `Retry-After`, ms. */
  readonly retryAfterMs: number | undefined;
  /** From `Location`, as sent: where a redirect leads. */
  readonly location: string | undefined;
}

/** Headers as undici reads them: names and values in turn. */
export type RawHeaders = readonly Buffer[];

/** The same as `factsOf`. */
export function rawFactsOf(status: number, headers: RawHeaders): HttpFacts {
  return {
    status,
    contentType: rawHeader(headers, 'content-type') ?? '',
    retryAfterMs: parseRetryAfter(rawHeader(headers, 'retry-after')),
    location: rawHeader(headers, 'location'),
  };
}

/** A header by its name in lower case. One that was sent several times reads as a list. */
export function rawHeader(headers: RawHeaders, name: string): string | undefined {
  let text: string | undefined;
  for (let index = 0; index + 1 < headers.length; index += 2) {
    if (headers[index]?.length !== name.length) continue;
    if (headers[index]?.toString('latin1').toLowerCase() !== name) continue;
    const value = headers[index + 1]?.toString('latin1') ?? '';
    text = text === undefined ? value : `${text}, ${value}`;
  }
  return text;
}

export function factsOf(status: number, headers: IncomingHttpHeaders): HttpFacts {
  return {
    status,
    contentType: headerText(headers['content-type']) ?? '',
    retryAfterMs: parseRetryAfter(headerText(headers['retry-after'])),
    location: headerText(headers.location),
  };
}

/** A header that was sent several times reads as a list. */
export function headerText(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'object' ? value.join(', ') : value;
}

/** The media type of a body, in lower case, without its parameters. */
export function mediaType(contentType: string): string {
  if (contentType === 'application/json' || contentType === 'text/event-stream') return contentType;
  const end = contentType.indexOf(';');
  return (end === -1 ? contentType : contentType.slice(0, end)).trim().toLowerCase();
}

export function isEventStream(contentType: string): boolean {
  return mediaType(contentType) === 'text/event-stream';
}

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/** `Retry-After` as ms from now: a number of seconds or a date; nothing for anything else. At most a day. */
function parseRetryAfter(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const ms = /^\d{1,9}$/.test(value.trim())
    ? Number(value) * 1_000
    : Date.parse(value) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), 86_400_000);
}
