import { abortReason } from '../base/abort.ts';
import { HostError } from '../base/errors.ts';
import { isJsonObject, type JsonObject } from '../base/json.ts';
import type { Answer } from './endpoint.ts';
import { unusable, type EndpointIdentity } from './endpoint-error.ts';
import { readBody, type BodyItem } from './event-stream.ts';
import type { ModelEvent } from './model.ts';

/** Turns the pieces of one message of one API into model events. */
export interface MessageReader {
  /** Whether the endpoint has said how the message ends: from then on a broken connection loses nothing. */
  readonly isFinished: boolean;
  /** Whether nothing of the message can follow: the rest of the answer is not read. */
  readonly isOver: boolean;
  /** Whether a document that came instead of a stream is a message of this API, or one of its errors. */
  accepts(document: JsonObject): boolean;
  /** Takes one piece, or a whole message. Throws HostError `model` when it reports an error. */
  read(piece: unknown): ModelEvent[];
  /**
   * The message is over; `ended` says that the endpoint said so. Throws HostError `model` for a message that did not come to a good end, because a
   * call in it may be only half of what the model meant.
   */
  end(ended: boolean): ModelEvent[];
}

/** Reads one answer to its end: a stream of pieces, or, from endpoints that do not stream, the message in one document. */
export async function* readMessage(
  answer: Answer,
  reader: MessageReader,
  { endpoint, signal }: { readonly endpoint: EndpointIdentity; readonly signal: AbortSignal },
): AsyncGenerator<ModelEvent, void> {
  let ended = false;
  try {
    if (answer.body !== null) {
      for await (const item of readBody(answer.body)) {
        ended = item.kind === 'done' || item.kind === 'document';
        if (item.kind !== 'done') yield* reader.read(pieceOf(item, reader, endpoint));
        if (reader.isOver) break;
      }
    }
  } catch (reason) {
    if (signal.aborted) throw abortReason(signal);
    if (reason instanceof HostError) throw reason;
    if (!reader.isFinished) throw brokenOff(endpoint, { cause: reason });
  }
  if (signal.aborted) throw abortReason(signal);
  const end = reader.end(ended);
  answer.finish();
  yield* end;
}

/** The message stopped in its middle. */
export function brokenOff(
  endpoint: EndpointIdentity,
  options: { readonly cause?: unknown } = {},
): HostError {
  return unusable(
    endpoint,
    'broke off in the middle of its message; of its calls none that changes anything was run. Try again',
    options,
  );
}

function pieceOf(
  item: Exclude<BodyItem, { kind: 'done' }>,
  reader: MessageReader,
  endpoint: EndpointIdentity,
): unknown {
  switch (item.kind) {
    case 'message':
      return item.value;
    case 'malformed':
      throw unusable(endpoint, 'sent a piece of its message that is no JSON', {
        excerptOf: item.text,
      });
    case 'document':
      return parseDocument(item.text, reader, endpoint);
  }
}

function parseDocument(text: string, reader: MessageReader, endpoint: EndpointIdentity): unknown {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    const what = text.trimStart().startsWith('<') ? 'a web page' : 'something that is no JSON';
    throw noMessage(endpoint, what, { excerptOf: text, cause });
  }
  if (isJsonObject(document) && reader.accepts(document)) return document;
  throw noMessage(endpoint, 'other JSON', { excerptOf: text });
}

function noMessage(
  endpoint: EndpointIdentity,
  what: string,
  options: { readonly excerptOf: string; readonly cause?: unknown },
): HostError {
  return unusable(
    endpoint,
    `answered with ${what} instead of a completion; check the address, it usually ends in /v1`,
    options,
  );
}
