import { HostError } from '../base/errors.ts';

/** What stands in the body of an answer. */
export type BodyItem =
  /** One message of an event stream. */
  | { readonly kind: 'message'; readonly value: unknown }
  /** One message that is no JSON. */
  | { readonly kind: 'malformed'; readonly text: string }
  /** `[DONE]`: whatever follows is not read. */
  | { readonly kind: 'done' }
  /** The body is no event stream, but this. */
  | { readonly kind: 'document'; readonly text: string };

/** Longest body that is read, in bytes: far more than any message of a model. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;

/**
 * Reads an answer's body by what it is, not by what its headers claim: an event stream or one document. The SDK has a reader of its own; this one
 * also says whether the stream was ended (`[DONE]`) or broke off, stops there, bounds what it reads, and bears messages that no empty line
 * separates. Throws HostError `model` over the size limit, and what the body throws when the connection breaks.
 */
export async function* readBody(
  body: ReadableStream<Uint8Array>,
  maxBytes: number = MAX_BODY_BYTES,
): AsyncGenerator<BodyItem, void, undefined> {
  const document: string[] = [];
  let isStream = false;
  let data: string | undefined;
  for await (const line of readLines(body, maxBytes)) {
    isStream ||= document.length === 0 && FIELD.test(line);
    if (!isStream) {
      if (line.trim() !== '' || document.length > 0) document.push(line);
      continue;
    }
    if (line === '') {
      if (data !== undefined) yield toMessage(data);
      data = undefined;
      continue;
    }
    if (!line.startsWith('data:')) continue;
    const text = line.slice(line.startsWith('data: ') ? 6 : 5);
    if (data !== undefined) {
      data += `\n${text}`;
      continue;
    }
    if (text.trim() === '[DONE]') {
      yield { kind: 'done' };
      return;
    }
    if (text.trim() === '') continue;
    // Almost always a message is one line: not waiting for the empty line serves endpoints that send none.
    const message = toMessage(text);
    if (message.kind === 'message') yield message;
    else data = text;
  }
  if (data !== undefined) yield toMessage(data);
  if (document.length > 0) yield { kind: 'document', text: document.join('\n') };
}

/** The fields of an event stream, and its comments. */
const FIELD = /^(?:data|event|id|retry)?:/u;

function toMessage(text: string): BodyItem {
  try {
    return { kind: 'message', value: JSON.parse(text) };
  } catch {
    // Whoever reads the stream decides what that means.
    return { kind: 'malformed', text };
  }
}

async function* readLines(
  body: ReadableStream<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder();
  let bytes = 0;
  // In pieces, so that a line that never ends costs linear time.
  let pieces: string[] = [];
  // Not cancelled when the reader leaves: its owner ends it.
  for await (const chunk of body.values({ preventCancel: true })) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes)
      throw new HostError('model', `The model's answer is larger than ${String(maxBytes)} bytes.`);
    const [first = '', ...others] = decoder.decode(chunk, { stream: true }).split('\n');
    pieces.push(first);
    for (const other of others) {
      yield withoutReturn(pieces.join(''));
      pieces = [other];
    }
  }
  pieces.push(decoder.decode());
  const last = withoutReturn(pieces.join(''));
  if (last !== '') yield last;
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}
